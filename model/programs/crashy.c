/* crashy: every way to crash, each in a child of its own, on ARM64 with its alignment faults */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __aarch64__
#define ARM(arm, x86) arm
#else
#define ARM(arm, x86) x86
#endif
static volatile int zero; static int mode; static char *page; static long *volatile null; static sigjmp_buf env; static __int128 words[2];
static int eat(int n) { volatile char b[2000]; b[0] = n; return n < 1 << 24 ? eat(n + 1) + b[0] : 0; }
static void *thread(void *x) { eat(0); return x; }
static void h(int s, siginfo_t *si, void *v) {
	mcontext_t *mc = &((ucontext_t *)v)->uc_mcontext; dprintf(1, "  handler: signal %d code %d\n", s, si->si_code);
	if (mode == 'd') *null = 1;			/* SIGSEGV is blocked now: forced, with the default action */
	if (mode == 'i') ARM(mc->pc += 4, mc->gregs[REG_RIP] += 2);
	if (mode == 's') ARM(mc->pstate = 5, mc->gregs[REG_RIP] = 1L << 62);	/* EL1h: no sigreturn to there */
	if (mode == 'j') siglongjmp(env, 1);
	if (mode == 'o') sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL) ? dprintf(1, "  SS_DISABLE: %m\n") : 0, siglongjmp(env, 1);
	if (mode == 'u') munmap(page, 65536); }		/* the stack under our feet */
static void on(int s, int fl) { sigaction(s, &(struct sigaction){ .sa_sigaction = h, .sa_flags = SA_SIGINFO | fl }, NULL); }
static void alt(int fl) { if (sigaltstack(&(stack_t){ page = mmap(NULL, 65536, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), fl, 65536 }, NULL)) dprintf(1, "  altstack: %m\n"); }
static void crash(int c) {
	pthread_t t; pthread_attr_t at; pthread_attr_init(&at), pthread_attr_setstacksize(&at, 160 * 1024);
	switch (mode = c) {
	case 't': pthread_create(&t, &at, thread, NULL), pthread_join(t, NULL); break;		/* overflow in a thread, no altstack */
	case 'o': alt(0), on(SIGSEGV, SA_ONSTACK); if (sigsetjmp(env, 1) == 0) setrlimit(RLIMIT_STACK, &(struct rlimit){ 1 << 18, 1 << 18 }), eat(0); break;
	case 'd': on(SIGSEGV, 0), *null = 0; break;
	case 'D': on(SIGSEGV, SA_RESETHAND | SA_NODEFER), *null = 0; break;			/* returns and faults again */
	case 'a': on(SIGABRT, 0), abort(); break;						/* the handler returns, abort kills */
	case 'z': on(SIGFPE, SA_RESETHAND), dprintf(1, "  7/0 = %d\n", (7 + zero) / zero); break;	/* ARM64: 0, no signal */
	case 'i': on(SIGILL, 0); asm volatile(ARM("udf #0", "ud2")); break;					/* skipped by the handler */
	case 'l': on(SIGBUS, SA_RESETHAND); asm volatile(ARM("ldxr x9, [%0]", "mov (%0), %%rax") :: "r"((char *)words + 9) : ARM("x9", "rax")); break;
	case 'p': on(SIGBUS, SA_RESETHAND), ((void (*)(void))0x10001UL)(); break;	/* a misaligned PC */
	case 'S': alt(0), on(SIGBUS, SA_ONSTACK | SA_RESETHAND);
		asm volatile(ARM("mov x9, sp\n\tsub sp, sp, #8\n\tldr x10, [sp]\n\tmov sp, x9", "nop") ::: ARM("x9", "rax"), ARM("x10", "rcx"), "memory"); break;
	case 'B': page = mmap(NULL, 4096, 3, MAP_SHARED, memfd_create("x", 0), 0), on(SIGBUS, SA_RESETHAND), page[0] = 1; break;
	case 'x': page = mmap(NULL, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), page[0] = 1, ((void (*)(void))page)(); break;	/* no exec right */
	case 'j': on(SIGSEGV, SA_NODEFER); for (volatile int i = 0; i < 2; i++) if (sigsetjmp(env, 0) == 0) *null = i; break;
	case 'u': alt(0), on(SIGUSR1, SA_ONSTACK), on(SIGSEGV, SA_ONSTACK), raise(SIGUSR1); break;	/* no room for a frame */
	case 'A': alt(1 << 31 /* SS_AUTODISARM */), on(SIGUSR1, SA_ONSTACK), raise(SIGUSR1); break;
	case 's': on(SIGUSR1, 0), raise(SIGUSR1); break;					/* a spoilt sigreturn frame */
	case 'Z': dprintf(1, "  INT_MIN/-1 = %d\n", ((1 << 31) + zero) / (zero - 1)); break;	/* ARM64: INT_MIN */
	case 'y': kill(getpid(), SIGSYS); break;		case 'b': asm volatile(ARM("brk #1", "int3")); break;
	case 'n': dprintf(1, "  %ld\n", syscall(5000)), signal(SIGSEGV, SIG_IGN), *null = 0;	/* a forced signal minds no SIG_IGN */
	}
}
int main(void) {
	int st; setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }), alarm(5);
	for (const char *c = "todDazZiblpSBxjuAsyn"; *c; c++) { pid_t p = fork(); if (p == 0) alarm(2), crash(*c), _exit(0);
		if (p > 0 && waitpid(p, &st, 0) == p) dprintf(1, "%c: signal %d status %d\n", *c, WTERMSIG(st), WEXITSTATUS(st));
	} return 0;
}
