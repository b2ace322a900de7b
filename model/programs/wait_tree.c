/* wait_tree: a tree of three levels whose parents wait by pid, group, pidfd, any; with WNOWAIT,
 * WNOHANG, stops and continues, threads' children, none left */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t of_thread;
static int code(int st) {
    return WIFEXITED(st) ? WEXITSTATUS(st) : WIFSIGNALED(st) ? WTERMSIG(st) : 0;
}
static void leaf(int how) {
    alarm(6);
    if (how == 0)
        _exit(1);
    if (how == 1)
        raise(SIGSTOP), _exit(2);
    if (how == 2)
        usleep(25000), raise(SIGTERM);
    if (how == 3)
        usleep(4000), abort();
    pause(), _exit(4);
}
static int branch(int how) {
    pid_t p[5];
    siginfo_t si;
    struct rusage ru;
    int st = 0, sum = 0, fd;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none), alarm(7);
    if (how == 1)
        setpgid(0, 0);
    for (int i = 0; i < 5; i++)
        if ((p[i] = fork()) == 0) {
            if (how == 2)
                setpgid(0, i ? p[0] : 0);
            leaf((i + how) % 5);
        }
    switch (how) {
    case 0:
        for (int i = 4; i >= 0; i--) {
            if (i == 4)
                kill(p[4], SIGKILL);
            if (i == 1)
                waitpid(p[1], &st, WUNTRACED), kill(p[1], SIGCONT);
            waitpid(p[i], &st, 0), sum += code(st);
        }
        break;
    case 1:
        kill(p[3], SIGINT), waitid(P_ALL, 0, &si, WEXITED | WNOWAIT),
            waitid(P_PID, si.si_pid, &si, WEXITED | WNOHANG);
        while (waitid(P_PGID, getpgrp(), &si, WEXITED | WSTOPPED | WCONTINUED) == 0) {
            sum += si.si_status;
            if (si.si_code == CLD_STOPPED)
                kill(si.si_pid, SIGCONT);
        }
        break;
    case 2:
        kill(p[2], SIGUSR1);
        while ((errno = 0, wait4(-p[0], &st, WUNTRACED, &ru)) > 0 || errno == EINTR) {
            sum += code(st);
            if (WIFSTOPPED(st))
                kill(0, 0), killpg(p[0], SIGCONT);
        }
        while (wait3(&st, 0, &ru) > 0)
            sum += code(st);
        break;
    case 3:
        fd = (int)syscall(SYS_pidfd_open, p[1], 0);
        struct pollfd pl = {fd, POLLIN, 0};
        kill(p[1], SIGHUP), poll(&pl, 1, 2000), waitid(P_PIDFD, fd, &si, WEXITED | WNOWAIT),
            sum += waitid(P_PIDFD, fd, &si, WEXITED), sum += waitid(P_PIDFD, fd, &si, WEXITED);
        while (waitpid(-1, &st, WNOHANG | WUNTRACED | WCONTINUED) >= 0) {
            if (WIFSTOPPED(st))
                kill(p[3], SIGCONT), st = 0;
            usleep(1500);
        }
        break;
    }
    return sum & 63; /* case 4 leaves them: to be killed and reaped by others */
}
static void*
parent(void* arg) /* a thread's child: seen by the others, unless they say __WNOTHREAD */
{
    if ((of_thread = fork()) == 0)
        usleep(15000), _exit(9);
    usleep(arg ? 40000 : 1000);
    return arg;
}
int main(void) {
    pthread_t t;
    int st, sum = 0;
    pid_t p[5];
    siginfo_t si = {0};
    alarm(15), setpgid(0, 0);
    for (int i = 0; i < 5; i++)
        if ((p[i] = fork()) == 0)
            _exit(branch(i));
    for (int i = 0; i < 5; i++)
        waitpid(p[(i * 3) % 5], &st, 0), sum += code(st), printf("%d ", WIFEXITED(st));
    for (long i = 0; i < 2; i++) {
        of_thread = 0, pthread_create(&t, NULL, parent, (void*)i);
        while (of_thread == 0)
            usleep(200);
        sum += waitpid(of_thread, &st,
                       __WNOTHREAD | WNOHANG)<0, sum += waitpid(i ? -1 : of_thread, &st, 0)> 0,
            pthread_join(t, NULL);
    }
    if ((p[0] = (int)syscall(SYS_clone, 0, 0, 0, 0, 0)) == 0)
        usleep(2000), syscall(SYS_exit, 6); /* tells nobody: only __WCLONE and __WALL see it */
    printf("%d ", waitpid(p[0], &st, 0) < 0), printf("%d ", waitpid(p[0], &st, __WCLONE) > 0),
        signal(SIGCHLD, SIG_IGN);
    if ((p[1] = fork()) == 0)
        _exit(3);
    printf("%d ", waitpid(p[1], &st, 0) < 0), signal(SIGCHLD, SIG_DFL),
        printf("%d ", waitid(P_ALL, 0, &si, 0) < 0 && errno == EINVAL);
    printf("%d %d\n", waitpid(-99999, &st, 0) < 0 && errno == ECHILD,
           waitid(P_PIDFD, 77, &si, WEXITED) < 0 && errno == EBADF);
    return sum < 0;
}
