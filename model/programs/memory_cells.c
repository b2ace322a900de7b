/* memory_cells: cells inside of cells, each with less memory than its guests want: anonymous and shared memory, files on a tmpfs,
 * pipes, threads and forks are charged, reclaimed, squeezed on demand, protected, moved and killed, one by one or a cell at once */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CELLS = 5, PAGE = 4096 };
static char const* const cells[CELLS] = {"block", "block/a", "block/a/one", "block/b", "block/b/two"};
static char root[] = "/tmp/memory_cellsXXXXXX";

static int open_in(char const* cell, char const* name, int flags) {
    char path[160];
    return snprintf(path, sizeof path, "%s/%s/%s", root, cell, name), open(path, flags | O_CLOEXEC);
}
static void put(char const* cell, char const* name, char const* text) {
    int fd = open_in(cell, name, O_WRONLY);
    if (fd >= 0)
        (void)!write(fd, text, strlen(text)), close(fd);
}
static void show(char const* cell, char const* name) {
    char b[900];
    int fd = open_in(cell, name, O_RDONLY);
    while (fd >= 0 && read(fd, b, sizeof b) > 0)
        ;
    close(fd);
}
static void touch(char* m, int pages, int step) {
    for (int i = 0; m != MAP_FAILED && i < pages; i += step)
        m[i * PAGE]++;
}
static char* memory(int pages, int flags, int fd) {
    return mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
}
static void* thread(void* arg) {
    char* m = memory(40, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return touch(m, 40, 1), munmap(m, 20 * PAGE), usleep(2000), arg;
}
static void guest(char const* cell, int how) {
    char* m;
    int fd, p[2];
    alarm(8), put(cell, "cgroup.procs", "0");
    if (how == 0) { /* half of it is written by children */
        m = memory(80, MAP_PRIVATE | MAP_ANONYMOUS, -1), touch(m, 80, 1);
        for (int i = 0; i < 3; i++)
            if (fork() == 0)
                touch(m, 80, 2 + i), usleep(3000), touch(m, 80, 1), _exit(0);
    } else if (how == 1) { /* a file that lives in memory, read, mapped, cut and forgotten */
        fd = memfd_create("cell", 0), ftruncate(fd, 90 * PAGE), m = memory(90, MAP_SHARED, fd), touch(m, 90, 1);
        lseek(fd, 0, SEEK_SET), posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), ftruncate(fd, 30 * PAGE), touch(m, 30, 3);
        madvise(m, 20 * PAGE, MADV_REMOVE), touch(m, 25, 2), munmap(m, 90 * PAGE), close(fd);
    } else if (how == 2) { /* threads, and pages that may go */
        pthread_t t[2];
        for (int i = 0; i < 2; i++)
            pthread_create(&t[i], NULL, thread, NULL);
        m = memory(60, MAP_PRIVATE | MAP_ANONYMOUS, -1), touch(m, 60, 1), madvise(m, 50 * PAGE, MADV_FREE), touch(m, 60, 7);
        for (int i = 0; i < 2; i++)
            pthread_join(t[i], NULL);
    } else if (how == 3) { /* more than there is, step by step, then at once */
        m = memory(300, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1), touch(m, 120, 1), usleep(1500), touch(m, 300, 1);
    } else { /* what the kernel itself keeps: pipes, files, names */
        char b[PAGE] = {0}, name[40];
        (void)!pipe2(p, O_NONBLOCK), fcntl(p[1], F_SETPIPE_SZ, 1 << 17);
        for (int i = 0; i < 34; i++)
            (void)!write(p[1], b, sizeof b);
        for (int i = 0; i < 25; i++)
            snprintf(name, sizeof name, "/tmp/memory_cells.%d", i), close(open(name, O_CREAT | O_RDWR, 0600)), unlink(name);
    }
    while (wait(NULL) > 0)
        ;
    _exit(how);
}
static void squeeze(int round) {
    put("block/a", "memory.reclaim", round ? "150000" : "70000"), put("block/b/two", "memory.high", round ? "300000" : "max");
    put("block/a/one", "memory.max", round % 2 ? "420000" : "260000"), put("block/b", "memory.low", "200000");
    put("block/b/two", "memory.oom.group", round % 2 ? "1" : "0"), show("block/a/one", "memory.stat"),
        show("block", "memory.events");
    show("block/b", "memory.pressure"), show("block/b/two", "memory.current"), show("block/a", "memory.numa_stat");
}
int main(void) {
    char path[160];
    int killed = 0, st, watch;
    pid_t p[3];
    alarm(60);
    if (!mkdtemp(root))
        return 0;
    if (mount("none", root, "cgroup2", 0, NULL))
        return rmdir(root), printf("memory_cells: no groups\n") < 0;
    put(".", "cgroup.subtree_control", "+memory +pids");
    for (int i = 0; i < CELLS; i++) {
        snprintf(path, sizeof path, "%s/%s", root, cells[i]), mkdir(path, 0755);
        if (i != 2 && i != 4)
            put(cells[i], "cgroup.subtree_control", "+memory");
    }
    watch = open_in("block", "memory.events", O_RDONLY), put("block", "memory.max", "2600000"),
    put("block/b", "memory.min", "100000");
    for (int round = 0; round < 2; round++) {
        put("block/a/one", "memory.max", "600000"), put("block/b", "memory.max", round ? "500000" : "900000");
        for (int i = 0; i < 3; i++)
            if ((p[i] = fork()) == 0)
                guest(cells[i % 2 ? 2 : 4], (3 * round + i) % 5);
        usleep(2500), squeeze(round), poll(&(struct pollfd){watch, POLLPRI, 0}, 1, 3);
        for (int i = 0; i < 3; i++)
            waitpid(p[i], &st, 0), killed += WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL;
        put("block/a/one", "memory.max", "max"), put("block/b/two", "memory.high", "max");
    }
    close(watch);
    for (int i = CELLS; i-- > 0;)
        snprintf(path, sizeof path, "%s/%s", root, cells[i]), rmdir(path);
    return umount2(root, MNT_DETACH), rmdir(root), printf("memory_cells: %s\n", killed ? "tight" : "roomy") < 0;
}
