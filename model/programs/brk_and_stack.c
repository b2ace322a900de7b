/* brk_and_stack: address spaces that grow and shrink at their edges: brk up and down, past limits and into neighbours, stacks that are
 * reached for, of threads, of a signal, locked ones; maps that merge and split, are locked, moved, filled ahead and refused */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };
static int good;
static void ok(void const* p) {
    good += p != MAP_FAILED;
}
static __attribute__((noinline)) int deep(int n) {
    char volatile b[3 * PAGE];
    b[0] = b[2 * PAGE] = (char)n;
    return n > 0 ? deep(n - 1) + b[0] : b[0];
}
static void on_segv(int s) {
    _exit(s);
}
static void* of_thread(void* arg) {
    return deep(6), free(malloc(300000)), arg;
}
static void edge(void) {
    char* end = sbrk(0);
    for (int i = 0; i < 6; i++)
        ok(sbrk(5 * PAGE)), end[(i + 1) * PAGE] = 1, ok(sbrk(i % 2 ? -3 * PAGE : PAGE / 2));
    brk(end), mmap(end + 64 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), brk(end + 100 * PAGE),
        brk(end + 8 * PAGE);
    setrlimit(RLIMIT_DATA, &(struct rlimit){1 << 20, 1 << 20}), ok(sbrk(4 << 20)), mlockall(MCL_FUTURE), ok(sbrk(4 * PAGE)), brk(end);
}
static void quilt(void) {
    int rw = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS;
    char* m = mmap(NULL, 64 * PAGE, rw, anon, -1, 0);
    for (int i = 0; i < 64; i += 3)
        m[i * PAGE] = 1;
    munmap(m + 8 * PAGE, 4 * PAGE), ok(mmap(m + 8 * PAGE, 2 * PAGE, rw, anon | MAP_FIXED, -1, 0));
    ok(mmap(m + 10 * PAGE, 2 * PAGE, rw, anon | MAP_FIXED_NOREPLACE, -1, 0)), mprotect(m + 20 * PAGE, 4 * PAGE, PROT_READ);
    mprotect(m + 20 * PAGE, 4 * PAGE, rw), mprotect(m + 4 * PAGE, 30 * PAGE, PROT_READ), mprotect(m, 40 * PAGE, rw), mlock(m, 6 * PAGE);
    mlock2(m + 10 * PAGE, 4 * PAGE, MLOCK_ONFAULT), munlock(m + 2 * PAGE, 2 * PAGE), madvise(m + 30 * PAGE, 4 * PAGE, MADV_DONTFORK);
    ok(mremap(m + 40 * PAGE, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE)), ok(mremap(m, 4 * PAGE, 2 * PAGE, 0)), ok(mremap(m, PAGE, 0, 0));
    ok(mremap(m + 50 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, m + 60 * PAGE)), ok(mmap(NULL, 9 * PAGE, rw,
        anon | MAP_POPULATE, -1, 0));
    ok(mmap(NULL, 3 * PAGE, rw, anon | MAP_LOCKED, -1, 0)), ok(mmap(NULL, 16 * PAGE, rw, anon | MAP_GROWSDOWN | MAP_STACK, -1, 0));
    if (fork() == 0)
        m[12 * PAGE] = 2, munmap(m, 64 * PAGE), _exit(0);
    wait(NULL), setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){PAGE, PAGE}), setrlimit(RLIMIT_AS, &(struct rlimit){8 << 20, 8 << 20});
    ok(mmap(NULL, 64 << 20, rw, anon, -1, 0)), mlock(m + 14 * PAGE, 9 * PAGE), munlockall();
}
static void stacks(int how) {
    static char alt[16384];
    stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};
    struct sigaction sa = {.sa_handler = on_segv, .sa_flags = SA_ONSTACK};
    pthread_t t[2];
    setrlimit(RLIMIT_STACK, &(struct rlimit){how < 3 ? 200000 : 1 << 20, RLIM_INFINITY}), sigaltstack(&ss, NULL), sigaction(SIGSEGV,
        &sa, NULL);
    if (how == 2)
        mlockall(MCL_CURRENT | MCL_FUTURE);
    pthread_create(&t[0], NULL, of_thread, NULL), pthread_create(&t[1], NULL, of_thread, NULL), deep(how == 3 ? 12 : 5);
    pthread_join(t[0], NULL), pthread_join(t[1], NULL), how == 1 ? deep(100) : 0;
    if (how == 3)
        setrlimit(RLIMIT_STACK, &(struct rlimit){50000, RLIM_INFINITY}), execl("/bin/true", "true", NULL);
}
int main(void) {
    alarm(20);
    for (int how = 0; how < 8; how++) {
        if (fork() == 0)
            alarm(5), how < 2 ? edge() : how < 4 ? quilt() : stacks(how - 4), _exit(0);
        wait(NULL);
    }
    edge(), quilt();
    return printf("brk_and_stack: %s\n", good > 15 ? "done" : "short") < 0;
}
