/* build_farm: a farm builds what comes in, each job in a group below its project's, three to five deep, with limits on all levels:
 * jobs start jobs, exec programs, write what they made, fail, are killed as a whole or run out of processor, tasks and time */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char root[] = "/tmp/build_farmXXXXXX";

static char const* at(char const* group, char const* name) {
    static char path[2][200];
    static int turn;
    turn = !turn;
    return snprintf(path[turn], sizeof path[turn], "%s/%s/%s", root, group, name), path[turn];
}
static int put(char const* group, char const* name, char const* text) {
    int fd = open(at(group, name), O_WRONLY | O_CLOEXEC), n = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
    return fd < 0 ? -1 : (close(fd), n);
}
static void until_empty(char const* group) {
    char b[80];
    int fd = open(at(group, "cgroup.events"), O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < 10; i++) {
        memset(b, 0, sizeof b);
        if (pread(fd, b, sizeof b - 1, 0) <= 0 || strstr(b, "populated 0"))
            break;
        poll(&(struct pollfd){fd, POLLPRI, 0}, 1, 20);
    }
    close(fd);
}
static void compile(int size) {
    char* m = mmap(NULL, 300000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timespec rest = {0, 250000};
    for (int i = 0; i < size; i++) {
        memset(m + 12288 * (i % 20), i, 9000);
        for (int volatile k = 0; k < 60000; k++)
            ;
        clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, NULL);
    }
    munmap(m, 300000);
}
static pid_t job(char const* group, int kind) {
    struct clone_args ca = {
        .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (unsigned)open(at(group, "."), O_RDONLY | O_CLOEXEC)};
    pid_t p = kind % 2 ? (pid_t)syscall(SYS_clone3, &ca, sizeof ca) : fork(), q;
    if (p == 0) {
        alarm(15);
        if (kind % 2 == 0)
            put(group, "cgroup.procs", "0");
        q = fork();
        if (q == 0 && kind < 2)
            execl("/bin/true", "true", NULL), _exit(127);
        compile(2 + kind);
        if (q == 0)
            _exit(0);
        if (kind == 3)
            for (;;) /* until the whole group is killed */
                compile(1);
        while (wait(NULL) > 0)
            ;
        _exit(kind);
    }
    return close((int)ca.cgroup), p;
}
static void project(char const* name, int depth, int round) {
    char group[5][100];
    pid_t p[5];
    snprintf(group[0], 100, "%s", name);
    for (int i = 0; i < depth; i++) {
        if (i > 0)
            snprintf(group[i], 100, "%s/%c", group[i - 1], 'a' + i);
        mkdir(at(group[i], ""), 0755), put(group[i], "pids.max", "30"), put(group[i], "memory.high", "9000000");
        if (i + 1 < depth)
            put(group[i], "cgroup.subtree_control", "+cpu +memory +pids");
        put(group[i], "cpu.weight", i % 2 ? "50" : "300");
    }
    put(group[1], "cpu.max", round ? "4000 10000" : "9000 40000"), put(group[depth - 1], "pids.max", round ? "4" : "7");
    for (int i = 0; i < 4; i++)
        p[i] = job(group[depth - 1], (i + round) % 4);
    p[4] = job(".", 0), usleep(2000 + 1000 * round), put(group[1], "cpu.max", "max"), put(group[0], "cpu.weight", "20");
    usleep(1000), put(group[depth - 1], "cgroup.kill", "1");
    for (int i = 0; i < 5; i++)
        if (p[i] > 0)
            waitpid(p[i], NULL, 0);
    until_empty(group[0]);
    for (int i = depth; i-- > 0;)
        rmdir(at(group[i], ""));
}
int main(void) {
    alarm(60);
    if (!mkdtemp(root))
        return 0;
    if (mount("none", root, "cgroup2", 0, NULL))
        return rmdir(root), printf("build_farm: no groups\n") < 0;
    put(".", "cgroup.subtree_control", "+cpu +memory +pids");
    project("kernel", 3, 0), project("library", 5, 1), project("shell", 2, 0);
    if (fork() == 0) /* two projects at once */
        project("editor", 4, 1), _exit(0);
    project("game", 4, 0), wait(NULL);
    return umount2(root, MNT_DETACH), rmdir(root), printf("build_farm: built\n") < 0;
}
