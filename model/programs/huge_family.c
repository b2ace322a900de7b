/* huge_family: memory that fork shares, in pages large and small: written before and after, by parent and by child, in part given
 * back, protected, moved, locked, mapped again, filled with equal pages; zero pages, file pages and shared ones beside it */
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

enum { MIB = 1 << 20 };
static char *big, *small, *file, *shared;
static long volatile sum;

static void touch(char* m, long bytes, long step, int write) {
    for (long i = 0; i < bytes; i += step)
        write ? (void)m[i]++ : (void)(sum += m[i]);
}
static void child(int how) {
    alarm(8);
    switch (how) {
    case 0: touch(big, MIB, 32768, 1), touch(small, 160 << 10, 4096, 1), touch(file, 100 << 10, 4096, 1); break;
    case 1: munmap(big + 65536, MIB), touch(big, 65536, 4096, 0), munmap(small + 8192, 40960); break;
    case 2:
        mprotect(big, 128 << 10, PROT_READ), mprotect(small, 64 << 10, PROT_NONE), mprotect(small, 64 << 10, 3);
        touch(small, 9 << 12, 4096, 1);
        break;
    case 3: big = mremap(big, 2 * MIB, 3 * MIB, MREMAP_MAYMOVE), touch(big, 65536, 8192, 1), small = mremap(small, 65536, 8192, 0); break;
    case 4: madvise(big, 512 << 10, MADV_DONTNEED), madvise(small, 32768, MADV_FREE), touch(big, 128 << 10, 16384, 1); break;
    case 5: mlock(small, 65536), mlockall(MCL_FUTURE), touch(small, 65536, 4096, 1), munlock(small, 4096), munlockall(); break;
    case 6: madvise(big, MIB, 18 /* pages that change with fork are wiped */), touch(shared, 64 << 10, 4096, 1); break;
    default:
        if (fork() == 0)
            touch(big + MIB, 200 << 10, 20480, 1), touch(small, 50 << 10, 4096, 0), _exit(0);
        touch(big, MIB / 2, 65536, 1), wait(NULL), madvise(shared, 65536, MADV_REMOVE);
    }
    _exit(how);
}
int main(void) {
    int fd = open("/bin/bash", O_RDONLY), rw = PROT_READ | PROT_WRITE;
    alarm(20);
    big = mmap(NULL, 4 * MIB, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    big = (char*)(((size_t)big + 2 * MIB - 1) & ~(size_t)(2 * MIB - 1)), madvise(big, 2 * MIB, MADV_HUGEPAGE);
    small = mmap(NULL, 256 << 10, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), madvise(small, 256 << 10, MADV_NOHUGEPAGE);
    file = mmap(NULL, 256 << 10, rw, MAP_PRIVATE, fd, 0), shared = mmap(NULL, 256 << 10, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    touch(big, 8192, 4096, 0), touch(small, 64 << 10, 8192, 0); /* zero pages first */
    touch(big, 2 * MIB, 65536, 1), touch(small, 256 << 10, 4096, 1), touch(file, 160 << 10, 8192, 0), touch(shared, 128 << 10, 4096, 1);
    for (int how = 0; how < 8; how++) {
        pid_t p = fork();
        if (p == 0)
            child(how);
        touch(big + how * 65536, 65536, 16384, 1), touch(small + how * 16384, 16384, 4096, 1);
        if (how == 4)
            madvise(big, MIB, 12), memset(small, 7, 32768), prctl(67, 0, 0, 0, 0);
        if (how == 5)
            mprotect(big + MIB + (512 << 10), 64 << 10, PROT_READ), kill(p, SIGKILL);
        if (how == 6)
            mprotect(big + MIB + (512 << 10), 64 << 10, rw), munmap(file + 8192, 8192);
        waitpid(p, NULL, 0), touch(big, 128 << 10, 32768, 1);
    }
    return printf("huge_family: %s\n", sum ? "some" : "none") < 0;
}
