/* timer_mix: twenty timers of seven clocks: to threads, by signal, silent; overruns, deletions in
 * flight, settings of the past, sleeps broken and resumed */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif
static volatile sig_atomic_t fired[3];
static int volatile in_thread;
static void on(int s, siginfo_t* si, void* u) {
    (void)u;
    fired[s == SIGALRM ? 0 : si->si_code == SI_TIMER ? 1 : 2]++;
}
static void runs(union sigval v) {
    in_thread += v.sival_int;
}
static struct itimerspec every(long us, long first) {
    return (struct itimerspec){{0, us * 1000}, {0, first * 1000}};
}
static void burn(int n) {
    for (int volatile i = 0; i < n * 100000; i++)
        ;
}
static void*
own(void* arg) /* a thread with a timer that tells it alone, and one on its own CPU time */
{
    struct sigevent e = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};
    struct itimerspec it = every(3000, 2000), cpu = every(0, 1500);
    timer_t a, b;
    clockid_t c;
    e.sigev_notify_thread_id = syscall(SYS_gettid), pthread_getcpuclockid(pthread_self(), &c);
    if (timer_create(CLOCK_BOOTTIME, &e, &a) == 0)
        timer_settime(a, 0, &it, NULL);
    if (timer_create(c, &e, &b) == 0)
        timer_settime(b, 0, &cpu, NULL);
    for (int i = 0; i < 4; i++)
        usleep(2500), burn(3);
    return timer_delete(b), arg; /* the other stays, its thread gone */
}
int main(void) {
    static const clockid_t clocks[] = {
        CLOCK_REALTIME,           CLOCK_MONOTONIC,         CLOCK_BOOTTIME,      CLOCK_TAI,
        CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_REALTIME_ALARM};
    struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
    struct sigevent e = {.sigev_signo = SIGRTMIN};
    timer_t t[7];
    int made = 0, fd[3], st;
    pid_t p;
    struct itimerspec it, past = {{0, 0}, {1, 0}}, left;
    struct timespec ts = {0, 40000000}, rem = {0, 0};
    struct itimerval iv = {{0, 4000}, {0, 3000}};
    pthread_t th;
    unsigned long long x;
    alarm(9), sigaction(SIGRTMIN, &sa, NULL), sigaction(SIGVTALRM, &sa, NULL),
        sigaction(SIGPROF, &sa, NULL);
    for (int i = 0; i < 7; i++) {
        e.sigev_notify = i == 2 ? SIGEV_NONE : SIGEV_SIGNAL;
        if (timer_create(clocks[i], &e, &t[made]))
            continue;
        it = every(i & 1 ? 5000 : 0, 4000 + 2000 * i),
        timer_settime(t[made++], i == 1 ? 0 : 0, &it, NULL);
    }
    timer_settime(t[0], TIMER_ABSTIME, &past, &left), burn(10), timer_gettime(t[1], &left),
        pthread_create(&th, NULL, own, NULL);
    setitimer(ITIMER_VIRTUAL, &iv, NULL), setitimer(ITIMER_PROF, &iv, NULL), burn(60),
        setitimer(ITIMER_VIRTUAL, &(struct itimerval){0}, NULL), getitimer(ITIMER_PROF, &iv);
    sigset_t m, old;
    sigemptyset(&m), sigaddset(&m, SIGRTMIN), sigprocmask(SIG_BLOCK, &m, &old), usleep(22000);
    printf("overran: %d, ", timer_getoverrun(t[1]) >= 0), sigprocmask(SIG_SETMASK, &old, NULL),
        pthread_join(th, NULL);
    for (int i = 0; i < made; i += 2)
        timer_delete(t[i]);
    if (nanosleep(&ts, &rem) && errno == EINTR)
        nanosleep(&rem, &rem);
    clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &past.it_interval, NULL),
        clock_gettime(CLOCK_BOOTTIME, &ts), ts.tv_sec -= 5,
        clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &ts, NULL);
    e.sigev_notify = SIGEV_THREAD, e.sigev_notify_function = runs, e.sigev_value.sival_int = 1,
    it = every(6000, 3000);
    if (timer_create(CLOCK_MONOTONIC, &e, &t[0]) == 0)
        timer_settime(t[0], 0, &it, NULL), usleep(20000), timer_delete(t[0]);
    for (int i = 0; i < 3; i++)
        fd[i] = timerfd_create(i == 1 ? CLOCK_REALTIME
                               : i    ? CLOCK_BOOTTIME
                                      : CLOCK_MONOTONIC,
                               i ? TFD_NONBLOCK : 0);
    it = every(3000, 1000), timerfd_settime(fd[0], 0, &it, NULL),
    timerfd_settime(fd[1], TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &past, NULL),
    timerfd_settime(fd[2], 0, &it, &left);
    struct pollfd pl[3] = {{fd[0], POLLIN, 0}, {fd[1], POLLIN, 0}, {fd[2], POLLIN, 0}};
    for (int i = 0; i < 4; i++) {
        poll(pl, 3, 50);
        for (int k = 0; k < 3; k++)
            if (pl[k].revents & POLLIN && read(fd[k], &x, 8) == 8)
                made++;
    }
    it = every(0, 0), timerfd_settime(fd[2], 0, &it, &left), timerfd_gettime(fd[0], &left),
    close(fd[0]);
    if ((p = fork()) ==
        0) { /* no timer of its own, the fds are shared; an alarm outlives the exec */
        timer_gettime(t[1], &left), st = (int)read(fd[1], &x, 8), ualarm(30000, 0),
                                    execl("/bin/sleep", "sleep", "5", NULL), _exit(1);
    }
    waitpid(p, &st, 0), printf("alarm %d, threads %d, %d kinds\n", WTERMSIG(st) == SIGALRM,
                               in_thread > 0, (fired[1] > 0) + (fired[2] > 0) + (made > 5));
    if ((p = fork()) == 0) {
        struct itimerval fast = {{0, 800}, {0, 800}};
        signal(SIGALRM, SIG_IGN), setitimer(ITIMER_REAL, &fast, NULL), usleep(8000),
            signal(SIGALRM, SIG_DFL), setitimer(ITIMER_REAL, &fast, NULL), pause();
    }
    return waitpid(p, &st, 0), 0; /* some still armed */
}
