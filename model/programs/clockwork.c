/* clockwork: deadlines and real-time ranks beside ordinary tasks, moved between CPUs, with timers
 * of rare clocks, requeued and multiple futexes, stepped and attached to */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct attr {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long runtime, deadline, period;
};
static uint32_t f[8];
static int volatile ticks;
static long set(pid_t p, struct attr a) {
    a.size = sizeof a;
    return syscall(SYS_sched_setattr, p, &a, 0);
}
static long fx(uint32_t* a, int op, uint32_t v, void const* t, uint32_t* b, uint32_t v3) {
    return syscall(SYS_futex, a, op | FUTEX_PRIVATE_FLAG, v, t, b, v3);
}
static void on(int s) {
    ticks += s > 0;
}
static void burn(int n) {
    for (int volatile i = 0; i < n * 30000; i++)
        ;
}
static int to(unsigned mask) {
    cpu_set_t s;
    CPU_ZERO(&s);
    for (int i = 0; i < 8; i++)
        if (mask >> i & 1)
            CPU_SET(i, &s);
    return sched_setaffinity(0, sizeof s, &s);
}
static void* periodic(void* arg) {
    struct sched_param sp;
    int pol;
    long k = (long)arg;
    cpu_set_t s;
    struct timespec ts, later;
    if (k == 0)
        set(0, (struct attr){.policy = 6,
                             .flags = 4,
                             .runtime = 1000000,
                             .deadline = 4000000,
                             .period = 5000000});
    if (k == 1)
        set(0, (struct attr){.policy = SCHED_FIFO, .priority = 12}), to(2);
    if (k == 2)
        set(0, (struct attr){.policy = SCHED_BATCH, .nice = 4}), to(2);
    for (int i = 0; i < 5; i++)
        burn(2), k == 0 ? sched_yield() : usleep(700);
    pthread_getschedparam(pthread_self(), &pol, &sp), sched_getaffinity(0, sizeof s, &s),
        sched_rr_get_interval(0, &ts), clock_gettime(CLOCK_MONOTONIC, &later), later.tv_sec++;
    if (k == 3)
        fx(f, FUTEX_WAIT_REQUEUE_PI, 0, &later, f + 1, 0) == 0
            ? fx(f + 1, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0)
            : 0;
    if (k == 4) {
        struct {
            uint64_t val, addr;
            uint32_t flags, pad;
        } w[3] = {{0, (size_t)(f + 2), 130, 0},
                  {0, (size_t)(f + 3), 130, 0},
                  {0, (size_t)(f + 4), 130, 0}};
        syscall(449, w, 3, 0, &later, CLOCK_MONOTONIC),
            w[1].val = 7, syscall(449, w, 3, 0, &later, CLOCK_MONOTONIC);
    }
    if (k == 5)
        fx(f + 5, FUTEX_WAIT_BITSET, 0, &later, NULL, 2);
    return arg;
}
static void timers(void) {
    static const clockid_t c[] = {CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM, CLOCK_TAI,
                                  CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    timer_t t[5];
    struct itimerspec it = {{0, 2000000}, {0, 3000000}}, old;
    struct itimerval iv = {{0, 3000}, {0, 2000}};
    struct timespec ts;
    struct timeval tv;
    struct timex tx = {.modes = 0};
    struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    unsigned long long x;
    int fd = timerfd_create(CLOCK_BOOTTIME_ALARM, 0), n = 0;
    if (fd < 0)
        fd = timerfd_create(CLOCK_MONOTONIC, 0);
    for (int i = 0; i < 5; i++)
        if (timer_create(c[i], &e, &t[n]) == 0)
            timer_settime(t[n], 0, &it, &old), timer_gettime(t[n], &old), clock_getres(c[i], &ts),
                n++;
    setitimer(ITIMER_PROF, &iv, NULL), setitimer(ITIMER_VIRTUAL, &iv, NULL),
        timerfd_settime(fd, 0, &it, &old), burn(60), getitimer(ITIMER_REAL, &iv),
        getitimer(ITIMER_PROF, &iv), timerfd_gettime(fd, &old), ticks += read(fd, &x, 8) == 8;
    ts = (struct timespec){0, 5000000}, clock_nanosleep(CLOCK_BOOTTIME_ALARM, 0, &ts, NULL),
    clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &(struct timespec){0, 100000}, NULL),
    clock_nanosleep(CLOCK_TAI, 0, &ts, &ts);
    for (int i = 0; i < n; i++)
        timer_getoverrun(t[i]), i & 1 ? timer_delete(t[i]) : 0;
    gettimeofday(&tv, NULL), adjtimex(&tx), clock_adjtime(CLOCK_REALTIME, &tx),
        clock_gettime(CLOCK_REALTIME, &ts), clock_settime(CLOCK_REALTIME, &ts),
        settimeofday(&tv, NULL), clock_settime(CLOCK_MONOTONIC, &ts),
        clock_settime(CLOCK_REALTIME, &(struct timespec){-1, 0}), close(fd),
        signal(SIGPROF, SIG_IGN), signal(SIGVTALRM, SIG_IGN);
}
static void step(void) /* another is seized, stepped, and let go */
{
    int st;
    char info[128];
    pid_t p = fork();
    if (p == 0) {
        alarm(3);
        for (;;)
            usleep(500);
    }
    usleep(3000), ptrace(PTRACE_ATTACH, p, 0, 0), waitpid(p, &st, 0);
    for (int i = 0; i < 4; i++)
        ptrace(i & 1 ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, p, 0, 0), waitpid(p, &st, 0),
            ptrace((enum __ptrace_request)0x420e, p, sizeof info, info),
            errno = 0, ptrace(PTRACE_PEEKDATA, p, &ticks, 0);
    ptrace(PTRACE_DETACH, p, 0, 0), kill(p, SIGTERM), waitpid(p, &st, 0);
}
int main(void) {
    pthread_t t[6];
    int st;
    pid_t p;
    unsigned cpu;
    struct sched_param sp = {2};
    struct attr got;
    alarm(12);
    for (int s = SIGUSR1; s < SIGCHLD; s++)
        if (s != SIGALRM && s != SIGTERM && s != SIGPIPE)
            signal(s, on);
    signal(SIGPROF, on), signal(SIGVTALRM, on), personality(ADDR_NO_RANDOMIZE),
        fx(f + 1, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    for (long i = 0; i < 6; i++)
        pthread_create(&t[i], NULL, periodic, (void*)i);
    to(1), burn(3), syscall(SYS_getcpu, &cpu, NULL, NULL), to(15), usleep(30000);
    for (int i = 0; i < 40 && fx(f, FUTEX_CMP_REQUEUE_PI, 1, (void*)(size_t)INT_MAX, f + 1, 0) < 1;
         i++)
        usleep(1000);
    fx(f + 1, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0),
        f[3] = 1, fx(f + 3, FUTEX_WAKE, 1, NULL, NULL, 0),
        fx(f + 2, FUTEX_WAKE_OP, 1, (void*)1L, f + 4, FUTEX_OP(FUTEX_OP_OR, 2, FUTEX_OP_CMP_LT, 9)),
        fx(f + 5, FUTEX_WAKE_BITSET, 1, NULL, NULL, 6);
    for (int i = 0; i < 6; i++)
        pthread_join(t[i], NULL);
    timers(), step(), sched_setscheduler(0, SCHED_RR, &sp),
        syscall(SYS_sched_getattr, 0, &got, sizeof got, 0),
        set(0, (struct attr){.policy = SCHED_OTHER, .nice = 1});
    if ((p = fork()) == 0) {
        set(0,
            (struct attr){.policy = 6, .runtime = 500000, .deadline = 2000000, .period = 2000000}),
            to(1), burn(10), sp.sched_priority = 0, sched_setscheduler(0, SCHED_IDLE, &sp),
                             sched_setparam(0, &sp), burn(5), execl("/bin/true", "true", NULL);
    }
    return waitpid(p, &st, 0), printf("clockwork: %s ticks\n", ticks > 5 ? "many" : "few") < 0;
}
