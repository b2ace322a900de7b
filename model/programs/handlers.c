/* handlers: alternate stack, RESETHAND, NODEFER, RESTART or EINTR, siglongjmp, masks, kinds of SIGCHLD, raise inside */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf out; static volatile int depth, seen; static char alt[65536];
static void count(int s) { seen++; }
static void jump(int s) { siglongjmp(out, s); }
static void nest(int s) { if (++depth < 3) raise(s); }
static void inner(int s) { raise(SIGUSR2); seen++; }		/* blocked by sa_mask: taken after the return */
static void info(int s, siginfo_t *si, void *ctx) { seen += si->si_code; }
static int deep(int n) { volatile char b[8192]; b[0] = n; return n > 100000 ? 0 : deep(n + 1) + b[0]; }
static void set(int sig, void (*h)(int), int flags, int mask)
{
	struct sigaction sa = { .sa_handler = h, .sa_flags = flags };
	if (mask) sigaddset(&sa.sa_mask, mask);
	sigaction(sig, &sa, NULL);
}
#define CHILD(...) do { pid_t p_ = fork(); if (!p_) { alarm(3); __VA_ARGS__; _exit(0); } waitpid(p_, NULL, 0); } while (0)
static void stopper(void)					/* a child that stops, is continued and exits */
{
	pid_t p = fork(); if (p < 0) return; if (!p) { raise(SIGSTOP); usleep(5000); _exit(0); }
	waitpid(p, NULL, WUNTRACED); kill(p, SIGCONT); waitpid(p, NULL, WCONTINUED); waitpid(p, NULL, 0);
}
int main(void)
{
	int q[2]; char c; sigset_t m;
	stack_t st = { .ss_sp = alt, .ss_size = sizeof alt }, off = { .ss_flags = SS_DISABLE }; struct rlimit rl = { 200 << 10, RLIM_INFINITY };
	alarm(9); pipe(q);
	CHILD(setrlimit(RLIMIT_STACK, &rl); sigaltstack(&st, NULL); set(SIGSEGV, jump, SA_ONSTACK, 0);
		if (!sigsetjmp(out, 1)) deep(0); sigaltstack(&off, NULL); set(SIGSEGV, jump, 0, 0); deep(0));	/* caught, then fatal */
	CHILD(set(SIGUSR1, count, SA_RESETHAND, 0); raise(SIGUSR1); raise(SIGUSR1));	/* the second kills */
	CHILD(sigemptyset(&m); sigaddset(&m, SIGSEGV); sigprocmask(SIG_BLOCK, &m, NULL);
		set(SIGSEGV, count, 0, 0); *(volatile int *)8 = 1);			/* blocked fault: forced to kill */
	CHILD(set(SIGABRT, count, 0, 0); abort());
	CHILD(set(SIGFPE, jump, 0, 0); if (!sigsetjmp(out, 0)) raise(SIGFPE); else raise(SIGFPE));	/* still blocked */
	set(SIGUSR1, nest, SA_NODEFER, 0); raise(SIGUSR1);
	depth = 0; set(SIGUSR1, nest, 0, 0); raise(SIGUSR1);	/* one after the other instead */
	set(SIGUSR2, count, 0, 0); set(SIGUSR1, inner, 0, SIGUSR2); raise(SIGUSR1);
	if (!sigsetjmp(out, 1)) { set(SIGTERM, jump, 0, 0); raise(SIGTERM); }
	for (int restart = 0; restart < 2; restart++) {		/* EINTR, then a restarted read */
		set(SIGUSR1, count, restart ? SA_RESTART : 0, 0); pid_t p = fork();
		if (!p) { usleep(30000); kill(getppid(), SIGUSR1); usleep(30000); write(q[1], "x", 1); _exit(0); }
		if (read(q[0], &c, 1) < 0) read(q[0], &c, 1);
		waitpid(p, NULL, 0);
	}
	sigemptyset(&m); sigaddset(&m, SIGUSR2); sigaddset(&m, SIGRTMIN); sigprocmask(SIG_BLOCK, &m, NULL);
	set(SIGRTMIN, count, 0, 0); raise(SIGUSR2); raise(SIGUSR2); raise(SIGRTMIN); raise(SIGRTMIN);	/* 1 and 2 queued */
	sigpending(&m); CHILD(sigemptyset(&m); raise(SIGUSR2); sigsuspend(&m)); sigprocmask(SIG_UNBLOCK, &m, NULL);
	set(SIGUSR2, SIG_IGN, 0, 0); raise(SIGUSR2); struct sigaction sa = { .sa_sigaction = info, .sa_flags = SA_SIGINFO | SA_RESTART };
	sigaction(SIGCHLD, &sa, NULL); stopper();		/* stop, continue and exit all tell */
	set(SIGCHLD, count, SA_NOCLDSTOP | SA_RESTART, 0); stopper();	/* only the exit tells */
	set(SIGCHLD, count, SA_NOCLDWAIT | SA_RESTART, 0); CHILD(usleep(5000));	/* ECHILD, but told */
	set(SIGCHLD, SIG_IGN, 0, 0); CHILD(usleep(5000));	/* ECHILD, reaped by itself */
	return 0;						/* after a child reaped without wait */
}
