/* page_census: counts pages, its own and a child's: smaps, pagemap, clear_refs, mincore, numa_maps, /proc/PID/mem and process_vm_readv
 * over memory of every kind; then advises the kernel about it in all the words that madvise has */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 40 };
static char* areas[7];
static long told;

static void make_areas(void) {
    int fd = open("/bin/bash", O_RDONLY), mem = memfd_create("census", 0), rw = PROT_READ | PROT_WRITE;
    size_t n = PAGES << 12;
    ftruncate(mem, n);
    areas[0] = mmap(NULL, n, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    areas[1] = mmap(NULL, n, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    areas[2] = mmap(NULL, n, rw, MAP_PRIVATE, fd, 0);
    areas[3] = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    areas[4] = mmap(NULL, n, rw, MAP_SHARED, mem, 0);
    areas[5] = mmap(NULL, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    areas[6] = mmap(NULL, 8 << 20, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(areas[6], 8 << 20, MADV_HUGEPAGE), memset(areas[6] + (2 << 20), 1, 3 << 20);
    for (int i = 0; i < PAGES; i += 1 + i % 3)
        areas[0][i << 12] = 1, areas[1][i << 12] = 1, areas[2][i << 12] = 1, areas[4][i << 12] = 1, told += areas[3][i << 12];
    mlock(areas[0], 5 << 12), mprotect(areas[0] + (20 << 12), 8 << 12, PROT_READ), close(fd), close(mem);
}
static void read_all(pid_t p, char const* name) {
    char path[64], b[4096];
    ssize_t n;
    snprintf(path, sizeof path, "/proc/%d/%s", p, name);
    int fd = open(path, O_RDONLY);
    while (fd >= 0 && (n = read(fd, b, sizeof b)) > 0)
        told += n;
    close(fd);
}
static void clear(pid_t p, char const* what) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/clear_refs", p);
    int fd = open(path, O_WRONLY);
    told += write(fd, what, 1), close(fd);
}
static void look_into(pid_t p) {
    static char const* names[] = {"smaps", "maps", "smaps_rollup", "numa_maps", "statm", "status"};
    char path[64], b[8192];
    unsigned char in[PAGES];
    struct iovec mine = {b, sizeof b}, his[2] = {{areas[0], 4096}, {areas[4], 4096}};
    for (size_t i = 0; i < 6; i++)
        read_all(p, names[i]);
    snprintf(path, sizeof path, "/proc/%d/pagemap", p);
    int fd = open(path, O_RDONLY);
    for (int i = 0; i < 7; i++)
        told += pread(fd, b, PAGES * 8, (off_t)((size_t)areas[i] >> 12) * 8), mincore(areas[i], PAGES << 12, in);
    close(fd), snprintf(path, sizeof path, "/proc/%d/mem", p), fd = open(path, O_RDWR);
    for (int i = 0; i < 7; i++)
        told += pread(fd, b, 6000, (off_t)(size_t)areas[i] + 100), told += pwrite(fd, "x", 1, (off_t)(size_t)areas[i] + 4096 * 3);
    close(fd), told += process_vm_readv(p, &mine, 1, his, 2, 0), told += process_vm_writev(p, &mine, 1, his, 2, 0);
}
static void advise(int rounds) {
    static int const words[] = {MADV_SEQUENTIAL, MADV_RANDOM, MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT, MADV_FREE, MADV_DONTNEED,
                                MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_NOHUGEPAGE, MADV_DONTFORK, MADV_DOFORK, MADV_DONTDUMP,
                                MADV_WIPEONFORK, MADV_KEEPONFORK, 22, 23, 25, 102, 103, MADV_REMOVE, MADV_NORMAL};
    for (int round = 0; round < rounds; round++)
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            for (int i = round; i < 7; i += 2)
                madvise(areas[i] + (round ? 8192 : 0), (size_t)(PAGES - 20 * round) << 12, words[w]);
}
int main(void) {
    pid_t p;
    alarm(30), make_areas();
    if ((p = fork()) == 0)
        areas[0][0] = 2, memset(areas[4], 3, 9 << 12), alarm(10), pause();
    usleep(10000), look_into(p), clear(p, "1"), look_into(getpid()), clear(getpid(), "4"), areas[0][4096] = 9, areas[1][8192] = 9;
    look_into(p), clear(p, "3"), clear(p, "5"), clear(p, "9"), advise(3), look_into(getpid());
    kill(p, SIGKILL), look_into(p), waitpid(p, NULL, 0), look_into(p);
    return printf("page_census: %s\n", told > 5000 ? "much" : "little") < 0;
}
