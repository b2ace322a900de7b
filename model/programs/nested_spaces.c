/* nested_spaces: clone3 with set_tid into pid namespaces in one another, time and user namespaces,
 * joins by pidfd, inits that die before and after */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long clone3(unsigned long long flags, int sig, int* pidfd, pid_t const* tids, int n) {
    struct clone_args a = {.flags = flags,
                           .exit_signal = sig,
                           .pidfd = (size_t)pidfd,
                           .set_tid = (size_t)tids,
                           .set_tid_size = n};
    return syscall(SYS_clone3, &a, sizeof a);
}
static void put(char const* path, char const* text) {
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        errno = 0;
    close(fd);
}
static int reap(pid_t p) {
    int st = 0;
    return p > 0 && waitpid(p, &st, __WALL) == p
               ? WIFSIGNALED(st) ? 100 + WTERMSIG(st) : WEXITSTATUS(st)
               : -1;
}
static int depth(int n) /* an init in an init in an init */
{
    pid_t p;
    int st = 0;
    alarm(8), signal(SIGTERM, SIG_DFL);
    if (n == 0) {
        for (int i = 0; i < 3; i++)
            if (fork() == 0) {
                if (i == 2)
                    setsid(), fork();
                usleep(i == 0 ? 1000 : 500000), _exit(i);
            }
        kill(getpid(), SIGTERM), usleep(20000); /* an init does not take that */
        while (waitpid(-1, &st, WNOHANG) > 0)
            ;
        return 7; /* and takes three with it */
    }
    if ((p = (pid_t)clone3(CLONE_NEWPID | (n == 2 ? CLONE_NEWNS : 0), SIGCHLD, NULL, NULL, 0)) ==
        0) {
        if (n == 2)
            mount("proc", "/proc", "proc", 0, NULL), close(open("/proc/self/status", O_RDONLY));
        _exit(depth(n - 1));
    }
    st = reap(p), p = fork();
    if (p == 0)
        prctl(PR_SET_NAME, "late"), usleep(1000), _exit(0);
    return reap(p), st;
}
int main(void) {
    int fd = -1, fd2 = -1, sum = 0;
    pid_t tids[2] = {1, 30000}, bad[2] = {2, 0}, p, q;
    char path[64];
    alarm(20);
    sum += reap((pid_t)clone3(CLONE_CLEAR_SIGHAND, SIGCHLD, NULL, NULL, 0)
                    ?: (kill(getpid(), SIGUSR1), _exit(1), 0));
    p = (pid_t)clone3(CLONE_NEWPID | CLONE_PIDFD, SIGUSR2, &fd, tids, 2), signal(SIGUSR2, SIG_IGN);
    if (p == 0)
        _exit(depth(2));
    printf("set_tid: %d, again: %ld, ", p == 30000, clone3(CLONE_NEWPID, SIGCHLD, NULL, tids, 2)),
        printf("init must be 1: %ld\n", clone3(CLONE_NEWPID, SIGCHLD, NULL, bad, 2));
    usleep(20000);
    if ((q = fork()) == 0) { /* joins from outside while it runs */
        if (setns(fd, CLONE_NEWPID))
            _exit(2);
        if ((q = fork()) == 0)
            usleep(800000), _exit(getppid()); /* its parent is of another namespace: 0 */
        _exit(q > 0 ? reap(q) : 3);
    }
    sum += reap(p), sum += reap(q), close(fd);
    p = (pid_t)clone3(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS |
                          CLONE_NEWIPC | CLONE_PIDFD,
                      SIGCHLD, &fd, NULL, 0);
    if (p == 0) {
        while (getuid())
            usleep(1000);
        sethostname("n", 1), mount("t", "/tmp", "tmpfs", 0, NULL), unshare(CLONE_NEWUSER),
            raise(SIGKILL), pause();
    }
    snprintf(path, 64, "/proc/%d/setgroups", p), put(path, "deny"),
        snprintf(path, 64, "/proc/%d/gid_map", p), put(path, "0 0 1\n");
    snprintf(path, 64, "/proc/%d/uid_map", p), put(path, "0 0 1\n"), usleep(20000);
    if ((q = fork()) == 0)
        _exit(setns(fd, CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWNS) ? 4
              : fork() == 0                                                        ? 5
                                                                                   : 6);
    sum += reap(q), syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), sum += reap(p);
    if ((q = fork()) == 0) { /* a clock that began elsewhere */
        if (unshare(CLONE_NEWTIME))
            _exit(8);
        put("/proc/self/timens_offsets", "monotonic 86400 0\n"), p = fork();
        if (p == 0) {
            struct timespec t;
            clock_gettime(CLOCK_MONOTONIC, &t), usleep(2000), execl("/bin/true", "true", NULL);
        }
        _exit(reap(p));
    }
    sum += reap(q), fd = open("/proc/self/ns/uts", O_RDONLY), unshare(CLONE_NEWUTS | CLONE_NEWNS),
                    fd2 = open("/proc/self/ns/uts", O_RDONLY);
    sum += setns(fd, 0), sum += setns(fd2, CLONE_NEWUTS), sum += setns(fd, CLONE_NEWIPC) < 0;
    return printf("nested_spaces: %s\n", sum ? "done" : "nothing") < 0;
}
