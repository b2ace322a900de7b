/* tenants: a host lets its processors to tenants: groups inside groups, three deep, each with a weight and some with a quota; what
 * runs there computes, sleeps, talks and forks, moves out, is frozen and thawed, and gets more or less while it runs */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GROUPS = 9 };
static char const* const groups[GROUPS] = {"gold",   "gold/web",   "gold/web/front", "gold/db",       "tin",
                                           "tin/ci", "tin/ci/one", "tin/ci/two",     "tin/ci/two/job"};
static char root[] = "/tmp/tenantsXXXXXX";

static int put(char const* group, char const* name, char const* text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s/%s", root, group, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC), n = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
    return fd < 0 ? -1 : (close(fd), n);
}
static void read_all(char const* group, char const* name) {
    char path[160], b[500];
    snprintf(path, sizeof path, "%s/%s/%s", root, group, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && read(fd, b, sizeof b) > 0)
        ;
    close(fd);
}
static void compute(int n) {
    for (int volatile i = 0; i < n * 1000; i++)
        ;
}
static void* thread(void* arg) {
    for (int i = 0; i < 3; i++)
        compute(15), usleep(400);
    return arg;
}
static int talker(void) { /* a pair that wakes each other */
    int a[2], b[2];
    char c = 'x';
    if (pipe2(a, O_CLOEXEC) || pipe2(b, O_CLOEXEC))
        return 1;
    pid_t p = fork();
    for (int i = 0; i < 5; i++) {
        if (p == 0)
            (void)!read(a[0], &c, 1), compute(10), (void)!write(b[1], &c, 1);
        else
            (void)!write(a[1], &c, 1), (void)!read(b[0], &c, 1), compute(5);
    }
    return p == 0 ? 0 : (waitpid(p, NULL, 0), 2);
}
static int cruncher(int n) { /* needs more than one slice, beside others that do */
    pid_t p = fork();
    for (int i = 0; i < n; i++)
        compute(120), i % 3 ? 0 : sched_yield();
    return p == 0 ? 0 : (waitpid(p, NULL, 0), 3);
}
static int team(void) {
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, thread, NULL);
    setpriority(PRIO_PROCESS, 0, 5), compute(30);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 4;
}
static pid_t let(char const* group, int what) {
    pid_t p = fork();
    if (p == 0) {
        alarm(20), put(group, "cgroup.procs", "0");
        _exit(what == 0 ? talker() : what == 1 ? cruncher(6) : what == 2 ? team() : (usleep(3000), 5));
    }
    return p;
}
static void change(int round, pid_t p) {
    char pid[16];
    snprintf(pid, sizeof pid, "%d", p);
    put("gold/web", "cpu.weight", round ? "30" : "900"), put("tin", "cpu.weight", round ? "100" : "10");
    put("tin/ci", "cpu.max", round ? "max" : "3000 20000"), put("tin/ci/two", "cpu.weight.nice", round ? "5" : "-3");
    put("gold/web/front", "cgroup.procs", pid), usleep(700), put("tin/ci/two", "cgroup.procs", pid);
    put("gold", "cgroup.freeze", "1"), usleep(900), put("gold", "cgroup.freeze", "0");
    put("gold/db", "cpu.idle", round ? "0" : "1"), put("gold/db", "cpu.max", round ? "max 100000" : "15000 50000");
    read_all("tin/ci", "cpu.stat"), read_all("gold", "cpu.pressure"), read_all("tin/ci/two/job", "cgroup.events");
}
int main(void) {
    static char const* const where[] = {"gold/web/front", "tin/ci/two/job", "gold/db", "tin/ci/one", "tin/ci/two/job", "gold"};
    char path[160];
    int done = 0, st;
    alarm(60);
    if (!mkdtemp(root))
        return 0;
    if (mount("none", root, "cgroup2", 0, NULL))
        return rmdir(root), printf("tenants: no groups\n") < 0;
    put(".", "cgroup.subtree_control", "+cpu +pids");
    for (int i = 0; i < GROUPS; i++) {
        snprintf(path, sizeof path, "%s/%s", root, groups[i]), mkdir(path, 0755);
        if (i == 0 || i == 1 || (i >= 4 && i <= 7 && i != 6))
            put(groups[i], "cgroup.subtree_control", "+cpu +pids");
    }
    for (int round = 0; round < 2; round++) {
        pid_t p[6];
        for (int i = 0; i < 6; i++)
            p[i] = let(where[(i + round) % 6], (i + 2 * round) % 4);
        usleep(1500), change(round, p[round]);
        for (int i = 0; i < 6; i++)
            done += waitpid(p[i], &st, 0) == p[i] && WIFEXITED(st);
    }
    for (int i = GROUPS; i-- > 0;)
        snprintf(path, sizeof path, "%s/%s", root, groups[i]), rmdir(path);
    return umount2(root, MNT_DETACH), rmdir(root), printf("tenants: %s\n", done ? "served" : "gone") < 0;
}
