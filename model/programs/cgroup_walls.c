/* cgroup_walls: a pids limit met by fork, by threads and by clone3 into the group; moves between
 * groups, a freeze with signals, threaded groups, a kill */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/cgroup_wallsXXXXXX", a[64], b[64], t[64];
static int put(char const* folder, char const* name, char const* text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC), n = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
    return fd < 0 ? -1 : close(fd) ? -1 : n;
}
static int move(char const* folder, pid_t p) {
    char n[16];
    snprintf(n, sizeof n, "%d", p);
    return put(folder, "cgroup.procs", n);
}
static pid_t into(char const* folder) {
    struct clone_args ca = {.flags = CLONE_INTO_CGROUP,
                            .exit_signal = SIGCHLD,
                            .cgroup = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    pid_t p = syscall(SYS_clone3, &ca, sizeof ca);
    int e = errno;
    if (p == 0)
        alarm(6), pause(), _exit(0);
    return close((int)ca.cgroup), p < 0 ? -e : p;
}
static void* idle(void* p) {
    usleep(100000);
    return p;
}
static void crowd(void) /* in the group: as many as it takes */
{
    pthread_t th[6];
    int volatile n = 0, e = 0;
    pid_t p;
    alarm(5), move(a, 0);
    for (int i = 0; i < 6 && (e = pthread_create(&th[i], NULL, idle, NULL)) == 0; i++)
        n++;
    p = fork();
    if (p == 0)
        _exit(0);
    if (p < 0 && errno == EAGAIN)
        e++;
    for (int i = 0; i < n; i++)
        pthread_join(th[i], NULL);
    if (vfork() == 0)
        _exit(0);
    while (wait(NULL) > 0)
        ;
    _exit(n + 10 * !!e);
}
int main(void) {
    int st;
    pid_t p[4], q;
    char text[96];
    alarm(20);
    if (!mkdtemp(root) || mount("none", root, "cgroup2", 0, NULL))
        return printf("no cgroup2\n"), rmdir(root), 0;
    put(root, "cgroup.subtree_control", "+pids +cpu"), snprintf(a, 64, "%s/kflow_a", root),
        snprintf(b, 64, "%s/kflow_b", root);
    snprintf(t, 64, "%s/kflow_b/threaded", root), mkdir(a, 0755), mkdir(b, 0755),
        put(a, "pids.max", "4"), put(a, "cpu.max", "20000 50000");
    if ((q = fork()) == 0)
        crowd();
    waitpid(q, &st, 0), printf("threads before the wall: %d\n", WEXITSTATUS(st));
    for (int i = 0; i < 4; i++)
        p[i] = into(a);
    q = into(a), printf("a fifth: %s\n", q == -EAGAIN ? "EAGAIN" : q > 0 ? "taken" : "refused");
    if (q > 0)
        kill(q, SIGKILL), waitpid(q, NULL, 0);
    put(a, "cgroup.freeze", "1");
    snprintf(text, sizeof text, "%s/cgroup.events", a);
    int fd = open(text, O_RDONLY);
    struct pollfd pl = {fd, POLLPRI, 0};
    for (int i = 0; i < 20 && fd >= 0; i++) {
        char e[64] = "";
        if (pread(fd, e, 63, 0) > 0 && strstr(e, "frozen 1"))
            break;
        poll(&pl, 1, 100);
    }
    if (p[0] > 0)
        kill(p[0], SIGUSR1), kill(p[1], SIGSTOP), kill(p[2], SIGKILL),
            waitpid(p[2], NULL, 0); /* one waits for the thaw, one dies in the frost */
    if (p[3] > 0)
        move(b, p[3]); /* thaws by leaving */
    put(a, "cgroup.freeze", "0");
    if (p[0] > 0)
        waitpid(p[0], &st, 0), printf("after the thaw: signal %d\n", WTERMSIG(st)),
            waitpid(p[1], NULL, WUNTRACED);
    move(b, getpid()), mkdir(t, 0755), put(t, "cgroup.type", "threaded"), move(root, getpid());
    if ((q = fork()) == 0) { /* a thread of its own group */
        pthread_t th;
        move(b, 0), alarm(4), snprintf(text, sizeof text, "%ld", syscall(SYS_gettid)),
            put(t, "cgroup.threads", text);
        pthread_create(&th, NULL, idle, NULL), pthread_join(th, NULL), unshare(CLONE_NEWCGROUP),
            close(open("/proc/self/cgroup", O_RDONLY)), _exit(0);
    }
    waitpid(q, NULL, 0), put(a, "cgroup.kill", "1"), put(b, "cgroup.kill", "1");
    while (wait(NULL) > 0)
        ;
    for (int i = 0; i < 50 && (rmdir(a) & rmdir(t) & rmdir(b)); i++)
        usleep(10000);
    return umount2(root, MNT_DETACH), rmdir(root), 0;
}
