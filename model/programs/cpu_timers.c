/* POSIX timers on wall and CPU clocks, interval timers, RLIMIT_CPU. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int ticks;
static void on(int s) { (void)s; ticks++; }
static void busy(int ms)                /* CPU time, bounded by twenty times that in wall time */
{
    struct timespec a, b, w, v;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a); clock_gettime(CLOCK_MONOTONIC, &w);
    do {
        for (volatile int i = 0; i < 100000; i++) ;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b); clock_gettime(CLOCK_MONOTONIC, &v);
    } while ((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < ms
             && (v.tv_sec - w.tv_sec) * 1000 + (v.tv_nsec - w.tv_nsec) / 1000000 < 20 * ms);
}
static timer_t timer(clockid_t c, int notify, int sig, long first_ms, long every_ms)
{
    struct sigevent ev = { .sigev_notify = notify, .sigev_signo = sig };
    struct itimerspec it = { { 0, every_ms * 1000000 }, { 0, first_ms * 1000000 } }; timer_t t;
    ev._sigev_un._tid = gettid();
    if (timer_create(c, &ev, &t)) return (timer_t)-1;
    timer_settime(t, 0, &it, NULL);
    return t;
}
int main(void)
{
    struct itimerval ten = { { 0, 10000 }, { 0, 10000 } }, off = { { 0, 0 }, { 0, 0 } };
    struct itimerspec left; struct rlimit cpu = { 1, 2 }, rl; siginfo_t si; sigset_t set; timer_t t; pid_t p;
    struct timespec zero = { 0, 0 }; alarm(5);
    for (int i = 0; i < 4; i++) signal(SIGRTMIN + i, on);
    signal(SIGVTALRM, on); signal(SIGPROF, on); signal(SIGXCPU, on);
    sigemptyset(&set); sigaddset(&set, SIGRTMIN); sigprocmask(SIG_BLOCK, &set, NULL);
    t = timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, 2, 2); usleep(15000);     /* overruns */
    if (sigtimedwait(&set, &si, &zero) > 0) timer_getoverrun(t);
    usleep(5000); timer_delete(t); sigtimedwait(&set, &si, &zero);       /* deleted while pending */
    t = timer(CLOCK_REALTIME, SIGEV_NONE, 0, 3, 0); usleep(5000); timer_gettime(t, &left); timer_delete(t);
    t = timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL | SIGEV_THREAD_ID, SIGRTMIN + 1, 10, 10); busy(30); timer_delete(t);
    t = timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGRTMIN + 2, 10, 0); busy(20); timer_delete(t);
    signal(SIGRTMIN + 3, SIG_IGN); t = timer(CLOCK_BOOTTIME, SIGEV_SIGNAL, SIGRTMIN + 3, 2, 2);
    usleep(7000); signal(SIGRTMIN + 3, on); usleep(5000); timer_delete(t);       /* ignored at first */
    timer(12345, SIGEV_SIGNAL, SIGRTMIN, 1, 0); timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, 99, 1, 0);  /* EINVAL */
    setitimer(ITIMER_VIRTUAL, &ten, NULL); setitimer(ITIMER_PROF, &ten, NULL); busy(30);
    setitimer(ITIMER_VIRTUAL, &off, NULL); setitimer(ITIMER_PROF, &off, NULL);
    timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, 20, 0);  /* the child has none of it */
    if ((p = fork()) == 0) { setrlimit(RLIMIT_CPU, &cpu); getrlimit(RLIMIT_CPU, &rl); busy(10); _exit(0); }
    waitpid(p, NULL, 0);
    if ((p = fork()) == 0) {            /* exec drops the timers, but keeps the interval timer */
        timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1, 1, 1); ten.it_value.tv_usec = 100000;
        setitimer(ITIMER_REAL, &ten, NULL); execl("/bin/sleep", "sleep", "0.3", NULL); _exit(1);
    }
    waitpid(p, NULL, 0);                                    /* SIGALRM kills it */
    printf("cpu_timers: %d ticks\n", ticks);
    return 0;                                               /* exits with an armed or pending timer */
}
