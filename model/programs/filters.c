/* filters: seccomp filters upon filters, over fork, exec and threads; errno, trap and trace
 * answers; a supervisor that answers, refuses, and is gone; strict mode */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t trapped;
static int volatile stop;
static void on(int s, siginfo_t* si, void* u) {
    (void)s, (void)u;
    trapped = si->si_syscall;
}
static int filter(int nr, unsigned what, unsigned flags) /* calls nr with an even first argument */
{
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, what),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &(struct sock_fprog){7, f});
}
static void* busy(void* arg) {
    while (!stop)
        usleep(500);
    return (void*)(syscall(SYS_getpriority, 0, 0) < 0 ? arg : NULL);
}
static int supervised(int answers) {
    int sp[2], l, st, n = 0;
    pid_t p;
    struct seccomp_notif q = {0};
    struct seccomp_notif_resp a = {0};
    struct pollfd pl;
    union {
        char b[CMSG_SPACE(4)];
        struct cmsghdr h;
    } c = {""};
    struct iovec v = {&n, 4};
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = c.b, .msg_controllen = sizeof c.b};
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sp))
        return 1;
    if ((p = fork()) == 0) {
        alarm(3), l = filter(SYS_dup, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER),
                  c.h = (struct cmsghdr){
                      .cmsg_len = CMSG_LEN(4), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        *(int*)(void*)CMSG_DATA(&c.h) = l, sendmsg(sp[1], &m, 0), close(l), n = dup(0) + 2 * dup(1),
        n += dup(2) == -1 ? errno : 100, _exit(n & 127);
    }
    if (recvmsg(sp[0], &m, 0) < 4)
        return kill(p, SIGKILL), waitpid(p, &st, 0), 2;
    l = *(int*)(void*)CMSG_DATA(&c.h), pl = (struct pollfd){l, POLLIN, 0};
    for (int i = 0;
         i < answers && poll(&pl, 1, 500) > 0 && ioctl(l, SECCOMP_IOCTL_NOTIF_RECV, &q) == 0; i++) {
        a = (struct seccomp_notif_resp){.id = q.id,
                                        .error = i ? -EACCES : 0,
                                        .val = i ? 0 : 40,
                                        .flags = i == 2 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0};
        if (i == 2)
            a.error = 0;
        ioctl(l, SECCOMP_IOCTL_NOTIF_ID_VALID, &q.id), ioctl(l, SECCOMP_IOCTL_NOTIF_SEND, &a),
            q = (struct seccomp_notif){0};
    }
    close(l); /* nobody answers any more: ENOSYS */
    return waitpid(p, &st, 0), WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st);
}
static int child(int how) {
    pthread_t t[2];
    void* r;
    int n = 0, st;
    pid_t p;
    struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
    alarm(4), sigaction(SIGSYS, &sa, NULL);
    switch (how) {
    case 0:
        for (int i = 0; i < 5; i++)
            filter(SYS_getpriority, SECCOMP_RET_ERRNO | (20 + i), 0);
        syscall(SYS_getpriority, 0, 0), n = errno;
        if (fork() == 0)
            syscall(SYS_getpriority, 0, 0), execl("/bin/true", "true", NULL), _exit(1);
        wait(NULL);
        break;
    case 1:
        filter(SYS_getpriority, SECCOMP_RET_TRAP, SECCOMP_FILTER_FLAG_LOG),
            syscall(SYS_getpriority, 0, 0), n = trapped == SYS_getpriority, signal(SIGSYS, SIG_IGN),
                                            syscall(SYS_getpriority, 0, 0);
        break; /* the second kills */
    case 2:
        for (int i = 0; i < 2; i++)
            pthread_create(&t[i], NULL, busy, &sa);
        usleep(2000), filter(SYS_getpriority, SECCOMP_RET_ERRNO | 9, SECCOMP_FILTER_FLAG_TSYNC),
            stop = 1;
        for (int i = 0; i < 2; i++)
            pthread_join(t[i], &r), n += r != NULL;
        break;
    case 3:
        if ((p = fork()) == 0)
            ptrace(PTRACE_TRACEME, 0, 0, 0), raise(SIGSTOP),
                filter(SYS_getpriority, SECCOMP_RET_TRACE | 7, 0), syscall(SYS_getpriority, 0, 0),
                syscall(SYS_getpriority, 1, 0), _exit(6);
        waitpid(p, &st, 0), ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESECCOMP);
        for (int i = 0; i < 4; i++) {
            ptrace(PTRACE_CONT, p, 0, 0), waitpid(p, &st, 0);
            if (!WIFSTOPPED(st))
                break;
            n += st >> 16;
        }
        break;
    case 4:
        filter(SYS_getpriority, SECCOMP_RET_KILL_THREAD, 0),
            filter(SYS_getpriority, SECCOMP_RET_ALLOW, 0), syscall(SYS_getpriority, 1, 0),
            syscall(SYS_getpriority, 2, 0);
        break;
    case 5:
        filter(SYS_prctl, SECCOMP_RET_ERRNO | EBUSY, 0),
            n = prctl(PR_GET_SECCOMP) + filter(SYS_seccomp, SECCOMP_RET_ERRNO | EINVAL, 0),
            n += syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &n) != 0;
        break;
    case 6:
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), n = (int)write(1, "", 0),
                                                    syscall(SYS_exit, n + 3);
        break;
    case 7:
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), raise(SIGTERM);
        break;
    }
    return n & 127;
}
int main(void) {
    int st;
    pid_t p;
    alarm(14);
    for (int how = 0; how < 8; how++) {
        fflush(stdout);
        if ((p = fork()) == 0)
            _exit(child(how));
        waitpid(p, &st, 0), printf("%d ", WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
    }
    for (int i = 0; i < 4; i++)
        fflush(stdout), printf("supervised %d ", supervised(i));
    return printf("\n") < 0;
}
