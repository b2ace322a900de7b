/* core_of_maps: cores of an address space of files, shared and sparse memory; coredump_filter,
 * DONTDUMP, limits, a killed dumper */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES(n) ((size_t)(n)*4096)
static char saved[256];
static void put(char const* path, char const* text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, text, strlen(text)) < 0)
        perror(path);
    close(fd);
}
static char* map(size_t n, int prot, int flags, int fd) {
    char* m = mmap(NULL, PAGES(n), prot, flags, fd, 0);
    return m == MAP_FAILED ? abort(), m : m;
}
static void quilt(int seed) {
    int fd = open("/proc/self/exe", O_RDONLY), mem = memfd_create("quilt", 0);
    char *anon = map(32, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1), *shared, *file;
    if (ftruncate(mem, PAGES(8)))
        return;
    shared = map(12, PROT_READ | PROT_WRITE, MAP_SHARED, mem),
    file = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
    map(2, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd),
        map(1 << (6 + seed), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    for (int i = 0; i < 32; i += 1 + seed % 3)
        anon[PAGES(i)] = i;
    for (int i = 0; i < 8; i += 3)
        shared[PAGES(i)] = i;
    file[PAGES(1)] = 1, mprotect(anon + PAGES(4), PAGES(3), PROT_READ),
    madvise(anon + PAGES(20), PAGES(6), MADV_DONTDUMP);
    map(3, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1)[PAGES(2)] = 1;
}
static int child(char const* filter, rlim_t limit, int how) {
    struct rlimit rl = {limit, limit};
    int st = 0;
    char name[64];
    struct stat s = {0};
    pid_t p = fork();
    if (p == 0) {
        alarm(5), setrlimit(RLIMIT_CORE, &rl), put("/proc/self/coredump_filter", filter),
            quilt(how);
        if (how == 3)
            prctl(PR_SET_DUMPABLE, 0);
        if (how == 4)
            execl("/bin/sh", "sh", "-c", "kill -SEGV $$",
                  NULL); /* the filter is inherited, the map is not */
        kill(getpid(), how % 2 ? SIGSYS : SIGBUS), _exit(0);
    }
    if (how == 5)
        usleep(3000), kill(p, SIGKILL); /* in the middle, or before */
    waitpid(p, &st, 0), snprintf(name, sizeof name, "/tmp/core_of_maps.%d", p), stat(name, &s),
        unlink(name);
    return printf("%d: signal %d core %d of %ld KiB\n", how, WTERMSIG(st), !!WCOREDUMP(st),
                  (long)s.st_size >> 10);
}
int main(void) {
    int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, saved, sizeof saved - 1) < 1)
        return 0;
    alarm(25), put("/proc/sys/kernel/core_pattern", "/tmp/core_of_maps.%p\n");
    child("0x7f", PAGES(90), 0), child("0x31", RLIM_INFINITY, 1), child("0x0", PAGES(40), 2),
        child("0x33", RLIM_INFINITY, 3);
    child("0xf", PAGES(60), 4), child("0x1ff", RLIM_INFINITY, 5), child("0x33", 0, 6),
        child("0x7f", PAGES(3), 7);
    return put("/proc/sys/kernel/core_pattern", saved), 0;
}
