/* rank_swap: a pool of workers on one CPU whose ranks a foreman changes all the time: the one that runs, those that wait for the
 * CPU, those that sleep; nice up, down and again the same, from class to class and back, by number, by group, by each of the calls
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 5 };
static int volatile* stop;
static int changed;

static void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set), sched_setaffinity(0, sizeof set, &set);
}
static void worker(int kind) {
    struct timespec nap = {0, 400000};
    alarm(10), pin(0);
    for (int i = 0; !*stop && i < 4000; i++) {
        for (int volatile k = 0; k < 15000; k++)
            ;
        if (kind % 3 == 1)
            sched_yield();
        if (kind % 3 == 2)
            nanosleep(&nap, NULL);
    }
    _exit(0);
}
static void nice_of(pid_t p, int to) {
    changed += setpriority(PRIO_PROCESS, (id_t)p, to) == 0;
}
static void class_of(pid_t p, int policy, int rank) {
    changed += sched_setscheduler(p, policy, &(struct sched_param){rank}) == 0;
}
static void rotate(pid_t const* p) { /* the first is always the best */
    for (int best = 0; best < WORKERS; best++)
        for (int i = 0; i < WORKERS; i++)
            nice_of(p[(best + i) % WORKERS], 4 * i), i == best ? nice_of(p[(best + i) % WORKERS], 4 * i) : (void)0;
}
static void promote(pid_t const* p) {
    for (int i = 0; i < WORKERS; i++) {
        class_of(p[i], SCHED_RR, 3 + i), nice_of(p[i], 9), class_of(p[i], SCHED_FIFO, 2), class_of(p[i], SCHED_FIFO, 2);
        sched_setparam(p[i], &(struct sched_param){1}), usleep(800), class_of(p[i], SCHED_OTHER, 0);
    }
}
static void demote(pid_t const* p) {
    for (int i = 0; i < WORKERS; i++)
        class_of(p[i], SCHED_BATCH, 0), class_of(p[i], SCHED_IDLE, 0), nice_of(p[i], 11), nice_of(p[i], 11), usleep(300),
            class_of(p[i], SCHED_IDLE, 0);
    for (int i = WORKERS; i-- > 0;)
        class_of(p[i], SCHED_OTHER, 0), nice_of(p[i], -3);
}
static void halt_and_change(pid_t const* p) { /* while it is stopped, and while it waits for a signal */
    for (int i = 0; i < 3; i++) {
        kill(p[i], SIGSTOP), waitpid(p[i], NULL, WUNTRACED), nice_of(p[i], 15 - i), class_of(p[i], i ? SCHED_RR : SCHED_BATCH, i);
        nice_of(p[i], 15 - i), class_of(p[i], SCHED_OTHER, 0), kill(p[i], SIGCONT);
    }
}
static void* partner(void* arg) {
    struct sched_param mine = {2};
    pthread_setschedparam(pthread_self(), SCHED_RR, &mine), sched_yield(), mine.sched_priority = 0;
    return pthread_setschedparam(pthread_self(), SCHED_IDLE, &mine), sched_yield(),
           setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 1), arg;
}
int main(void) {
    static void (*const orders[])(pid_t const*) = {rotate, promote, demote, halt_and_change};
    pid_t p[WORKERS];
    pthread_t t;
    alarm(20), stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < WORKERS; i++)
        if ((p[i] = fork()) == 0)
            worker(i);
    class_of(0, SCHED_RR, 60), usleep(2000);
    for (int round = 0; round < 6; round++)
        orders[round % 4](p), usleep(3000), round == 2 ? pin(0) : round == 4 ? pin(1) : (void)0;
    for (int i = 0; i < WORKERS; i++)
        setpgid(p[i], p[i / 3 * 3]);
    setpriority(PRIO_PGRP, (id_t)p[0], 6), setpriority(PRIO_PGRP, (id_t)p[3], 6), setpriority(PRIO_PGRP, (id_t)p[0], 6);
    class_of(0, SCHED_OTHER, 0), setpriority(PRIO_PROCESS, 0, 0), nice(3), nice(0), nice(-3), usleep(1000);
    pthread_create(&t, NULL, partner, NULL), partner(NULL), pthread_join(t, NULL), *stop = 1;
    while (wait(NULL) > 0)
        ;
    return printf("rank_swap: %s\n", changed > 60 ? "changed" : "refused") < 0;
}
