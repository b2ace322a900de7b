/* memory_wall: a memory cgroup of few MiB: file pages reclaimed, a child killed for want of memory,
 * one that frees in time, a group killed whole */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/memory_wallXXXXXX", group[64];
static int limited;
static int put(char const* folder, char const* name, char const* text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC), n = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
    return fd < 0 ? -1 : close(fd) ? -1 : n;
}
static void say(char const* name) {
    char path[160], b[256];
    snprintf(path, sizeof path, "%s/%s", group, name);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, b, sizeof b);
    printf("%s: %s\n", name, n > 0 ? "told" : "nothing"), close(fd);
}
static void eat(size_t kib, int how) {
    size_t n = kib << 10;
    char* m;
    int fd;
    alarm(8), put(group, "cgroup.procs", "0");
    if (how == 2) { /* pages of a file: those go */
        fd = open("/tmp/memory_wall.file", O_RDWR | O_CREAT | O_TRUNC, 0600),
        unlink("/tmp/memory_wall.file"), m = malloc(1 << 16), memset(m, 1, 1 << 16);
        for (size_t i = 0; i < n; i += 1 << 16)
            if (write(fd, m, 1 << 16) < 0)
                break;
        _exit(2);
    }
    m = mmap(NULL, n, 3, (how == 1 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < n; i += 4096) {
        m[i] = 1;
        if (how == 3 && i % (1 << 18) == 0)
            madvise(m, i, MADV_DONTNEED);
    }
    if (how == 4) {
        for (int i = 0; i < 2; i++)
            if (fork() == 0)
                pause(), _exit(0);
        for (size_t i = 0; i < n; i += 64)
            m[i] = 2;
        pause();
    }
    _exit(how);
}
static void child(size_t kib, int how) {
    int st = 0;
    pid_t p = fork();
    if (p == 0)
        eat(limited ? kib : 64, how == 4 && !limited ? 0 : how);
    waitpid(p, &st, 0), printf("%zu KiB in manner %d: %d\n", kib, how,
                               WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
}
int main(void) {
    alarm(25);
    if (!mkdtemp(root))
        return 0;
    if (mount("none", root, "cgroup2", 0, NULL))
        return printf("no cgroup2\n"), rmdir(root), 0;
    put(root, "cgroup.subtree_control", "+memory"),
        snprintf(group, sizeof group, "%s/kflow_wall", root), mkdir(group, 0755);
    limited = put(group, "memory.max", "1500K") > 0, put(group, "memory.swap.max", "0");
    child(200, 3), child(1000, 2), child(1200, 1);
    put(group, "memory.oom.group", "1"), child(1300, 4);
    say("memory.events"), say("memory.stat"), say("memory.pressure"), say("cgroup.procs");
    pid_t p = fork();
    if (p == 0)
        put(group, "cgroup.procs", "0"), alarm(4), pause();
    usleep(20000), rmdir(group), put(group, "cgroup.kill", "1"), waitpid(p, NULL, 0);
    for (int i = 0; i < 50 && rmdir(group); i++)
        usleep(10000);
    umount2(root, MNT_DETACH), rmdir(root);
    return 0;
}
