/* tick_tock: POSIX, interval and descriptor timers on every clock that there is, for a process, a thread and another process; asked,
 * changed while they run, polled, read, passed on by fork, left armed by exec and exit; CPU clocks that run out in company */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int volatile ticks;
static void tick(int s) {
    (void)s, ticks++;
}
static struct itimerspec ms(long every, long first) {
    return (struct itimerspec){{0, every * 1000000}, {0, first * 1000000}};
}
static void busy(long msec) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    do
        clock_gettime(CLOCK_MONOTONIC, &b);
    while ((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < msec);
}
static void ask_clocks(pid_t p) {
    struct timespec ts;
    clockid_t c;
    for (clockid_t i = 0; i < 13; i++)
        clock_getres(i, &ts), syscall(SYS_clock_getres, i, NULL), syscall(SYS_clock_gettime, i, &ts);
    if (clock_getcpuclockid(p, &c) == 0)
        clock_getres(c, &ts), syscall(SYS_clock_gettime, c, &ts), clock_nanosleep(c, TIMER_ABSTIME, &ts, NULL);
    clock_settime(CLOCK_MONOTONIC, &ts), clock_settime(c, &ts);
}
static void posix_timers(clockid_t clock, int how) {
    struct sigevent e = {.sigev_notify = how == 2 ? SIGEV_THREAD_ID : how ? SIGEV_SIGNAL : SIGEV_NONE, .sigev_signo = SIGUSR2};
    struct itimerspec it = ms(how == 1 ? 3 : 0, 2), left;
    timer_t t;
    e._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    if (timer_create(clock, &e, &t))
        return;
    timer_settime(t, 0, &it, NULL), timer_gettime(t, &left), busy(3), timer_getoverrun(t), usleep(2500), timer_settime(t, 0, &it, &left);
    busy(1), clock_gettime(clock, &it.it_value), it.it_value.tv_nsec /= 2, timer_settime(t, TIMER_ABSTIME, &it, NULL);
    timer_gettime(t, &left);
    if (how != 1)
        timer_delete(t);
}
static void* of_thread(void* arg) {
    clockid_t c;
    pthread_getcpuclockid(pthread_self(), &c), posix_timers(c, 2), posix_timers(CLOCK_THREAD_CPUTIME_ID, 1), busy(4);
    return arg;
}
static void descriptors(void) {
    static clockid_t const clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM};
    struct pollfd p[5];
    struct epoll_event e = {EPOLLIN | EPOLLET, {0}};
    struct timeval tv = {0, 20000};
    struct itimerspec it = ms(4, 3), left;
    unsigned long long x;
    int ep = epoll_create1(0), n = 0;
    fd_set r;
    for (int i = 0; i < 5; i++) {
        int fd = timerfd_create(clocks[i], i % 2 ? TFD_NONBLOCK : TFD_CLOEXEC);
        if (fd < 0)
            continue;
        p[n++] = (struct pollfd){fd, POLLIN, 0}, timerfd_settime(fd, 0, &it, NULL), timerfd_gettime(fd, &left);
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    }
    for (int round = 0; round < 5; round++) {
        FD_ZERO(&r);
        FD_SET(p[0].fd, &r);
        round == 2 ? select(p[0].fd + 1, &r, NULL, NULL, &tv) : round == 3 ? epoll_wait(ep, &e, 1, 20) : poll(p, (nfds_t)n, 20);
        for (int i = 0; i < n; i++)
            if (p[i].revents & POLLIN || i == round)
                (void)!read(p[i].fd, &x, i == 2 && round == 1 ? 4 : 8);
    }
    clock_gettime(CLOCK_REALTIME, &it.it_value), it.it_value.tv_sec += 1;
    timerfd_settime(p[1].fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &it, &left), it.it_value.tv_nsec = -1;
    timerfd_settime(p[1].fd, 0, &it, NULL), it = ms(0, 0), timerfd_settime(p[0].fd, 0, &it, &left), (void)!read(p[1].fd, &x, 8), close(ep);
}
int main(void) {
    static clockid_t const clocks[] = {CLOCK_REALTIME,           CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID,
                                       CLOCK_THREAD_CPUTIME_ID, CLOCK_TAI,       CLOCK_BOOTTIME_ALARM};
    struct itimerval iv = {{0, 5000}, {0, 2000}}, was;
    struct timespec ts = {0, 8000000}, rem;
    pthread_t t;
    pid_t p;
    int st;
    alarm(20), signal(SIGUSR2, tick), signal(SIGVTALRM, tick), signal(SIGPROF, tick), ask_clocks(getpid());
    for (int i = 0; i < 7; i++)
        posix_timers(clocks[i], i % 3), posix_timers(clocks[6 - i], 1 + i % 2);
    pthread_create(&t, NULL, of_thread, NULL), setitimer(ITIMER_PROF, &iv, NULL), busy(12), getitimer(ITIMER_PROF, &was);
    setitimer(ITIMER_VIRTUAL, &iv, &was), busy(9), setitimer(ITIMER_PROF, &(struct itimerval){0}, &was), pthread_join(t, NULL);
    while (nanosleep(&ts, &rem) && errno == EINTR)
        ts = rem;
    descriptors();
    if ((p = fork()) == 0) { /* its parent's timers are not its own; that of the interval outlives an exec */
        timer_gettime(0, &(struct itimerspec){0}), ask_clocks(getppid()), setitimer(ITIMER_REAL, &iv, NULL), execl("/bin/cat", "cat", NULL);
    }
    waitpid(p, &st, 0);
    if ((p = fork()) == 0)
        setrlimit(RLIMIT_CPU, &(struct rlimit){1, 2}), signal(SIGXCPU, tick), posix_timers(clocks[3], 1), busy(1100), _exit(1);
    ask_clocks(p), waitpid(p, &st, 0);
    return printf("tick_tock: %s\n", ticks > 5 ? "it ticks" : "it stands") < 0;
}
