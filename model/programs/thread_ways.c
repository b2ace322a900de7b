/* thread_ways: cancellation in all states, barriers, condition variables with timeouts, rwlocks,
 * keys with destructors, once, semaphores, priorities inherited, detach */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, pi, robust;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t gate;
static pthread_key_t key[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem;
static int turn, cleaned, made, pp[2];
static __thread char large[20000];
static void make(void) {
    made++;
}
static void clean(void* p) {
    __sync_fetch_and_add(&cleaned, p ? 1 : 2);
}
static void again(void* p) {
    static int n;
    cleaned++;
    if (n++ < 3)
        pthread_setspecific(key[0], p);
}
static void unlock(void* p) {
    pthread_mutex_unlock(p);
}
static struct timespec in(int ms) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t), t.tv_nsec += ms * 1000000L;
    if (t.tv_nsec > 999999999)
        t.tv_sec++, t.tv_nsec -= 1000000000;
    return t;
}
static void* victim(void* arg) {
    long const how = (long)arg;
    char b;
    int old;
    pthread_cleanup_push(clean, arg);
    if (how == 0)
        pause();
    if (how == 1 && read(pp[0], &b, 1) < 0)
        made += 9;
    if (how == 2) {
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
        for (unsigned volatile i = 0; i < 1u << 31; i++)
            ;
    }
    if (how == 3) {
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old), usleep(15000),
            pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old), pthread_testcancel();
    }
    if (how == 4) {
        pthread_mutex_lock(&m);
        pthread_cleanup_push(unlock, &m);
        while (turn < 100)
            pthread_cond_wait(&c, &m);
        pthread_cleanup_pop(1);
    }
    if (how == 5)
        sem_wait(&sem);
    pthread_cleanup_pop(1);
    return NULL;
}
static void* worker(void* arg) {
    long n = (long)arg;
    struct timespec t = in(5);
    void* r = arg;
    large[n * 2000] = 1;
    pthread_once(&once, make), pthread_setspecific(key[0], &m), pthread_setspecific(key[1], large),
        pthread_barrier_wait(&gate);
    for (int round = 0; round < 3; round++) {
        pthread_mutex_lock(&m);
        while (turn % 4 != n)
            pthread_cond_wait(&c, &m);
        turn++, pthread_cond_broadcast(&c), pthread_mutex_unlock(&m);
        if (n & 1)
            pthread_rwlock_rdlock(&rw), usleep(500), pthread_rwlock_unlock(&rw);
        else
            pthread_rwlock_wrlock(&rw), usleep(300), pthread_rwlock_unlock(&rw);
    }
    if (n == 2)
        pthread_mutex_lock(&m), pthread_cond_timedwait(&c, &m, &t), pthread_mutex_unlock(&m);
    if (n == 3)
        t = in(3), pthread_rwlock_timedwrlock(&rw, &t) == 0 ? pthread_rwlock_unlock(&rw) : 0;
    pthread_mutex_lock(&pi), usleep(2000 + (unsigned)n * 300), pthread_mutex_unlock(&pi);
    if (n == 0 && pthread_mutex_lock(&robust) == EOWNERDEAD)
        pthread_mutex_consistent(&robust), pthread_mutex_unlock(&robust);
    pthread_barrier_wait(&gate), pthread_exit(r);
}
static void* owner(void* a) {
    return pthread_mutex_lock(&robust), a;
} /* and ends with it */
static void* forker(void* a) {
    pid_t p = fork();
    if (p == 0)
        pthread_exit(NULL);
    return waitpid(p, NULL, 0), a;
} /* the only thread of the child: exits it */
static void* timed(void* a) {
    struct timespec t = in(20);
    sem_timedwait(&sem, &t), sched_yield(), pthread_detach(pthread_self());
    return a;
}
int main(void) {
    pthread_t t[6], d;
    pthread_mutexattr_t ma;
    pthread_attr_t at;
    struct sched_param sp = {4};
    void* r;
    struct timespec ts;
    int n = 0;
    alarm(12);
    pthread_mutexattr_init(&ma), pthread_mutexattr_setprotocol(&ma, PTHREAD_PRIO_INHERIT),
        pthread_mutex_init(&pi, &ma), pthread_mutexattr_setprotocol(&ma, PTHREAD_PRIO_NONE),
        pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST), pthread_mutex_init(&robust, &ma);
    pthread_barrier_init(&gate, NULL, 5), pthread_key_create(&key[0], again),
        pthread_key_create(&key[1], clean), sem_init(&sem, 0, 0);
    if (pipe(pp))
        return 0;
    pthread_create(&d, NULL, owner, NULL), pthread_join(d, NULL), pthread_attr_init(&at),
        pthread_attr_setstacksize(&at, 1 << 17),
        pthread_attr_setinheritsched(&at, PTHREAD_EXPLICIT_SCHED),
        pthread_attr_setschedpolicy(&at, SCHED_RR), pthread_attr_setschedparam(&at, &sp);
    for (long i = 0; i < 4; i++)
        pthread_create(&t[i], i == 3 ? &at : NULL, worker, (void*)i);
    pthread_barrier_wait(&gate), usleep(4000), pthread_mutex_lock(&m), pthread_cond_signal(&c),
        pthread_mutex_unlock(&m), pthread_barrier_wait(&gate);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], &r), n += (int)(long)r;
    for (long i = 0; i < 6; i++)
        pthread_create(&t[i], NULL, victim, (void*)i);
    for (int i = 5; i >= 0; i--)
        usleep(3000), pthread_cancel(t[i]);
    ts = in(400), n += pthread_timedjoin_np(t[3], &r, &ts), n += pthread_tryjoin_np(t[0], &r);
    for (int i = 1; i < 6; i++)
        if (i != 3)
            pthread_join(t[i], &r), n += r == PTHREAD_CANCELED;
    pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED),
        pthread_attr_setinheritsched(&at, PTHREAD_INHERIT_SCHED),
        pthread_create(&d, &at, timed, NULL), sem_post(&sem),
        pthread_create(&t[0], NULL, forker, NULL), pthread_join(t[0], NULL);
    if (fork() == 0) {
        pthread_create(&t[0], NULL, timed, NULL), pthread_create(&t[1], NULL, forker, NULL),
            pthread_exit(NULL);
    } /* its last thread ends it */
    wait(NULL), printf("cleaned %s, once %d, %s\n", cleaned > 8 ? "all" : "not all", made,
                       n > 8 ? "cancelled" : "?");
    return pthread_create(&t[2], NULL, victim, (void*)0), fflush(stdout), 0; /* one still waits */
}
