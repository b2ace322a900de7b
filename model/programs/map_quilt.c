/* map_quilt: mappings cut, joined, moved over one another, protected in stripes, advised in all
 * ways, synced, locked and counted; with a fork amid */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define P 4096ul
#define RW (PROT_READ | PROT_WRITE)
static char *area, *file;
static int fd;
static void stripes(int prot, int from, int step) {
    for (int i = from; i < 64; i += step)
        mprotect(area + i * P, P, prot);
}
static void fill(char* m, int from, int to) {
    for (int i = from; i < to; i++)
        m[i * P] += i;
}
static int reaped(pid_t p) {
    int st;
    return waitpid(p, &st, 0) == p ? WIFSIGNALED(st) ? WTERMSIG(st) : 0 : -1;
}
static int touch_in_child(char* at, int write) {
    pid_t p = fork();
    if (p == 0) {
        char volatile c = *at;
        if (write)
            *at = c + 1;
        _exit(0);
    }
    return reaped(p);
}
int main(void) {
    static int const advices[] = {MADV_NORMAL,
                                  MADV_RANDOM,
                                  MADV_SEQUENTIAL,
                                  MADV_WILLNEED,
                                  MADV_DONTNEED,
                                  MADV_FREE,
                                  MADV_COLD,
                                  MADV_PAGEOUT,
                                  MADV_DONTFORK,
                                  MADV_DOFORK,
                                  MADV_MERGEABLE,
                                  MADV_UNMERGEABLE,
                                  MADV_HUGEPAGE,
                                  MADV_NOHUGEPAGE,
                                  MADV_DONTDUMP,
                                  MADV_DODUMP,
                                  MADV_WIPEONFORK,
                                  MADV_KEEPONFORK,
                                  22 /* POPULATE_READ */,
                                  23 /* POPULATE_WRITE */,
                                  25 /* COLLAPSE */,
                                  102 /* GUARD_INSTALL */,
                                  103};
    unsigned char in[64];
    char name[] = "/tmp/quiltXXXXXX";
    int known = 0, ends = 0;
    alarm(12), fd = mkstemp(name), unlink(name);
    if (fd < 0 || ftruncate(fd, 16 * P))
        return 0;
    area = mmap(NULL, 64 * P, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
    file = mmap(NULL, 32 * P, RW, MAP_SHARED, fd, 0);
    fill(area, 0, 40), fill(file, 0, 16);
    stripes(PROT_READ, 1, 4), ends += touch_in_child(area + P, 1) == SIGSEGV,
        stripes(PROT_NONE, 3, 8);
    ends += touch_in_child(area + 3 * P, 0) == SIGSEGV, stripes(RW, 1, 2),
        fill(area, 0, 64); /* all of one piece again */
    munmap(area + 10 * P, 2 * P), munmap(area + 20 * P, P),
        munmap(area + 9 * P, 14 * P); /* holes, and over holes */
    mmap(area + 9 * P, 14 * P, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
        fill(area, 8, 24);
    known +=
        mmap(area, P, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED;
    mmap(area + 30 * P, 4 * P, RW, MAP_PRIVATE | MAP_FIXED, fd, 4 * P),
        fill(area, 29, 35); /* a file's private pages amid */
    char *moved = mremap(area + 48 * P, 16 * P, 24 * P, MREMAP_MAYMOVE), *kept;
    if (moved == MAP_FAILED)
        return 1;
    fill(moved, 0, 24), mremap(moved, 24 * P, 8 * P, 0),
        kept = mremap(moved, 8 * P, 8 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    if (kept != MAP_FAILED)
        mremap(kept, 8 * P, 8 * P, MREMAP_MAYMOVE | MREMAP_FIXED, area + 40 * P), fill(moved, 0, 2);
    mremap(file, 32 * P, 40 * P, 0),
        mremap(file, 32 * P, 64 * P, MREMAP_MAYMOVE) == MAP_FAILED ? (void)0 : (void)known++;
    char* twice = mmap(NULL, 16 * P, RW, MAP_SHARED | MAP_POPULATE, fd, 0);
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        known += madvise(area + i % 5 * P, 6 * P, advices[i]) == 0,
            advices[i] == 102 ? (void)0 : fill(area, 2, 8);
    for (int i = 0; i < 8; i++)
        known += madvise(twice, 3 * P, advices[i % 7]) == 0;
    madvise(twice + 4 * P, 4 * P, MADV_REMOVE), fill(twice, 3, 9), msync(twice, 16 * P, MS_SYNC),
        msync(twice, 8 * P, MS_ASYNC | MS_INVALIDATE);
    mlock(twice, 5 * P), mincore(twice, 16 * P, in), munlock(twice + P, 2 * P), mlock(area, 8 * P),
        known += mincore(area + 64 * P * 1024, P, in) != 0;
    remap_file_pages(twice, 4 * P, 0, 8, 0), ends += touch_in_child(twice + 2 * P, 1),
        fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4 * P);
    if (ftruncate(fd, 2 * P) == 0)
        ends += touch_in_child(twice + 9 * P, 1) == SIGBUS; /* the file got shorter under it */
    pid_t p = fork();
    if (p == 0) { /* takes its copy apart, piece by piece from both ends */
        for (int i = 0; i < 20; i++)
            munmap(area + i * P, P), munmap(area + (47 - i) * P, P);
        execl("/bin/true", "true", NULL), _exit(1);
    }
    ends += reaped(p);
    char* top =
        mmap(NULL, 2ul << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (int i = 0; i < 24; i++)
        mprotect(top + i * 16 * P, 8 * P, i & 1 ? RW : PROT_READ), top[i * 16 * P] ? ends++ : 0;
    return printf("map_quilt: %d by SIGSEGV and SIGBUS, advice %s\n", ends,
                  known > 10 ? "taken" : "refused") < 0;
}
