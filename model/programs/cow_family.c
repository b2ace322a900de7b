/* cow_family: one large memory, generations that write, read, drop, share and give back parts of
 * it: huge pages, file pages, zero pages, a dead parent */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define P 4096ul
enum { PAGES = 320 };
static char *big, *huge, *priv, *shared;
static int volatile sum;
static void every(char* m, int from, int to, int step, int write) {
    for (int i = from; i < to; i += step)
        if (write)
            m[i * P + 8] ^= 1;
        else
            sum += m[i * P + 8];
}
static int heir(int depth, int seed) {
    pid_t p;
    alarm(6);
    switch (seed % 4) {
    case 0:
        every(big, 0, PAGES, 7, 1), every(huge, 0, 512, 64, 1);
        break;
    case 1:
        every(big, 80, 180, 1, 1), madvise(big, 50 * P, MADV_DONTNEED), every(big, 0, 60, 3, 0);
        break;
    case 2:
        munmap(big + 160 * P, 80 * P), mprotect(huge, 512 * P, PROT_READ), every(priv, 0, 16, 1, 1);
        break;
    case 3:
        madvise(huge + 64 * P, 10 * P, MADV_DONTNEED), every(huge, 60, 80, 1, 1),
            mremap(huge, 512 * P, 256 * P, 0);
        break;
    }
    shared[seed] = (char)depth, __sync_fetch_and_add((int*)(shared + P), 1);
    if (depth > 0) {
        if ((p = fork()) == 0)
            _exit(heir(depth - 1, seed + 1));
        if (depth == 2 && seed & 1)
            return 0; /* before its child: what they share is then the child's alone */
        every(big, 10, 90, 9, 1), waitpid(p, NULL, 0),
            every(big, 0, 90, 9, 1); /* again its own: no copy */
    } else
        usleep(10000), every(priv, 8, 24, 2, 1), every(big, 260, PAGES, 5, 1);
    return seed;
}
int main(void) {
    int fd = open("/proc/self/exe", O_RDONLY), st, n = 0;
    char* raw;
    prctl(PR_SET_CHILD_SUBREAPER, 1), alarm(15);
    big = mmap(NULL, PAGES * P, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
    raw = mmap(NULL, 1024 * P, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    huge = (char*)(((size_t)raw + (2ul << 20) - 1) & ~((2ul << 20) - 1)),
    madvise(huge, 512 * P, MADV_HUGEPAGE);
    priv = mmap(NULL, 2 * P, 3, MAP_PRIVATE, fd, 0), munmap(priv, 2 * P);
    fd = memfd_create("cow", 0);
    if (fd < 0 || ftruncate(fd, 24 * P))
        return 0;
    priv = mmap(NULL, 24 * P, 3, MAP_PRIVATE, fd, 0),
    shared = mmap(NULL, 2 * P, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    every(big, 0, PAGES, 2, 0), every(big, 30, PAGES, 3, 1), every(huge, 0, 512, 128, 1),
        every(priv, 0, 24, 5, 0); /* zero pages, then real */
    for (int seed = 0; seed < 4; seed++) {
        pid_t p = fork();
        if (p == 0)
            _exit(heir(2, seed));
        if (seed == 1)
            every(big, 0, PAGES, 5, 1);
        if (seed == 2)
            every(huge, 0, 512, 33, 1), madvise(huge, 512 * P, MADV_NOHUGEPAGE);
        if (seed == 3)
            usleep(3000), kill(p, SIGKILL), munmap(big, 120 * P);
    }
    while (wait(&st) > 0)
        n++;
    execl("/bin/sh", "sh", "-c", "exit $1", "sh", n > 4 ? "0" : "1", NULL);
    return 0;
}
