/* locked_in: a control loop that must not wait for memory: everything locked now and later, files mapped and read behind the lock,
 * in small and large steps, stacks of threads touched ahead, a heap that moves its end, a limit that is met, a fork and an exec
 * that inherit nothing */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static long volatile sum;
static char const* const files[] = {"/bin/bash", "/bin/true", "/proc/self/exe"};

static void* map(char const* path, size_t bytes, int prot, int flags) {
    int fd = path ? open(path, O_RDONLY) : -1;
    void* m = mmap(NULL, bytes, prot, flags | (path ? 0 : MAP_ANONYMOUS), fd, 0);
    return close(fd), m == MAP_FAILED ? NULL : m;
}
static void each_page(char* m, size_t bytes, size_t step) {
    for (size_t i = 0; m && i < bytes; i += step)
        sum += m[i];
}
static __attribute__((noinline)) void prefault(void) {
    char volatile frame[24576];
    for (size_t i = 0; i < sizeof frame; i += 4096)
        frame[i] = 0;
}
static void* loop(void* arg) {
    struct timespec ts = {0, 700000};
    prefault();
    for (int i = 0; i < 4; i++)
        nanosleep(&ts, NULL), sum += (long)arg;
    return arg;
}
static void with_threads(int flags) {
    pthread_attr_t a;
    pthread_t t[2];
    mlockall(flags), pthread_attr_init(&a), pthread_attr_setstacksize(&a, 98304);
    for (long i = 0; i < 2; i++)
        pthread_create(&t[i], &a, loop, (void*)i);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    munlockall();
}
static void with_files(int flags) {
    char* m[3];
    mlockall(flags);
    for (int i = 0; i < 3; i++)
        m[i] = map(files[i], 8192u << i, PROT_READ, i == 1 ? MAP_SHARED : MAP_PRIVATE),
        each_page(m[i], 8192u << i, 4096u << (i & 1));
    munlock(m[0], 8192), mprotect(m[2], 8192, PROT_READ | PROT_EXEC), munmap(m[1], 4096), madvise(m[0], 16384, MADV_DONTNEED);
    each_page(m[0], 16384, 4096), mremap(m[2], 32768, 49152, MREMAP_MAYMOVE), mlock2(m[0], 12288, MLOCK_ONFAULT);
    if (fork() == 0)
        each_page(m[0], 16384, 4096), execl("/bin/true", "true", NULL);
    wait(NULL);
}
static void with_heap(int flags) {
    char* end = sbrk(0);
    mlockall(flags), sbrk(40960), end[20000] = 1, sbrk(-12288), brk(end + 90000), end[80000] = 1, brk(end + 4096), brk(end);
    setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){65536, 65536}), setresuid(1000, 1000, 1000);
    sum += sbrk(200000) == (void*)-1, sum += map(NULL, 300000, PROT_READ, MAP_PRIVATE) == NULL, free(malloc(500000));
    sum += mlock(end - 4096, 4096) < 0, munlockall(), sbrk(8192);
}
int main(void) {
    static void (*const ways[])(int) = {with_files, with_threads, with_heap};
    static int const flags[] = {MCL_FUTURE, MCL_FUTURE | MCL_ONFAULT, MCL_FUTURE, MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT};
    struct sched_param rank = {5};
    alarm(60);
    for (int i = 0; i < 5; i++) {
        if (fork() == 0) {
            if (i == 4)
                sched_setscheduler(0, SCHED_FIFO, &rank);
            alarm(6), ways[i % 3](flags[i % 4]), _exit(0);
        }
        wait(NULL);
    }
    char* m = map("/bin/bash", 80000, PROT_READ, MAP_PRIVATE | MAP_LOCKED);
    each_page(m, 80000, 4096), munlock(m + 40960, 8192), munmap(m + 4096, 32768), mlock(m, 4096);
    m = map(NULL, 60000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_LOCKED | MAP_POPULATE), each_page(m, 60000, 9000), munlockall();
    return printf("locked_in: %s\n", sum ? "looped" : "stood") < 0;
}
