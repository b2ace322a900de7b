/* lent_ranks: locks that lend their rank, between threads and between processes: chains of owners, waits with a deadline, tries, a
 * lock that is asked for twice, owners that die or exec, conditions that move their waiters to the lock, ranks that change while
 * they wait */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
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

struct shared {
    pthread_mutex_t lock[3];
    pthread_cond_t news;
    unsigned raw;
    int items, worked;
};
static struct shared* s;

static void compute(int n) {
    for (int volatile i = 0; i < n * 1000; i++)
        ;
}
static struct timespec in(long us, clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t), t.tv_nsec += us * 1000, t.tv_sec += t.tv_nsec / 1000000000, t.tv_nsec %= 1000000000;
    return t;
}
static void rank(int policy, int priority) {
    struct sched_param p = {.sched_priority = priority};
    s->worked += sched_setscheduler(0, policy, &p) == 0;
}
static void take(int i) {
    int e = pthread_mutex_lock(&s->lock[i]);
    if (e == EOWNERDEAD)
        pthread_mutex_consistent(&s->lock[i]), s->worked++;
}
static void give(int i) {
    pthread_mutex_unlock(&s->lock[i]);
}
static void* link_of_chain(void* arg) { /* holds one, waits for the next */
    long n = (long)arg;
    rank(n == 1 ? SCHED_FIFO : SCHED_OTHER, n == 1 ? 8 : 0);
    if (n == 2)
        setpriority(PRIO_PROCESS, 0, 9);
    for (int i = 0; i < 4; i++) {
        take((int)n), compute(40);
        if (n + 1 < 3)
            take((int)n + 1), compute(20), give((int)n + 1);
        give((int)n), n == 0 ? usleep(300) : sched_yield();
    }
    return NULL;
}
static void* impatient(void* arg) {
    rank(SCHED_RR, 5);
    for (int i = 0; i < 4; i++) {
        struct timespec t = in(i * 400, CLOCK_REALTIME);
        int e = i == 3 ? pthread_mutex_trylock(&s->lock[0]) : pthread_mutex_timedlock(&s->lock[0], &t);
        if (e == 0 || e == EOWNERDEAD)
            give(0);
        rank(i % 2 ? SCHED_RR : SCHED_BATCH, i % 2 ? 9 : 0);
    }
    return arg;
}
static void* consumer(void* arg) {
    struct timespec t = in(30000, CLOCK_REALTIME);
    rank(SCHED_FIFO, 3), take(2);
    while (s->items <= 0 && pthread_cond_timedwait(&s->news, &s->lock[2], &t) == 0)
        ;
    s->items--, give(2);
    return arg;
}
static void threads(void) {
    pthread_t t[6];
    for (long i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, link_of_chain, (void*)i);
    pthread_create(&t[3], NULL, impatient, NULL), pthread_create(&t[4], NULL, consumer, NULL),
        pthread_create(&t[5], NULL, consumer, NULL);
    usleep(2500), take(2), s->items += 2, pthread_cond_broadcast(&s->news), give(2);
    for (int i = 0; i < 6; i++)
        pthread_join(t[i], NULL);
}
static long futex(int op, unsigned long value, void* second, unsigned third) {
    long r = syscall(SYS_futex, &s->raw, op, value, second, NULL, third);
    return s->worked += r >= 0, r;
}
static void raw(void) {
    struct timespec real = in(2000, CLOCK_REALTIME), mono = in(1500, CLOCK_MONOTONIC);
    pid_t p;
    futex(FUTEX_LOCK_PI, 0, NULL, 0), futex(FUTEX_LOCK_PI, 0, NULL, 0),
        futex(FUTEX_TRYLOCK_PI, 0, NULL, 0); /* the second: EDEADLK */
    if ((p = fork()) == 0) {
        futex(FUTEX_TRYLOCK_PI, 0, NULL, 0), futex(FUTEX_LOCK_PI, 0, &real, 0), futex(13 /* FUTEX_LOCK_PI2 */, 0, &mono, 0);
        futex(FUTEX_UNLOCK_PI, 0, NULL, 0), futex(FUTEX_LOCK_PI, 0, NULL, 0), compute(30), _exit(0); /* dies with it */
    }
    usleep(6000), futex(FUTEX_UNLOCK_PI, 0, NULL, 0), waitpid(p, NULL, 0);
    futex(FUTEX_LOCK_PI, 0, NULL, 0), s->raw = 4000000, futex(FUTEX_LOCK_PI, 0, NULL, 0),
                                      s->raw = 0; /* an owner that is not there */
}
static void dying_owners(void) {
    for (int i = 0; i < 3; i++) {
        pid_t p = fork(), q;
        if (p == 0) {
            alarm(5), take(0), take(1), usleep(1200);
            if (i == 1)
                execl("/bin/true", "true", NULL);
            i == 2 ? kill(getpid(), SIGKILL) : 0;
            _exit(0);
        }
        usleep(400);
        if ((q = fork()) == 0)
            alarm(5), rank(SCHED_FIFO, 2 + i), take(1), compute(10), give(1), _exit(0);
        take(0), give(0), waitpid(q, NULL, 0), waitpid(p, NULL, 0);
    }
}
int main(void) {
    pthread_mutexattr_t a;
    alarm(30);
    s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&a), pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT), pthread_mutexattr_setpshared(&a, 1);
    for (int i = 0; i < 3; i++)
        pthread_mutexattr_setrobust(&a, i < 2), pthread_mutex_init(&s->lock[i], &a);
    pthread_condattr_t c;
    pthread_condattr_init(&c), pthread_condattr_setpshared(&c, 1), pthread_cond_init(&s->news, &c);
    threads(), raw(), dying_owners();
    return printf("lent_ranks: %s\n", s->worked ? "lent" : "kept") < 0;
}
