/* thread_storm: eight joined and two detached threads: stack sizes, TLS, masks, pthread_kill and sigqueue, timers, fork in a thread */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static __thread int tls; static __thread char big[20000];
static int hits, destroyed, ticks, atforks;
static pthread_barrier_t bar; static pthread_mutex_t rob, pi; static pthread_key_t key;
static void on_sig(int s, siginfo_t *si, void *u) { tls += si->si_value.sival_int + 1; __atomic_add_fetch(&hits, s > 0, __ATOMIC_SEQ_CST); }
static void tick(union sigval v) { ticks += v.sival_int; }
static void destroy(void *p) { destroyed++, free(p); }
static void atfork(void) { atforks++; }
static void *work(void *arg) {
	long i = (long)arg; char name[16]; sigset_t m, old; siginfo_t si; timer_t t; cpu_set_t cs = { 0 };
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 1 }; struct timespec ts = { 1, 0 };
	snprintf(name, sizeof(name), "storm-%ld", i), pthread_setname_np(pthread_self(), name);
	big[i] = tls = i, pthread_setspecific(key, malloc(8));
	CPU_SET(i % sysconf(_SC_NPROCESSORS_ONLN), &cs), pthread_setaffinity_np(pthread_self(), sizeof(cs), &cs), sched_yield();
	sigemptyset(&m), sigaddset(&m, i & 1 ? SIGUSR1 : SIGUSR2), sigaddset(&m, SIGRTMIN + 1), pthread_sigmask(SIG_BLOCK, &m, &old);
	pthread_barrier_wait(&bar), pthread_barrier_wait(&bar);	/* main signals all of us between these */
	if (i & 1) sigdelset(&m, SIGRTMIN + 1), sigtimedwait(&m, &si, &ts);	/* odd: USR1 is taken by a wait */
	else {						/* even: a timer signal for this thread alone */
		ev._sigev_un._tid = gettid(), sigemptyset(&m), sigaddset(&m, SIGRTMIN + 1);
		if (timer_create(CLOCK_MONOTONIC, &ev, &t) == 0)
			timer_settime(t, 0, &(struct itimerspec){ .it_value = { 0, 5000000 } }, NULL), sigtimedwait(&m, &si, &ts), timer_delete(t);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL), pthread_mutex_lock(&pi), sched_yield(), pthread_mutex_unlock(&pi);
	if (i == 2 && fork() == 0) execl("/bin/true", "true", NULL), _exit(127);	/* the thread is the leader of the child */
	if (i == 3) pthread_mutex_lock(&rob);		/* the owner dies with the lock */
	if (i == 5) usleep(900000);			/* until it is cancelled */
	return arg;
}
static void *last(void *x) { pthread_join(*(pthread_t *)x, NULL), usleep(20000), dprintf(1, "exit by the last thread\n"), exit(0); }
int main(void)
{
	pthread_t t[8], d; pthread_attr_t at; pthread_mutexattr_t ma; static pthread_t self; timer_t tm; void *r; long i, st; glob_t gl;
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = tick, .sigev_value.sival_int = 1 };
	alarm(5), pthread_key_create(&key, destroy), pthread_atfork(atfork, atfork, NULL), pthread_barrier_init(&bar, NULL, 9);
	pthread_mutexattr_init(&ma), pthread_mutexattr_setprotocol(&ma, PTHREAD_PRIO_INHERIT), pthread_mutex_init(&pi, &ma), pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST), pthread_mutex_init(&rob, &ma);
	for (i = 0; i < 3; i++) sigaction((int[]){ SIGUSR1, SIGUSR2, SIGRTMIN }[i], &(struct sigaction){ .sa_sigaction = on_sig, .sa_flags = SA_SIGINFO | SA_RESTART }, NULL);
	for (i = 0, pthread_attr_init(&at); i < 8; i++) pthread_attr_setstacksize(&at, 160 * 1024 << (i % 4)), pthread_create(&t[i], &at, work, (void *)i);
	pthread_barrier_wait(&bar);
	for (i = 0; i < 8; i++) pthread_kill(t[i], SIGUSR1), pthread_sigqueue(t[i], SIGRTMIN, (union sigval){ i });
	if (timer_create(CLOCK_REALTIME, &ev, &tm) == 0) timer_settime(tm, 0, &(struct itimerspec){ .it_value = { 0, 1000000 } }, NULL);
	kill(getpid(), SIGUSR2), pthread_barrier_wait(&bar), usleep(30000);
	if (glob("{/lib,/lib64,/lib/*}/libgcc_s.so.1", GLOB_BRACE, NULL, &gl) == 0) pthread_cancel(t[5]); else pthread_kill(t[5], SIGUSR1);
	for (i = 0; i < 8; i++) st = pthread_join(t[i], &r), dprintf(1, "join %ld: %ld %ld\n", i, st, r == PTHREAD_CANCELED ? -1L : (long)r);
	dprintf(1, "robust %d hits %d destroyed %d atforks %d ticks %d\n", pthread_mutex_lock(&rob) == EOWNERDEAD, hits, destroyed, atforks, ticks);
	wait(NULL), self = pthread_self(), pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
	for (i = 0; i < 2; i++) pthread_create(&d, &at, i ? last : (void *(*)(void *))gettid, &self);
	syscall(SYS_exit, 0);				/* a dead leader, the others run on */
}
