/* slices: what an init with control groups does: slices, services and scopes three deep, each with limits; services fork, sleep,
 * talk and restart in their group; sessions are moved, frozen while they talk, thawed, killed as a whole; events are waited for,
 * stats read */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/slicesXXXXXX";
static char const* const units[] = {"system", "system/log", "system/web", "user", "user/one", "user/one/shell", "user/one/job"};
enum { UNITS = 7 };

static char const* at(char const* unit, char const* name) {
    static char path[200];
    return snprintf(path, sizeof path, "%s/%s/%s", root, unit, name), path;
}
static int put(char const* unit, char const* name, char const* text) {
    int fd = open(at(unit, name), O_WRONLY | O_CLOEXEC), n = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
    return fd < 0 ? -1 : (close(fd), n);
}
static void show(char const* unit) {
    static char const* const names[] = {"cgroup.events", "memory.current", "pids.current",
                                        "cpu.stat",      "memory.stat",    "cgroup.procs"};
    char b[700];
    for (int i = 0; i < 6; i++) {
        int fd = open(at(unit, names[i]), O_RDONLY | O_CLOEXEC);
        while (fd >= 0 && read(fd, b, sizeof b) > 0)
            ;
        close(fd);
    }
}
static void* answer(void* arg) {
    int* fd = arg;
    char c;
    while (read(fd[0], &c, 1) == 1 && c != 'q')
        usleep(500), (void)!write(fd[3], &c, 1);
    return arg;
}
static void service(int fd[4]) { /* a thread answers, a child asks */
    pthread_t t;
    char c = 'a', *m = malloc(120000);
    alarm(10), pthread_create(&t, NULL, answer, fd);
    if (fork() == 0) {
        for (int i = 0; i < 4; i++)
            memset(m + 20000 * i, i, 16384), (void)!write(fd[1], &c, 1), (void)!read(fd[2], &c, 1);
        c = 'q', (void)!write(fd[1], &c, 1), _exit(0);
    }
    pthread_join(t, NULL), wait(NULL), _exit(3);
}
static pid_t start(char const* unit) {
    int fd[4];
    (void)!pipe2(fd, O_CLOEXEC), (void)!pipe2(fd + 2, O_CLOEXEC);
    struct clone_args ca = {
        .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (unsigned)open(at(unit, "."), O_RDONLY | O_CLOEXEC)};
    pid_t p = (pid_t)syscall(SYS_clone3, &ca, sizeof ca);
    if (p == 0 || (p < 0 && (p = fork()) == 0))
        put(unit, "cgroup.procs", "0"), service(fd);
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    return close((int)ca.cgroup), p;
}
int main(void) {
    char text[16], events[300];
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), restarts = 0, st;
    pid_t p[4];
    alarm(90);
    if (!mkdtemp(root))
        return 0;
    mount("none", root, "cgroup2", 0, NULL), put(".", "cgroup.subtree_control", "+memory +pids +cpu");
    for (int i = 0; i < UNITS; i++) {
        mkdir(at(units[i], ""), 0755);
        if (i == 0 || i == 3 || i == 4)
            put(units[i], "cgroup.subtree_control", "+memory +pids"), put(units[i], "memory.high", i ? "max" : "6000000");
        inotify_add_watch(watch, at(units[i], "cgroup.events"), IN_MODIFY);
    }
    put("system/web", "pids.max", "12"), put("user", "memory.max", "9000000"), put("user/one", "pids.max", "20");
    put("system/log", "memory.low", "200000"), put("user/one/job", "memory.max", "3000000");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++)
            p[i] = start(units[i < 2 ? 1 + i : 3 + i]);
        usleep(2500), put("user/one", "cgroup.freeze", "1"), show("user/one"), usleep(3000), kill(p[2], SIGTERM);
        snprintf(text, sizeof text, "%d", p[0]), put(round % 2 ? "user/one/job" : "system/web", "cgroup.procs", text);
        put("user/one", "cgroup.freeze", "0"), show("system/web"), put("system/web", "pids.max", round ? "2" : "1");
        if (round == 1)
            put("user", "cgroup.kill", "1");
        for (int i = 0; i < 4; i++)
            restarts += waitpid(p[i], &st, 0) > 0 && WIFEXITED(st);
        poll(&(struct pollfd){watch, POLLIN, 0}, 1, 5), restarts += read(watch, events, sizeof events) > 0;
        put("system/web", "pids.max", "max"), show("user"), show("user/one/job");
    }
    for (int i = UNITS; i-- > 0;)
        rmdir(at(units[i], ""));
    return umount2(root, MNT_DETACH), rmdir(root), printf("slices: %s\n", restarts ? "served" : "silent") < 0;
}
