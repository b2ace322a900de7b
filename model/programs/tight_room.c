/* tight_room: nested memory cgroups, a parent's limit hit by the child's charges: page faults, fork's page tables, writes, reads and
 * core dumps inside; the killer takes the largest or all of them; who moves away keeps his pages charged here */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/tight_roomXXXXXX", outer[64], inner[80];

static void put(char const* folder, char const* name, char const* text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, text, strlen(text)), close(fd);
}
static void ask(char const* folder, char const* name) {
    char path[160], b[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && read(fd, b, sizeof b) > 0)
        ;
    close(fd);
}
static char* room(size_t kib, int flags) {
    char* m = mmap(NULL, kib << 10, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    return m == MAP_FAILED ? NULL : m;
}
static void fill(char* m, size_t kib, size_t step) {
    for (size_t i = 0; m && i < kib << 10; i += step)
        m[i]++;
}
static void dweller(int how) {
    char *m, b[4096];
    int fd, p[2];
    alarm(8), put(inner, "cgroup.procs", "0");
    switch (how) {
    case 0: /* the same memory again and again, and its page tables */
        m = room(160, MAP_PRIVATE), fill(m, 160, 4096);
        for (int i = 0; i < 5; i++)
            if (fork() == 0)
                fill(m, 160, 8192 << i % 2), usleep(20000), _exit(0);
        break;
    case 1:
        m = room(1024, MAP_SHARED), fill(m, 1024, 4096);
        break;
    case 2:
        m = room(4096, MAP_PRIVATE | MAP_NORESERVE), fill(m, 4096, 1 << 17), fill(m, 1024, 4096);
        break;
    case 3:
        fd = open("/bin/true", O_RDONLY), pipe(p), fcntl(p[1], F_SETPIPE_SZ, 1 << 18), fcntl(p[1], F_SETFL, O_NONBLOCK);
        while (read(fd, b, sizeof b) > 0)
            (void)!write(p[1], b, sizeof b);
        break;
    case 4:
        setrlimit(RLIMIT_CORE, &(struct rlimit){1 << 20, 1 << 20}), m = room(200, MAP_PRIVATE), fill(m, 200, 4096), chdir("/tmp"), abort();
    case 5:
        put(root, "cgroup.procs", "0"), m = room(160, MAP_PRIVATE), fill(m, 160, 512), put(inner, "cgroup.procs", "0"), fill(m, 160, 4096);
        break;
    default:
        execl("/bin/true", "true", NULL);
    }
    while (wait(NULL) > 0)
        ;
    _exit(how);
}
int main(void) {
    int st, died = 0;
    pid_t p[2];
    alarm(40), close(1), open("/dev/null", O_WRONLY);
    if (!mkdtemp(root))
        return 0;
    mount("none", root, "cgroup2", 0, NULL), put(root, "cgroup.subtree_control", "+memory");
    snprintf(outer, sizeof outer, "%s/outer", root), snprintf(inner, sizeof inner, "%s/inner", outer);
    mkdir(outer, 0755), put(outer, "cgroup.subtree_control", "+memory"), mkdir(inner, 0755);
    for (int round = 0; round < 5; round++) {
        put(outer, "memory.max", round % 3 == 2 ? "1200000" : "700000"), put(inner, "memory.low", round % 2 ? "200000" : "0");
        put(inner, "memory.oom.group", round % 2 ? "1" : "0"), put(inner, "memory.max", round == 1 ? "500000" : "max");
        for (int i = 0; i < 2; i++)
            if ((p[i] = fork()) == 0)
                dweller((round + 2 * i) % 7);
        for (int i = 0; i < 2; i++)
            waitpid(p[i], &st, 0), died += WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL;
        ask(inner, "memory.stat"), ask(outer, "memory.events"), ask(inner, "memory.current"), ask(outer, "memory.pressure");
        put(outer, "memory.max", "max");
    }
    rmdir(inner), rmdir(outer), umount2(root, MNT_DETACH), rmdir(root), unlink("/tmp/core");
    return died < 0;
}
