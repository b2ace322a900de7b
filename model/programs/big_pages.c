/* big_pages: a table in large pages that a server shares with the workers that it forks: they write, unmap, protect, move and give
 * back parts of it that are no whole large page, rows of sixteen small pages that belong together and parts of such rows; the
 * server too */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, ROW = 16 * PAGE, LARGE = 2 << 20, ROWS = LARGE / ROW };
static char *table, *second, *shared;
static int const rw = PROT_READ | PROT_WRITE;
static long volatile sum;

static void use(char* m, int bytes, int step, int write) {
    for (int i = 0; i < bytes; i += step)
        write ? (void)m[i]++ : (void)(sum += m[i]);
}
static char* large(int how) {
    char* m = mmap(NULL, 2 * LARGE, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    m = (char*)(((size_t)m + LARGE - 1) & ~((size_t)LARGE - 1));
    if (how == 0)
        madvise(m, LARGE, MADV_HUGEPAGE), use(m, LARGE, LARGE / 4, 1);
    else
        madvise(m, LARGE, MADV_NOHUGEPAGE), use(m, LARGE, how * PAGE, 1), madvise(m, LARGE, MADV_HUGEPAGE),
            madvise(m, LARGE, 25 /* COLLAPSE */);
    return m;
}
static void read_only(void) {
    for (int i = 0; i < ROWS; i += 5)
        mprotect(table + i * ROW, ROW, PROT_READ), use(table + i * ROW, ROW, 5 * PAGE, 0);
    mprotect(table + ROW + 3 * PAGE, 6 * PAGE, PROT_NONE), mprotect(table, LARGE / 2, rw), use(table, LARGE / 4, ROW, 1);
}
static void partly_gone(void) {
    munmap(table + 2 * ROW, 2 * ROW), munmap(table + 7 * ROW + 5 * PAGE, PAGE), munmap(table + 9 * ROW - PAGE, 3 * PAGE);
    use(table + 10 * ROW, 4 * ROW, PAGE, 1), munmap(table + 12 * ROW + PAGE, 9 * ROW), use(table + LARGE - ROW, ROW, PAGE, 0);
}
static void given_back(void) {
    madvise(table + 3 * PAGE, 4 * PAGE, MADV_DONTNEED), madvise(table + 4 * ROW, 3 * ROW, MADV_FREE),
        use(table, 8 * ROW, 3 * PAGE, 1);
    madvise(table + 20 * ROW, ROW + PAGE, MADV_COLD), madvise(table + 22 * ROW, ROW, MADV_PAGEOUT),
        use(table + 20 * ROW, 4 * ROW, PAGE, 0);
    madvise(second, LARGE, MADV_DONTNEED), use(second, ROW, PAGE, 1);
}
static void moved(void) {
    char* m = mmap(NULL, LARGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mremap(table + 4 * ROW, 2 * ROW, 2 * ROW, MREMAP_MAYMOVE | MREMAP_FIXED, m + 3 * PAGE), use(m + 3 * PAGE, 2 * ROW, PAGE, 1);
    mremap(second, LARGE, LARGE / 2, 0), m = mremap(second, LARGE / 2, LARGE, MREMAP_MAYMOVE),
                                         m != MAP_FAILED ? use(m, LARGE, ROW, 1) : (void)0;
}
static void locked(void) {
    mlock(table + ROW + PAGE, 5 * PAGE), mlock(second, ROW), use(second, 3 * ROW, 2 * PAGE, 1), munlock(second + PAGE, 2 * PAGE);
    if (fork() == 0)
        use(table, 6 * ROW, PAGE, 1), use(second, ROW, PAGE, 0), _exit(0);
    use(table, 3 * ROW, PAGE, 1), wait(NULL), use(table, 6 * ROW, PAGE, 1), munlockall();
}
static void looked_at(void) {
    unsigned long long entries[64];
    int fd = open("/proc/self/pagemap", O_RDONLY);
    (void)!pread(fd, entries, sizeof entries, (off_t)((size_t)table / PAGE * 8)), close(fd),
        fd = open("/proc/self/smaps", O_RDONLY);
    while (read(fd, entries, sizeof entries) > 0)
        ;
    close(fd), fd = open("/proc/self/clear_refs", O_WRONLY), (void)!write(fd, "1", 1), (void)!write(fd, "4", 1), close(fd);
    use(table, 9 * ROW, 7 * PAGE, 1), use(shared, 4 * ROW, PAGE, 1), madvise(shared + PAGE, 2 * PAGE, MADV_REMOVE);
}
int main(void) {
    static void (*const works[])(void) = {read_only, partly_gone, given_back, moved, locked, looked_at};
    int fd = memfd_create("shared", 0);
    alarm(25), ftruncate(fd, LARGE), shared = mmap(NULL, LARGE, rw, MAP_SHARED, fd, 0), use(shared, 6 * ROW, PAGE, 1);
    for (int round = 0; round < 3; round++) {
        table = large(0), second = large(round);
        for (int i = round; i < 6; i += 1 + round % 2) {
            pid_t p = fork();
            if (p == 0)
                alarm(6), works[i](), use(table + 30 * ROW, ROW, PAGE, 1), _exit(0);
            use(table + i * ROW, ROW, PAGE, 1), i % 3 == 2 ? madvise(second + i * ROW, 2 * PAGE, MADV_DONTNEED) : 0;
            i == 4 ? kill(p, SIGKILL) : 0, waitpid(p, NULL, 0), use(table + i * ROW, 2 * ROW, 3 * PAGE, 1);
        }
        works[5 - round](), works[2 * round](), munmap(table, LARGE), munmap(second + ROW, LARGE - 3 * PAGE);
    }
    return printf("big_pages: %s\n", sum ? "shared" : "empty") < 0;
}
