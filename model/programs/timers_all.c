/* timers_all: every clock with clock_nanosleep and timer_create, interruptions and restarts, itimers, alarm over exec, timerfd */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static volatile sig_atomic_t got[65];
static void h(int s) { got[s]++; }
static long ms(clockid_t c) { struct timespec t = { 0 }; clock_gettime(c, &t); return t.tv_sec * 1000 + t.tv_nsec / 1000000; }
static void spin(int s, int limit) { for (long end = ms(CLOCK_MONOTONIC) + limit; !got[s] && ms(CLOCK_MONOTONIC) < end; ) for (volatile int i = 0; i < 20000; i++); }
static void on(int s, int fl) { sigaction(s, &(struct sigaction){ .sa_handler = h, .sa_flags = fl }, NULL); }
static void itimer(int which, int first, int every) { setitimer(which, &(struct itimerval){ { 0, every }, { 0, first } }, NULL); }
int main(void)
{
	static const struct { clockid_t id; const char *name; } ck[] = { { CLOCK_REALTIME, "REALTIME" }, { CLOCK_MONOTONIC, "MONOTONIC" },
		{ CLOCK_BOOTTIME, "BOOTTIME" }, { CLOCK_TAI, "TAI" }, { CLOCK_PROCESS_CPUTIME_ID, "PROCESS" }, { CLOCK_THREAD_CPUTIME_ID, "THREAD" },
		{ CLOCK_REALTIME_ALARM, "REALTIME_ALARM" }, { CLOCK_BOOTTIME_ALARM, "BOOTTIME_ALARM" } };
	struct sigevent kill9 = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL }; timer_t dead, t; sigset_t m; siginfo_t si; char b[8];
	struct timespec half = { 0, 500000000 }, two = { 0, 2000000 }, rem, res; int i, st, r, p[2], fd; pid_t c; struct statfs fs; uint64_t n = 0;
	if (timer_create(CLOCK_MONOTONIC, &kill9, &dead) == 0) timer_settime(dead, 0, &(struct itimerspec){ .it_value = { 5, 0 } }, NULL);	/* the safety net */
	on(SIGALRM, 0), on(SIGVTALRM, SA_RESTART), on(SIGPROF, SA_RESTART), on(SIGUSR1, SA_RESTART), sigemptyset(&m), sigaddset(&m, SIGRTMIN), sigprocmask(SIG_BLOCK, &m, NULL);
	for (i = 0; i < 8; i++) {
		int cpu = i == 4 || i == 5; struct timespec now = { 0 }; struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = i };
		clock_getres(ck[i].id, &res), clock_gettime(ck[i].id, &now), rem.tv_nsec = 0;
		if (cpu) itimer(ITIMER_REAL, 5000, 20000);	/* no CPU time passes in a sleep: only a signal ends it */
		r = clock_nanosleep(ck[i].id, 0, &two, &rem), now.tv_nsec += 2000000, now.tv_sec += now.tv_nsec / 1000000000, now.tv_nsec %= 1000000000;
		dprintf(1, "%s: sleep %d rem %ld", ck[i].name, r, rem.tv_nsec), itimer(ITIMER_REAL, 0, 0);
		if (!cpu) dprintf(1, " abs %d", clock_nanosleep(ck[i].id, TIMER_ABSTIME, &now, NULL));
		if (timer_create(ck[i].id, &ev, &t) == 0) {	/* two ticks queued as one signal with an overrun */
			timer_settime(t, 0, &(struct itimerspec){ { 0, 1000000 }, { 0, 1000000 } }, NULL);
			if (cpu) spin(0, 12);
			r = sigtimedwait(&m, &si, &half), dprintf(1, " timer %d overrun %d", r > 0 ? si.si_value.sival_int : r, timer_getoverrun(t) > 0), timer_delete(t);
		} else dprintf(1, " timer_create: %m");
		dprintf(1, "\n");
	}
	for (i = 0, got[SIGALRM] = 0; i < 3; i++) itimer((int[]){ ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF }[i], 3000, 0), spin((int[]){ SIGALRM, SIGVTALRM, SIGPROF }[i], 100);
	dprintf(1, "itimers: %d %d %d\n", got[SIGALRM], got[SIGVTALRM], got[SIGPROF]);
	if (pipe(p) == 0 && (c = fork()) == 0) alarm(2), usleep(20000), kill(getppid(), SIGUSR1), usleep(20000), write(p[1], "x", 1), _exit(0);
	itimer(ITIMER_REAL, 5000, 5000), r = read(p[0], b, 1), itimer(ITIMER_REAL, 0, 0), dprintf(1, "read: %d %s\n", r, r < 0 ? "interrupted by ALRM" : "");
	close(p[1]), r = read(p[0], b, 1), dprintf(1, "read: %d, %d USR1 in it, restarted\n", r, got[SIGUSR1]), wait(&st);
	if ((c = fork()) == 0) _exit(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 0, 40000000 }, NULL));
	if (c > 0) usleep(10000), kill(c, SIGSTOP), waitpid(c, &st, WUNTRACED), kill(c, SIGCONT), waitpid(c, &st, 0), dprintf(1, "restart_syscall: %#x\n", st);
	if ((c = fork()) == 0) itimer(ITIMER_REAL, 100000, 0), execl("/bin/sleep", "sleep", "1", NULL), _exit(127);	/* the itimer lives on, the handler does not */
	wait(&st), dprintf(1, "alarm over exec: %#x\n", st), alarm(4), dprintf(1, "alarm left: %u\n", alarm(0));
	fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), clock_gettime(CLOCK_REALTIME, &rem), rem.tv_sec += 100;
	timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &(struct itimerspec){ .it_value = rem }, NULL);
	if (statfs("/", &fs) == 0 && (fs.f_type == 0x01021994 || fs.f_type == 0x858458f6L))	/* only in a bare initramfs: set the clock, to what it is */
		clock_gettime(CLOCK_REALTIME, &rem), clock_settime(CLOCK_REALTIME, &rem);
	r = read(fd, &n, 8), dprintf(1, "timerfd: %d %s\n", r, r < 0 ? errno == ECANCELED ? "cancelled" : "not yet" : "expired"), close(fd);
	fd = timerfd_create(CLOCK_BOOTTIME, 0), timerfd_settime(fd, 0, &(struct itimerspec){ { 0, 1000000 }, { 0, 1000000 } }, NULL), usleep(4000);
	return read(fd, &n, 8), dprintf(1, "timerfd: more than one tick: %d\n", n > 1), 0;
}
