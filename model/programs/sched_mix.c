/* sched_mix: every policy set from outside and inside, by both calls, inherited and reset;
 * affinities that move a running task; yields; nice; groups of them */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct attr {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long runtime, deadline, period;
    unsigned umin, umax;
};
static int volatile go, count;
static long set(pid_t p, struct attr a) {
    a.size = a.umin ? 56 : 48;
    return syscall(SYS_sched_setattr, p, &a, 0);
}
static void burn(int n) {
    for (int volatile i = 0; i < n * 20000; i++)
        ;
}
static int on(pid_t p, unsigned mask) {
    cpu_set_t s;
    CPU_ZERO(&s);
    for (int i = 0; i < 32; i++)
        if (mask >> i & 1)
            CPU_SET(i, &s);
    return sched_setaffinity(p, sizeof s, &s);
}
static void* runner(void* arg) {
    long how = (long)arg;
    struct sched_param sp = {(int)how};
    struct timespec ts = {0, 1000000};
    if (how == 1)
        pthread_setschedparam(pthread_self(), SCHED_FIFO, &sp);
    if (how == 2)
        pthread_setschedparam(pthread_self(), SCHED_RR, &sp);
    if (how == 3)
        sp.sched_priority = 0, pthread_setschedparam(pthread_self(), SCHED_IDLE, &sp);
    for (int i = 0; i < 6; i++)
        burn(how == 3 ? 1 : 3), i & 1 ? sched_yield() : nanosleep(&ts, NULL),
            __sync_fetch_and_add(&count, 1);
    return arg;
}
static void child(int how) {
    struct timespec ts = {0, 3000000};
    unsigned cpu;
    alarm(5);
    switch (how) {
    case 0:
        for (int i = 0; i < 4; i++)
            on(0, 1u << i), burn(2);
        syscall(SYS_getcpu, &cpu, NULL, NULL);
        break; /* round the machine */
    case 1:
        set(0,
            (struct attr){
                .policy = 6, .runtime = 2000000, .deadline = 9000000, .period = 10000000}),
            burn(30), sched_yield(), nanosleep(&ts, NULL), fork() == 0 ? _exit(1) : 0;
        break;
    case 2:
        set(0, (struct attr){.policy = SCHED_FIFO, .priority = 40, .flags = 1 /* RESET_ON_FORK */});
        if (fork() == 0)
            burn(3), _exit(sched_getscheduler(0));
        wait(NULL), burn(3), set(0, (struct attr){.policy = SCHED_BATCH, .nice = 7}), burn(3);
        break;
    case 3:
        setpriority(PRIO_PROCESS, 0, 19), burn(5), setpriority(PRIO_PROCESS, 0, -19), burn(5),
            setpriority(PRIO_PGRP, 0, 0), nice(-4);
        break;
    case 4:
        set(0, (struct attr){.policy = SCHED_RR, .priority = 5}), sched_rr_get_interval(0, &ts),
            burn(10), execl("/bin/true", "true", NULL);
        break;
    case 5:
        set(0, (struct attr){.flags = 0x60 /* UTIL_CLAMP */, .umin = 100, .umax = 300}), burn(6),
            set(0, (struct attr){.policy = SCHED_OTHER, .runtime = 700000}), burn(6);
        break;
    case 6:
        while (go == 0 && count++ < 100000000)
            ;
        break; /* until somebody sees to it */
    }
    _exit(how);
}
int main(void) {
    pid_t p[7];
    pthread_t t[5];
    int st, sum = 0;
    struct sched_param sp = {0};
    struct attr got;
    cpu_set_t s;
    alarm(15);
    for (int i = 0; i < 6; i++)
        if ((p[i] = fork()) == 0)
            child(i);
    for (int i = 0; i < 6; i++)
        sum += waitpid(p[i], &st, 0) == p[i] ? WEXITSTATUS(st) : 0;
    if ((p[6] = fork()) == 0)
        child(6); /* a busy task that others push about */
    usleep(5000), on(p[6], 1), usleep(3000), on(p[6], 2 | 4), setpriority(PRIO_PROCESS, p[6], 10),
        usleep(3000), sched_setscheduler(p[6], SCHED_IDLE, &sp);
    usleep(3000), sp.sched_priority = 3, sched_setscheduler(p[6], SCHED_FIFO, &sp), usleep(2000),
                  sp.sched_priority = 9, sched_setparam(p[6], &sp),
                  set(p[6], (struct attr){.policy = SCHED_OTHER, .nice = 3});
    syscall(SYS_sched_getattr, p[6], &got, sizeof got, 0), sched_getaffinity(p[6], sizeof s, &s),
        kill(p[6], SIGSTOP), waitpid(p[6], &st, WUNTRACED), on(p[6], 8), kill(p[6], SIGCONT);
    usleep(2000), kill(p[6], SIGKILL), waitpid(p[6], &st, 0);
    for (long i = 0; i < 5; i++)
        pthread_create(&t[i], NULL, runner, (void*)i);
    for (int i = 0; i < 20; i++)
        sched_yield();
    on(0, 1), burn(5), sched_yield(), on(0, 15);
    for (int i = 0; i < 5; i++)
        pthread_join(t[i], NULL);
    sum += on(0, 1u << 31) < 0, sum += sched_setscheduler(0, 77, &sp) < 0,
        sp.sched_priority = 500, sum += sched_setscheduler(0, SCHED_FIFO, &sp) < 0,
        sum += sched_setscheduler(1 << 22, SCHED_OTHER, &sp) < 0;
    sum += set(0, (struct attr){.policy = 6, .runtime = 9000000, .deadline = 1000}) < 0, setsid();
    if ((p[0] = fork()) == 0) {
        if (setresuid(4321, 4321, 4321))
            _exit(1);
        sp.sched_priority = 1,
        _exit((sched_setscheduler(0, SCHED_FIFO, &sp) < 0) + (nice(-1) < 0) + (on(1, 1) < 0));
    }
    return waitpid(p[0], &st, 0),
           printf("sched_mix: %d refused\n", WEXITSTATUS(st)) < 0 || sum == 99;
}
