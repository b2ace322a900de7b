/* nice_ladder: tasks that run, sleep, wait and are stopped, climbed through every class and rank: nice, batch, idle, round robin,
 * fifo, deadline; masks of CPUs, clamps, groups of priorities, reset on fork, inherited by threads, taken back by who may not */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct attr {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long runtime, deadline, period;
    unsigned least, most;
};
static int good;
static void ok(long r) {
    good += r >= 0;
}
static void* work(void* arg) {
    for (int i = 0; i < 6; i++) {
        for (int volatile k = 0; k < 60000; k++)
            ;
        i % 2 ? sched_yield() : usleep(300);
    }
    return arg;
}
static void task(int how) {
    pthread_t t;
    alarm(8);
    if (how == 0)
        for (long volatile i = 1;; i++)
            if (i % 3000000 == 0)
                sched_yield();
    if (how == 1)
        pause();
    if (how == 2)
        pthread_create(&t, NULL, work, NULL), work(NULL), pthread_join(t, NULL);
    if (how == 3)
        raise(SIGSTOP);
    if (how == 4)
        for (;;)
            usleep(4000), work(NULL);
    _exit(0);
}
static void ranks(pid_t p) {
    struct sched_param r = {0};
    struct attr a = {.size = sizeof a}, b;
    struct timespec ts;
    static int const ladder[] = {SCHED_BATCH, SCHED_IDLE, SCHED_OTHER, SCHED_RR, SCHED_FIFO, SCHED_RR, SCHED_OTHER};
    for (int i = 0; i < 7; i++) {
        r.sched_priority = ladder[i] == SCHED_RR || ladder[i] == SCHED_FIFO ? 1 + i : 0;
        ok(sched_setscheduler(p, ladder[i] | (i == 4 ? SCHED_RESET_ON_FORK : 0), &r)), ok(sched_getscheduler(p)), ok(sched_getparam(p,
            &r));
        ok(sched_rr_get_interval(p, &ts)), ok(setpriority(PRIO_PROCESS, (id_t)p, 3 * i - 4)), ok(getpriority(PRIO_PROCESS, (id_t)p));
        r.sched_priority = 20, ok(sched_setparam(p, &r)), usleep(400);
    }
    a.policy = SCHED_DEADLINE, a.runtime = 200000, a.deadline = 2000000, a.period = 4000000, ok(syscall(SYS_sched_setattr, p, &a, 0));
    usleep(3000), ok(syscall(SYS_sched_getattr, p, &b, sizeof b, 0)), a.policy = SCHED_OTHER, a.nice = 5, a.flags = 1;
    ok(syscall(SYS_sched_setattr, p, &a, 0)), a.flags = 0x60, a.least = 100, a.most = 600, ok(syscall(SYS_sched_setattr, p, &a, 0));
    a.policy = 77, ok(syscall(SYS_sched_setattr, p, &a, 0)), a.flags = 0, a.policy = 0, a.nice = 0, ok(syscall(SYS_sched_setattr, p, &a,
        0));
}
static void masks(pid_t p) {
    cpu_set_t set;
    for (int i = 0; i < 5; i++) {
        CPU_ZERO(&set);
        CPU_SET(i % 4, &set);
        if (i > 2)
            CPU_SET(0, &set);
        ok(sched_setaffinity(p, sizeof set, &set)), usleep(300), ok(sched_getaffinity(p, sizeof set, &set));
    }
    memset(&set, 255, sizeof set), ok(sched_setaffinity(p, sizeof set, &set)), memset(&set, 0, sizeof set), ok(sched_setaffinity(p,
        sizeof set, &set));
}
int main(void) {
    pthread_attr_t pa;
    pthread_t t;
    pid_t p[5];
    struct sched_param r = {3};
    alarm(25);
    for (int i = 0; i < 5; i++)
        if ((p[i] = fork()) == 0)
            setpgid(0, 0), task(i);
    usleep(5000);
    for (int i = 0; i < 5; i++)
        ranks(p[i]), masks(p[i]), ok(setpriority(PRIO_PGRP, (id_t)p[i], 7)), ok(getpriority(PRIO_PGRP, (id_t)p[i]));
    ranks(0), masks(0), ok(setpriority(PRIO_USER, 12345, 3)), ok(nice(2)), kill(p[3], SIGCONT), ok(sched_setscheduler(0, SCHED_RR, &r));
    if (fork() == 0)
        ok(setpriority(PRIO_PROCESS, 0, -5)), ok(setresuid(1000, 1000, 1000)), ranks(0), ranks(p[1]), masks(p[1]), ok(nice(-3)), _exit(0);
    pthread_attr_init(&pa), pthread_attr_setinheritsched(&pa, PTHREAD_EXPLICIT_SCHED), pthread_attr_setschedpolicy(&pa, SCHED_FIFO);
    pthread_attr_setschedparam(&pa, &r), pthread_create(&t, &pa, work, NULL), work(NULL), pthread_join(t, NULL);
    r.sched_priority = 0, ok(sched_setscheduler(0, SCHED_OTHER, &r)), ok(setrlimit(RLIMIT_RTPRIO, &(struct rlimit){2, 2}));
    for (int i = 0; i < 5; i++)
        kill(p[i], i % 2 ? SIGTERM : SIGKILL);
    while (wait(NULL) > 0)
        ;
    return printf("nice_ladder: %s\n", good > 50 ? "climbed" : "fell") < 0;
}
