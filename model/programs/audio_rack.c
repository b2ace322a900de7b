/* audio_rack: a player with threads of several ranks: a mixer that has a deadline, round robin decoders, a display at the lowest;
 * they share locks that lend their rank, a barrier and a ring of buffers; the rank of each is changed while it plays, waits or
 * sleeps */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct attr {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long runtime, deadline, period;
    unsigned least, most;
};
enum { THREADS = 5, ROUNDS = 12 };
static pthread_mutex_t lends, ceiling;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t start;
static pid_t tids[THREADS];
static int buffers, played, worked;

static long set(pid_t tid, unsigned policy, int nice, unsigned priority, unsigned long long flags) {
    struct attr a = {.size = 48, .policy = policy, .flags = flags, .nice = nice, .priority = priority};
    if (policy == SCHED_DEADLINE)
        a.runtime = 800000, a.deadline = 5000000, a.period = 10000000;
    long r = syscall(SYS_sched_setattr, tid, &a, 0);
    return worked += r == 0, r;
}
static void compute(int n) {
    for (int volatile i = 0; i < n * 1000; i++)
        ;
}
static void* decode(void* arg) {
    long number = (long)arg;
    tids[number] = (pid_t)syscall(SYS_gettid), set(0, number == 1 ? SCHED_RR : SCHED_OTHER, (int)number, number == 1 ? 4 : 0, 0);
    pthread_barrier_wait(&start);
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lends), compute(20 + 10 * (int)number), buffers++;
        pthread_cond_signal(&filled), pthread_mutex_unlock(&lends), i % 4 == 3 ? usleep(500) : sched_yield();
    }
    return NULL;
}
static void* mix(void* arg) {
    struct timespec until;
    tids[0] = (pid_t)syscall(SYS_gettid), set(0, SCHED_FIFO, 0, 30, 0), pthread_barrier_wait(&start);
    for (int i = 0; i < ROUNDS; i++) {
        clock_gettime(CLOCK_REALTIME, &until), until.tv_nsec += 3000000, until.tv_sec += until.tv_nsec / 1000000000,
            until.tv_nsec %= 1000000000;
        pthread_mutex_lock(&lends);
        while (buffers == 0 && pthread_cond_timedwait(&filled, &lends, &until) != ETIMEDOUT)
            ;
        buffers -= buffers > 0, played++, pthread_mutex_unlock(&lends), compute(15);
        if (i == 4)
            set(0, SCHED_DEADLINE, 0, 0, 0), sched_yield();
        if (i == 8)
            set(0, SCHED_RR, 0, 12, 0);
    }
    return arg;
}
static void* show(void* arg) {
    tids[4] = (pid_t)syscall(SYS_gettid), set(0, SCHED_IDLE, 0, 0, 0), pthread_barrier_wait(&start);
    for (int i = 0; i < ROUNDS; i++)
        pthread_mutex_lock(&ceiling), pthread_mutex_lock(&lends), compute(40), pthread_mutex_unlock(&lends),
            pthread_mutex_unlock(&ceiling), usleep(700);
    return arg;
}
static void autogroup(int nice) {
    char text[8];
    FILE* f = fopen("/proc/self/autogroup", "r+");
    if (f)
        snprintf(text, sizeof text, "%d", nice), fwrite(text, 1, strlen(text), f), fclose(f);
}
int main(void) {
    pthread_mutexattr_t how;
    pthread_t t[THREADS];
    struct sched_param rank = {.sched_priority = 8};
    alarm(15), mlockall(MCL_CURRENT), pthread_barrier_init(&start, NULL, THREADS + 1), pthread_mutexattr_init(&how);
    pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT), pthread_mutex_init(&lends, &how);
    pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_PROTECT), pthread_mutexattr_setprioceiling(&how, 20),
        pthread_mutex_init(&ceiling, &how);
    pthread_create(&t[0], NULL, mix, NULL), pthread_create(&t[4], NULL, show, NULL), setsid(), autogroup(5), autogroup(-2);
    for (long i = 1; i < 4; i++)
        pthread_create(&t[i], NULL, decode, (void*)i);
    pthread_barrier_wait(&start);
    for (int i = 0; i < 12; i++) { /* somebody turns the knobs */
        pid_t tid = tids[1 + i % 4];
        set(tid, i % 3 ? SCHED_OTHER : SCHED_BATCH, i - 6, 0, i % 2), set(tid, SCHED_OTHER, i - 6, 0, 0),
            set(tid, SCHED_OTHER, i - 6, 0, 8);
        pthread_setschedparam(t[1 + i % 3], i % 2 ? SCHED_RR : SCHED_FIFO, &rank), rank.sched_priority = 1 + i;
        set(tids[4], SCHED_IDLE, i, 0, 0), pthread_setschedprio(t[1], 3), usleep(600);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    return printf("audio_rack: %s\n", played == ROUNDS && worked > 3 ? "played" : "silent") < 0;
}
