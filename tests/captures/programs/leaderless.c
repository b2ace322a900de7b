/* threads: groups without their leader, exec and fork from a thread, group exits, futex sleepers, destructors, atfork */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_key_t key; static pthread_once_t once = PTHREAD_ONCE_INIT; static pthread_mutex_t robust;
static int word, unwinds;
static volatile int forks;
static void nap(int ms) { usleep(ms * 1000); }
static void prep(void) { forks++; }
static void end(void) { if (unwinds) pthread_exit(NULL); syscall(SYS_exit, 0); }	/* pthread_exit may lack libgcc_s */
static void gone(void *v) { if ((long)v > 1) pthread_setspecific(key, (void *)((long)v - 1)); nap(1); }	/* twice */
static void mk(void) { pthread_key_create(&key, gone); }
static void *futex(void *v) { struct timespec t = { 1, 0 }; syscall(SYS_futex, &word, FUTEX_WAIT, 0, &t, NULL, 0); return v; }
static void *sleeps(void *v) { nap(800); return v; }
static void *brief(void *v) { nap(30); return v; }
static void *leaves(void *v) { nap(30); _exit(7); }		/* exit_group from the thread */
static void *calls_exit(void *v) { nap(10); exit(5); }
static void *quits(void *v) { nap(20); syscall(SYS_exit, 3); return v; }	/* exit of the thread alone */
static void *execs(void *v) { nap(20); execl("/bin/true", "true", (char *)NULL); _exit(1); }
static void *faults(void *v) { nap(10); *(volatile int *)8 = 0; return v; }
static void *tls(void *v) { pthread_once(&once, mk); pthread_setspecific(key, (void *)2); return v; }
static void *locks(void *v) { pthread_mutex_lock(&robust); return v; }	/* dies with the lock held */
static void *forker(void *v) { if (!fork()) { nap(5); end(); } wait(NULL); return v; }	/* end of the child's sole thread */
static void start(void *(*f)(void *), int detached)
{
	pthread_t t; if (!pthread_create(&t, NULL, f, NULL) && detached) pthread_detach(t);
}
static void scene(void *(*a)(void *), void *(*b)(void *), int main_ends, int sig)
{
	pid_t p = fork();
	if (!p) { alarm(3); start(b, 1); start(a, 0); if (main_ends) end(); nap(200); _exit(0); }
	if (sig && p > 0) { nap(40); kill(p, SIGSTOP); nap(10); kill(p, SIGCONT); kill(p, sig); }
	waitpid(p, NULL, 0);
}
int main(void)
{
	alarm(9); pthread_atfork(prep, prep, prep);
	int st = 1; if (!fork()) pthread_exit(NULL); wait(&st); unwinds = !st;	/* main thread alone: exit(0) */
	scene(leaves, sleeps, 1, 0);				/* leader ended, a thread calls exit_group, one sleeps */
	scene(brief, brief, 1, 0);				/* leader ended, the last thread just returns */
	scene(quits, quits, 1, 0);				/* the same with no exit_group at all */
	scene(calls_exit, futex, 0, 0);				/* group exit hits a futex sleeper and the sleeping leader */
	scene(execs, sleeps, 0, 0);				/* exec from a thread, leader and a third alive */
	scene(execs, sleeps, 1, 0);				/* the same with the leader a zombie */
	scene(faults, futex, 1, 0);				/* SIGSEGV in a thread without leader */
	scene(sleeps, futex, 1, SIGTERM);			/* stopped, continued and killed without leader */
	pthread_mutexattr_t ma; pthread_mutexattr_init(&ma);
	pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST); pthread_mutex_init(&robust, &ma);
	pthread_t t[3]; void *(*f[3])(void *) = { tls, locks, forker };
	for (int i = 0; i < 3; i++) if (!pthread_create(&t[i], NULL, f[i], NULL)) pthread_join(t[i], NULL);
	pthread_mutex_lock(&robust); pthread_mutex_consistent(&robust);	/* EOWNERDEAD, made consistent */
	if (unwinds && !pthread_create(t, NULL, sleeps, NULL)) { nap(5); pthread_cancel(*t); pthread_join(*t, NULL); }
	start(futex, 1); start(brief, 1); nap(60); return 0;	/* exit_group with a detached thread in a futex */
}
