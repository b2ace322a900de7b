/* mini_strace: TRACEME with syscall, fork, clone, exec and exit stops; then SEIZE, INTERRUPT, LISTEN, single steps, DETACH, ATTACH, kill */
#define _GNU_SOURCE
#include <elf.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
static void nop(int s) { (void)s; }
static void *execer(void *x) { execl("/bin/true", "true", NULL); return x; }
static void tracee(void)
{
	pthread_t t; alarm(4), prctl(PR_SET_PDEATHSIG, SIGKILL), ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP), getppid();
	raise(SIGUSR1), raise(SIGUSR2);			/* USR1 would kill, but the tracer swallows it */
	if (fork() == 0) _exit(3); else wait(NULL);
	pthread_create(&t, NULL, execer, NULL);		/* an exec in a thread that is not the leader */
	sleep(3), _exit(1);
}
static int wt(pid_t p, const char *s)
{
	int st = -1; pid_t r = waitpid(p, &st, __WALL);
	return dprintf(1, "%s: %d %#x\n", s, r > 0, st), st;
}
int main(void)
{
	int st, calls = 0, n; unsigned long msg; char regs[1024]; siginfo_t si;
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = nop }, NULL), alarm(5), signal(SIGUSR2, nop);
	pid_t c = fork(), p;
	if (c == 0) tracee();
	wt(c, "first stop");
	ptrace(PTRACE_SETOPTIONS, c, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE
		| PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
	for (p = c, n = 0; n < 300; n++) {		/* the main loop of a tracer */
		int sig = 0; if (n) p = waitpid(-1, &st, __WALL); else st = 0x57f;
		if (p < 0) break; else if (!WIFSTOPPED(st)) { dprintf(1, "pid +%d ended %#x\n", p - c, st); continue; }
		if (WSTOPSIG(st) == (SIGTRAP | 0x80)) { ptrace(PTRACE_GET_SYSCALL_INFO, p, sizeof(regs), regs); calls++; }
		else if (st >> 16) { ptrace(PTRACE_GETEVENTMSG, p, 0, &msg); dprintf(1, "event %d\n", st >> 16); }
		else if (n) { ptrace(PTRACE_GETSIGINFO, p, 0, &si); if ((sig = WSTOPSIG(st)) == SIGUSR1 || sig == SIGSTOP) sig = 0; }
		ptrace(calls < 40 ? PTRACE_SYSCALL : PTRACE_CONT, p, 0, sig);
	}
	if ((c = fork()) == 0) { prctl(PR_SET_PDEATHSIG, SIGKILL); for (n = 0; n < 4; n++) sleep(1); _exit(0); }
	usleep(30000);
	struct iovec io = { regs, sizeof(regs) };
	if (c < 0) return 0; else if (ptrace(PTRACE_SEIZE, c, 0, PTRACE_O_EXITKILL)) return kill(c, SIGKILL), wt(c, "no SEIZE"), 0;
	ptrace(PTRACE_INTERRUPT, c, 0, 0), wt(c, "interrupt");
	ptrace(PTRACE_GETREGSET, c, NT_PRSTATUS, &io), ptrace(PTRACE_PEEKDATA, c, &calls, 0), ptrace(PTRACE_POKEDATA, c, &calls, 7L);
	ptrace(PTRACE_CONT, c, 0, 0), kill(c, SIGSTOP), wt(c, "delivery of STOP");
	ptrace(PTRACE_CONT, c, 0, SIGSTOP), wt(c, "group stop");
	ptrace(PTRACE_LISTEN, c, 0, 0), kill(c, SIGCONT), wt(c, "end of the group stop");
	ptrace(PTRACE_CONT, c, 0, 0), wt(c, "delivery of CONT");
	for (n = 0; n < 3; n++) ptrace(PTRACE_SINGLESTEP, c, 0, n ? 0 : SIGUSR2), wt(c, "step");	/* into the handler */
	ptrace(PTRACE_DETACH, c, 0, SIGUSR2);		/* a signal with the detach */
	ptrace(PTRACE_ATTACH, c, 0, 0), wt(c, "attach");
	kill(c, SIGKILL), wt(c, "killed in a stop");
	return 0;
}
