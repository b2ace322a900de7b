/* Robust and PI mutexes whose owners die, and other blocking of threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t *m, pi, plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t bar;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int dead_owners; static volatile int *held;          /* in shared memory */
static void init(pthread_mutex_t *x, int robust, int prio)
{
    pthread_mutexattr_t a; pthread_mutexattr_init(&a); pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    if (robust) pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    if (prio) pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(x, &a);
}
static void take(pthread_mutex_t *x, int repair, int ms)    /* or wait for the condition */
{
    struct timespec t; clock_gettime(CLOCK_REALTIME, &t); t.tv_nsec += ms * 1000000L; int e;
    if (t.tv_nsec >= 1000000000) { t.tv_sec++; t.tv_nsec -= 1000000000; }
    if (x == &plain) { pthread_mutex_lock(x); pthread_cond_timedwait(&cond, x, &t); pthread_mutex_unlock(x); return; }
    for (int i = 0; held && !*held && i < 100; i++) usleep(1000);
    e = pthread_mutex_timedlock(x, &t);
    if (e == EOWNERDEAD) { dead_owners++; if (repair) pthread_mutex_consistent(x); }
    if (e == 0 || e == EOWNERDEAD) pthread_mutex_unlock(x);
}
static void *owner(void *x) { pthread_mutex_lock(x); *held = 1; usleep(10000); return NULL; }  /* dies holding it */
static void *reader(void *a) { pthread_rwlock_rdlock(&rw); usleep(2000); pthread_rwlock_unlock(&rw); return a; }
static void *sleeper(void *a) { sleep(1); return a; }
static void *pi_waiter(void *a)
{
    struct sched_param sp = { 5 };
    if (a) pthread_setschedparam(pthread_self(), SCHED_FIFO, &sp);          /* lends its priority */
    pthread_barrier_wait(&bar); take(&pi, 0, 300); return NULL;
}
int main(void)
{
    pthread_t t[2]; alarm(5);
    m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 4 && m != MAP_FAILED; i++) {        /* robust, robust PI, each by thread and by process */
        init(&m[i], 1, i & 1); held = (int *)(m + 4) + i;
        if (i < 2 && !pthread_create(&t[0], NULL, owner, &m[i])) { take(&m[i], 1, 300); pthread_join(t[0], NULL); }
        if (i >= 2 && fork() == 0) { owner(&m[i]); if (i == 3) raise(SIGKILL); _exit(0); }
        if (i >= 2) { take(&m[i], 0, 300); take(&m[i], 0, 300); wait(NULL); }       /* second: ENOTRECOVERABLE */
    }
    held = NULL; init(&pi, 0, 1); pthread_barrier_init(&bar, NULL, 3); pthread_mutex_lock(&pi);
    for (long i = 0; i < 2; i++) if (pthread_create(&t[i], NULL, pi_waiter, (void *)i)) return 0;
    pthread_barrier_wait(&bar); usleep(5000); pthread_mutex_unlock(&pi); pthread_join(t[0], NULL); pthread_join(t[1], NULL);
    take(&plain, 0, 10); pthread_rwlock_wrlock(&rw);
    for (int i = 0; i < 2; i++) if (pthread_create(&t[i], NULL, reader, NULL)) return 0;
    usleep(3000); pthread_rwlock_unlock(&rw); pthread_rwlock_wrlock(&rw); pthread_rwlock_unlock(&rw);
    for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
    if (!pthread_create(&t[0], NULL, sleeper, NULL)) { usleep(3000); pthread_cancel(t[0]); pthread_join(t[0], NULL); }
    printf("robust_locks: %d dead owners seen\n", dead_owners); return 0;
}
