/* futex_mix: raw futexes of threads and processes: wait, wake, bitsets, requeue, wake-op, PI with a
 * deadlock and a dead owner, requeue to PI, robust lists, waitv */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint32_t* w;
static int volatile back;
static struct timespec ms(int n) {
    return (struct timespec){n / 1000, n % 1000 * 1000000L};
}
static long fx(uint32_t* a, int op, uint32_t v, void const* t, uint32_t* b, uint32_t v3) {
    long r = syscall(SYS_futex, a, op, v, t, b, v3);
    return r < 0 ? -errno : r;
}
static struct timespec soon(int n) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t), t.tv_nsec += n * 1000000L;
    if (t.tv_nsec > 999999999)
        t.tv_sec++, t.tv_nsec -= 1000000000;
    return t;
}
static uint32_t tid(void) {
    return (uint32_t)syscall(SYS_gettid);
}
static void* sleeper(void* arg) /* one of many ways to wait */
{
    struct timespec t = ms(400), at = soon(400);
    long how = (long)arg, r = 0;
    switch (how) {
    case 0:
    case 1:
    case 2:
        r = fx(w, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
        break;
    case 3:
        r = fx(w, FUTEX_WAIT_BITSET_PRIVATE, 0, &at, NULL, 4);
        break;
    case 4:
        r = fx(w + 1, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        break;
    case 5:
        r = fx(w + 2, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, &at, w + 3, 0);
        if (r == 0)
            fx(w + 3, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
        break;
    case 6:
        r = fx(w + 4, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0),
        r = r ? r : fx(w + 4, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
        break;
    case 7: {
        struct {
            uint64_t val, addr;
            uint32_t flags, pad;
        } v[2] = {{0, (size_t)(w + 5), 2 | 128, 0}, {0, (size_t)(w + 6), 2 | 128, 0}};
        r = syscall(449 /* futex_waitv */, v, 2, 0, &at, CLOCK_MONOTONIC);
        break;
    }
    case 8:
        fx(w + 7, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0), usleep(20000),
            fx(w + 4, FUTEX_LOCK_PI_PRIVATE, 0, &at, NULL, 0);
        break; /* ends as an owner */
    }
    return __sync_fetch_and_add(&back, 1), (void*)r;
}
static pthread_t start(long how) {
    pthread_t t;
    pthread_create(&t, NULL, sleeper, (void*)how);
    return t;
}
static void shared_part(int how) {
    static struct robust_list_head head;
    static struct {
        struct robust_list l;
        uint32_t* f;
    } one;
    struct timespec t = ms(300);
    alarm(4);
    if (how == 0)
        fx(w + 10, FUTEX_WAIT, 0, &t, NULL, 0), _exit(0); /* shared: found by its page */
    if (how == 1) {                                       /* dies with a lock in its list */
        uint32_t* f = w + 11;
        head.list.next = &one.l, one.l.next = &head.list,
        head.futex_offset = (long)((char*)f - (char*)&one.l);
        *f = tid() | FUTEX_WAITERS, syscall(SYS_set_robust_list, &head, sizeof head), usleep(15000),
        kill(getpid(), SIGKILL);
    }
    if (how == 2) {
        while ((w[11] & FUTEX_OWNER_DIED) == 0 && w[11])
            fx(w + 11, FUTEX_WAIT, w[11], &t, NULL, 0);
        _exit(w[11] & FUTEX_OWNER_DIED ? 2 : 3);
    }
    if (how == 3)
        fx(w + 12, FUTEX_LOCK_PI, 0, NULL, NULL, 0), usleep(15000),
            _exit(0); /* its PI lock goes to who waits */
    if (how == 4)
        usleep(4000), _exit(fx(w + 12, FUTEX_LOCK_PI, 0, NULL, NULL, 0) ? 5 : 4);
}
int main(void) {
    pthread_t t[9];
    pid_t p[5];
    int st;
    long r[9], sum = 0;
    struct timespec tiny = ms(3);
    alarm(12);
    w = mmap(NULL, 8192, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    printf("%ld %ld %ld ", fx(w, FUTEX_WAIT_PRIVATE, 5, NULL, NULL, 0),
           fx(w, FUTEX_WAIT_PRIVATE, 0, &tiny, NULL, 0),
           fx((uint32_t*)8, FUTEX_WAIT, 0, NULL, NULL, 0));
    printf("%ld %ld\n", fx((uint32_t*)((char*)w + 1), FUTEX_WAKE, 1, NULL, NULL, 0),
           fx(w, 99, 0, NULL, NULL, 0));
    for (long i = 0; i < 4; i++)
        t[i] = start(i);
    usleep(20000), sum += fx(w, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 8),
        sum += fx(w, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    sum += fx(w, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void*)2L, w + 1, 0),
        sum += fx(w, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void*)2L, w + 1, 7), t[4] = start(4),
                                                                         usleep(8000);
    fx(w, FUTEX_WAKE_OP_PRIVATE, 5, (void*)5L, w + 1,
       FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0)),
        fx(w + 1, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    for (int i = 0; i < 5; i++)
        pthread_join(t[i], (void**)&r[i]);
    fx(w + 3, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0),
        t[5] = start(5), usleep(8000),
        sum += fx(w + 2, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void*)1L, w + 3, 0);
    printf("deadlock %ld, ", fx(w + 3, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0)), usleep(5000),
        fx(w + 3, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0), pthread_join(t[5], (void**)&r[5]);
    fx(w + 4, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0),
        t[6] = start(6), t[8] = start(8), usleep(40000); /* a chain: 8 holds one, waits for ours */
    printf("trylock %ld, ", fx(w + 7, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0)),
        fx(w + 4, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    pthread_join(t[6], (void**)&r[6]), pthread_join(t[8], (void**)&r[8]),
        printf("after its owner: %ld\n", fx(w + 7, FUTEX_LOCK_PI_PRIVATE, 0, &tiny, NULL, 0));
    t[7] = start(7), usleep(8000), w[6] = 1, sum += fx(w + 6, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0),
    pthread_join(t[7], (void**)&r[7]);
    for (int i = 0; i < 5; i++) {
        if ((p[i] = fork()) == 0)
            shared_part(i);
        usleep(4000);
    }
    w[10] = 1, sum += fx(w + 10, FUTEX_WAKE, 9, NULL, NULL, 0);
    for (int i = 0; i < 5; i++)
        waitpid(p[i], &st, 0), printf("%d ", WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
    return printf("%ld waited by waitv\n", r[7]) < 0 || sum == 99;
}
