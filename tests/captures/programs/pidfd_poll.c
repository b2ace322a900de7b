#define _GNU_SOURCE
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    int fd = -1;
    struct clone_args a;
    memset(&a, 0, sizeof a);
    a.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
    a.pidfd = (uintptr_t)&fd;
    a.exit_signal = SIGCHLD;
    pid_t p = (pid_t)syscall(SYS_clone3, &a, sizeof a);
    if (!p) {
        prctl(PR_SET_NAME, "kid");
        usleep(20000);
        _exit(4);
    }
    struct pollfd q = {fd, POLLIN, 0};
    poll(&q, 1, -1);
    siginfo_t i;
    waitid(3, (id_t)fd, &i, WEXITED);
    sigset_t m;
    sigemptyset(&m);
    sigaddset(&m, SIGCHLD);
    sigprocmask(SIG_BLOCK, &m, 0);
    int s = signalfd(-1, &m, 0);
    int e = epoll_create1(0);
    struct epoll_event v = {EPOLLIN, {0}};
    epoll_ctl(e, EPOLL_CTL_ADD, s, &v);
    p = fork();
    if (!p) {
        prctl(PR_SET_PDEATHSIG, SIGHUP);
        usleep(10000);
        _exit(0);
    }
    epoll_wait(e, &v, 1, -1);
    struct signalfd_siginfo si;
    read(s, &si, sizeof si);
    wait(0);
    p = fork();
    if (!p)
        for (;;)
            pause();
    fd = (int)syscall(SYS_pidfd_open, p, 0);
    syscall(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0);
    wait(0);
    return 0;
}
