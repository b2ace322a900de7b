/* kill in all its forms: group, all of a pid namespace, thread, pidfd, errors, and SIGKILL for children in odd states */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void nap(int ms) { usleep(ms * 1000); }
static void on(int s) { }
static pid_t sleeper(pid_t group)				/* sleeps at most 0.9 s */
{
	pid_t p = fork(); if (p < 0) _exit(0);			/* never kill(-1) */
	if (!p) { if (group >= 0) setpgid(0, group); nap(900); _exit(0); }
	if (group >= 0) setpgid(p, group);
	return p;
}
static volatile pid_t tid;
static void *thread(void *v) { tid = gettid(); nap(300); return v; }
static int threaded(pthread_t *t)				/* another thread, known by tid */
{
	for (int i = pthread_create(t, NULL, thread, NULL) ? 50 : 0; i < 50 && !tid; i++) nap(5);
	return tid;
}
static void space(void)						/* pid 1 of a new pid namespace */
{
	if (getpid() != 1) _exit(0);
	sleeper(-1); sleeper(-1); nap(10);
	kill(-1, SIGTERM); while (wait(NULL) > 0) ;		/* all but pid 1 */
	kill(1, SIGKILL); kill(getpid(), SIGTERM);		/* ignored for this init */
	sleeper(-1); sleeper(0); _exit(0);			/* these are zapped */
}
int main(void)
{
	pid_t p, g; pthread_t t; union sigval v = { 42 }; siginfo_t si;
	alarm(9); prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); signal(SIGUSR1, on);
	if (!fork()) { if (!setpgid(0, 0)) { sleeper(-1); sleeper(-1); nap(10); kill(0, SIGTERM); } _exit(0); }
	while (wait(NULL) > 0) ;
	g = sleeper(0); sleeper(g); nap(10); kill(-g, 0); kill(-g, SIGUSR2); while (wait(NULL) > 0) ;
	kill(-g, SIGUSR2); kill(g, 0); kill(getpid(), 65); kill(getpid(), 0); syscall(SYS_tgkill, -1, 1, 0);	/* ESRCH, EINVAL */
	if (!fork()) { if (!unshare(CLONE_NEWPID) && !fork()) space(); wait(NULL); _exit(0); }
	wait(NULL);
	if (!fork()) { p = getppid(); if (!setuid(1000)) { kill(p, 0); kill(p, SIGUSR1); kill(p, SIGCONT); kill(1, SIGUSR1); } _exit(0); }
	wait(NULL); if (threaded(&t)) { syscall(SYS_tgkill, getpid(), tid, SIGUSR1); pthread_join(t, NULL); }
	syscall(SYS_tkill, gettid(), SIGUSR1); syscall(SYS_tgkill, getpid(), getppid(), SIGUSR1);	/* ESRCH */
	if (!fork()) { tid = 0; if (threaded(&t)) { syscall(SYS_tkill, tid, SIGTERM); pthread_join(t, NULL); } _exit(0); }
	wait(NULL); p = sleeper(-1); int fd = syscall(SYS_pidfd_open, p, 0);
	syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0); syscall(SYS_pidfd_send_signal, fd, SIGINT, NULL, 0);
	waitid(P_PIDFD, fd, &si, WEXITED | WNOWAIT); kill(p, SIGTERM); waitpid(p, NULL, 0);	/* one to a zombie */
	syscall(SYS_pidfd_send_signal, fd, SIGINT, NULL, 0); close(fd);				/* ESRCH */
	p = sleeper(-1); nap(10); sigqueue(p, SIGRTMIN + 1, v); waitpid(p, NULL, 0);
	p = sleeper(-1); kill(p, SIGSTOP); waitpid(p, NULL, WUNTRACED); kill(p, SIGTERM); nap(10); kill(p, SIGKILL); waitpid(p, NULL, 0);
	if (!(p = fork())) { if (!vfork()) { nap(100); _exit(0); } _exit(0); }
	nap(20); if (p > 0) kill(p, SIGKILL); while (wait(NULL) > 0) ;	/* killed while it waits in vfork */
	p = sleeper(-1); nap(10); kill(p, SIGKILL); waitpid(p, NULL, 0);	/* asleep */
	p = fork(); if (!p) { raise(SIGKILL); _exit(0); }
	return waitpid(p, NULL, 0) < 0;				/* after a child that kills itself */
}
