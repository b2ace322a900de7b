/* waiting: timerfd, signalfd, epoll on a pidfd, inotify, ppoll with a mask, sleeps broken and resumed, pause, select */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void on(int s) { }
static void in20(void) { struct itimerval t = { { 0, 0 }, { 0, 20000 } }; setitimer(ITIMER_REAL, &t, NULL); }
int main(void)
{
	struct timespec t20 = { 0, 20000000 }, t60 = { 0, 60000000 }, rem, at;
	struct sigaction sa = { .sa_handler = on };
	struct itimerspec its = { { 0, 10000000 }, { 0, 10000000 } };
	struct epoll_event ee = { EPOLLIN, { NULL } }; siginfo_t si; sigset_t m, none;
	char buf[1024], dir[] = "/tmp/wait.XXXXXX";
	alarm(9); sigaction(SIGALRM, &sa, NULL); sigaction(SIGUSR1, &sa, NULL); sigemptyset(&none);
	int tf = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), ep = epoll_create1(EPOLL_CLOEXEC);
	timerfd_settime(tf, 0, &its, NULL); read(tf, buf, 8); epoll_ctl(ep, EPOLL_CTL_ADD, tf, &ee); epoll_wait(ep, &ee, 1, 500);
	epoll_ctl(ep, EPOLL_CTL_DEL, tf, NULL); epoll_wait(ep, &ee, 1, 10);	/* times out */
	pid_t p = fork(); if (!p) { nanosleep(&t20, NULL); _exit(4); }
	int pf = syscall(SYS_pidfd_open, p, 0);
	ee.events = EPOLLIN | EPOLLONESHOT; if (pf >= 0 && !epoll_ctl(ep, EPOLL_CTL_ADD, pf, &ee)) epoll_wait(ep, &ee, 1, 1000);	/* the child's end */
	waitid(P_PIDFD, pf, &si, WEXITED); waitpid(p, NULL, 0);	/* the second: ECHILD unless pidfds fail */
	sigemptyset(&m); sigaddset(&m, SIGUSR2); sigaddset(&m, SIGCHLD); sigprocmask(SIG_BLOCK, &m, NULL);
	int sf = signalfd(-1, &m, SFD_CLOEXEC | SFD_NONBLOCK);
	struct pollfd pl = { sf, POLLIN, 0 }; if (!(p = fork())) { kill(getppid(), SIGUSR2); _exit(0); }
	waitpid(p, NULL, 0); poll(&pl, 1, 500); read(sf, buf, 128); read(sf, buf, 1024);
	raise(SIGUSR2); sigwaitinfo(&m, &si); sigtimedwait(&m, &si, &t20);	/* the second: EAGAIN */
	sigaddset(&m, SIGUSR1); sigprocmask(SIG_BLOCK, &m, NULL); raise(SIGUSR1); ppoll(&pl, 1, &t60, &none);		/* EINTR from the pending signal */
	raise(SIGUSR1); pselect(0, NULL, NULL, NULL, &t60, &none); raise(SIGUSR1); epoll_pwait(ep, &ee, 1, 60, &none);
	int in = inotify_init1(IN_CLOEXEC | IN_NONBLOCK); pl.fd = in;
	if (mkdtemp(dir) && !chdir(dir) && inotify_add_watch(in, dir, IN_ALL_EVENTS) >= 0) {
		if (!(p = fork())) { nanosleep(&t20, NULL); close(open("f", O_CREAT | O_RDWR, 0600)); unlink("f"); _exit(0); }
		poll(&pl, 1, 500); read(in, buf, sizeof buf); waitpid(p, NULL, 0); rmdir(dir); read(in, buf, sizeof buf);
	}
	in20(); if (nanosleep(&t60, &rem) && errno == EINTR) nanosleep(&rem, NULL);	/* broken, then the rest */
	if (!(p = fork())) { nanosleep(&t60, NULL); _exit(0); }	/* restart_syscall after a stop */
	nanosleep(&t20, NULL); if (p > 0) { kill(p, SIGSTOP); waitpid(p, NULL, WUNTRACED); kill(p, SIGCONT); waitpid(p, NULL, 0); }
	clock_gettime(CLOCK_MONOTONIC, &at); at.tv_nsec += 30000000;
	if (at.tv_nsec >= 1000000000) { at.tv_nsec -= 1000000000; at.tv_sec++; }
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL); clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	struct itimerval again = { { 0, 20000 }, { 0, 20000 } }; setitimer(ITIMER_REAL, &again, NULL); pause();	/* cannot miss */
	alarm(9); struct timeval tv = { 0, 20000 }; select(0, NULL, NULL, NULL, &tv);
	timer_t tm; struct sigevent se = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	if (!timer_create(CLOCK_MONOTONIC, &se, &tm)) timer_settime(tm, 0, &its, NULL);
	return 0;						/* with an alarm, a timer and a timerfd still armed */
}
