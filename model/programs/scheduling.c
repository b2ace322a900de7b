/* Scheduling classes, their inheritance, affinity, priorities and limits. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct attr { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t prio; uint64_t runtime, deadline, period; uint32_t umin, umax; };
static int forks(void)                  /* 0, or the errno of a failed fork */
{
    pid_t p = fork();
    if (p == 0) { sched_getscheduler(0); getpriority(PRIO_PROCESS, 0); _exit(0); }
    return p < 0 ? errno : (waitpid(p, NULL, 0), 0);
}
static void policy(int pol, int prio) { struct sched_param sp = { prio }; sched_setscheduler(0, pol, &sp); forks(); }
static int deadline(uint64_t flags)
{
    struct attr a = { .size = 48, .policy = SCHED_DEADLINE, .flags = flags, .runtime = 4000000, .deadline = 8000000, .period = 10000000 };
    return syscall(SYS_sched_setattr, 0, &a, 0);
}
int main(void)
{
    cpu_set_t all, one; struct sched_param sp = { 0 }; struct timespec ts; struct rusage ru; int e = -1;
    struct rlimit rl, low = { 0, 0 }; struct attr a = { .size = sizeof a }; pid_t p; alarm(5);
    policy(SCHED_FIFO, 10); sched_yield(); policy(SCHED_RR, 20); sched_rr_get_interval(0, &ts);
    policy(SCHED_FIFO | SCHED_RESET_ON_FORK, 3);            /* the child is SCHED_OTHER */
    policy(SCHED_BATCH, 0); policy(SCHED_IDLE, 0); policy(SCHED_FIFO, 0); policy(77, 0);   /* EINVAL twice */
    policy(SCHED_OTHER, 0); sched_yield(); if (nice(3) == -1) errno = 0;
    setpriority(PRIO_PROCESS, 0, 5); setpriority(PRIO_PGRP, 0x7ffffff, 1); setpriority(9, 0, 1);    /* ESRCH, EINVAL */
    setpriority(PRIO_PROCESS, 0, -5); policy(SCHED_OTHER | SCHED_RESET_ON_FORK, 0); setpriority(PRIO_PROCESS, 0, 0);
    sched_getaffinity(0, sizeof all, &all);
    for (int i = 0, n = 0; i < CPU_SETSIZE && n < 2; i++)   /* to one allowed CPU, then to another */
        if (CPU_ISSET(i, &all)) { CPU_ZERO(&one); CPU_SET(i, &one); sched_setaffinity(0, sizeof one, &one); forks(); n++; }
    deadline(0);                                            /* EPERM where the mask is not the whole */
    CPU_ZERO(&one); sched_setaffinity(0, sizeof one, &one); /* EINVAL: no CPU */
    sched_setaffinity(0, sizeof all, &all);
    if (deadline(0) == 0) { e = forks(); sched_yield(); syscall(SYS_sched_getattr, 0, &a, sizeof a, 0); }   /* EAGAIN */
    if (deadline(1) == 0) { forks(); usleep(12000); }       /* reset on fork: allowed */
    sched_setscheduler(0, SCHED_OTHER, &sp);
    a = (struct attr){ .size = sizeof a, .policy = SCHED_OTHER, .flags = 0x60, .umin = 100, .umax = 800 };
    syscall(SYS_sched_setattr, 0, &a, 0);                   /* utilisation clamps, where built in */
    a.size = 8; syscall(SYS_sched_setattr, 0, &a, 0);       /* E2BIG */
    if ((p = fork()) == 0) { usleep(20000); _exit(0); }     /* changed from outside, asleep */
    CPU_ZERO(&one); CPU_SET(0, &one); sched_setaffinity(p, sizeof one, &one); sp.sched_priority = 1;
    sched_setscheduler(p, SCHED_RR, &sp); sched_setparam(p, &sp); setpriority(PRIO_PROCESS, p, 7);
    prlimit(p, RLIMIT_RTTIME, NULL, &rl); prlimit(p, RLIMIT_NICE, &low, &rl); prlimit(p, 99, NULL, &rl);   /* EINVAL */
    waitpid(p, NULL, 0); prlimit(p, RLIMIT_CPU, NULL, &rl); sched_setparam(p, &sp);         /* ESRCH */
    if ((p = fork()) == 0) {            /* without privilege */
        setrlimit(RLIMIT_RTPRIO, &low); if (setuid(65534)) _exit(1);
        policy(SCHED_FIFO, 1); setpriority(PRIO_PROCESS, 0, -1); setpriority(PRIO_PROCESS, getppid(), 1);  /* EPERM, EACCES, EPERM */
        policy(SCHED_IDLE, 0); deadline(0); sched_yield(); _exit(0);
    }
    waitpid(p, NULL, 0); getrusage(RUSAGE_SELF, &ru); getrusage(RUSAGE_CHILDREN, &ru);
    printf("scheduling: fork under SCHED_DEADLINE gave errno %d\n", e);
    return 0;
}
