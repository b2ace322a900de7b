/* unix_mail: AF_UNIX datagrams and streams by path and abstract name: credentials, file descriptors
 * in a cycle, backlogs, peeks, shutdown, refusals */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_un at(char const* name, int abstract) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    return strncpy(a.sun_path + abstract, name, sizeof a.sun_path - 2), a;
}
#define ADDR(a) (struct sockaddr*)&(a), sizeof(a)
static int box(char const* name, int type, int abstract) {
    struct sockaddr_un a = at(name, abstract);
    int s = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(s, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    return bind(s, ADDR(a)) ? printf("%s: %m\n", name), s : s;
}
static int send_fd(int s, int fd) {
    union {
        char b[CMSG_SPACE(sizeof fd)];
        struct cmsghdr h;
    } c = {""};
    struct iovec v = {"f", 1};
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = c.b, .msg_controllen = sizeof c.b};
    c.h = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    return memcpy(CMSG_DATA(&c.h), &fd, sizeof fd), (int)sendmsg(s, &m, MSG_NOSIGNAL);
}
static void sender(int i) {
    struct sockaddr_un a = at("/tmp/unix_mail", 0);
    int s = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct mmsghdr mm[3];
    struct iovec v = {"letter", 6};
    alarm(4), memset(mm, 0, sizeof mm), connect(s, ADDR(a));
    for (int k = 0; k < 3; k++)
        mm[k].msg_hdr.msg_iov = &v, mm[k].msg_hdr.msg_iovlen = 1;
    for (int k = 0; k < 4; k++)
        sendmmsg(s, mm, 3, 0); /* more than the queue takes: blocks */
    _exit(i);
}
int main(void) {
    char b[512];
    int d, l, s, sp[2], n, len = 1;
    struct sockaddr_un a = at("kflow-mail", 1), gone = at("/tmp/unix_mail.none", 0);
    pid_t p[3];
    union {
        char c[128];
        struct cmsghdr h;
    } ctl;
    struct iovec v = {b, sizeof b};
    struct ucred uc;
    socklen_t ul = sizeof uc;
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = ctl.c, .msg_controllen = sizeof ctl.c};
    alarm(12), signal(SIGPIPE, SIG_IGN), unlink("/tmp/unix_mail"),
        d = box("/tmp/unix_mail", SOCK_DGRAM, 0), l = box("kflow-mail", SOCK_STREAM, 1);
    close(box("/tmp/unix_mail", SOCK_DGRAM, 0)); /* EADDRINUSE */
    for (int i = 0; i < 2; i++)
        if (!(p[i] = fork()))
            sender(i);
    usleep(30000);
    for (n = 0; n < 24 && recvmsg(d, &m, 0) > 0; n++)
        m.msg_controllen = sizeof ctl.c,
        len = n % 5 ? len : (int)recv(d, b, 2, MSG_PEEK | MSG_DONTWAIT);
    for (int i = 0; i < 2; i++)
        waitpid(p[i], NULL, 0);
    s = socket(AF_UNIX, SOCK_STREAM, 0), printf("%d letters; ", n),
    printf("%s, ", connect(s, ADDR(gone)) ? strerror(errno) : "?");
    printf("%s\n", connect(s, ADDR(a)) ? strerror(errno) : "?"), listen(l, 1);
    for (int i = 0; i < 3; i++)
        if (!(p[i] = fork())) { /* two wait in the backlog, one to be let in */
            alarm(4), n = socket(AF_UNIX, SOCK_STREAM, 0);
            if (connect(n, ADDR(a)) == 0 && write(n, "hello", 5) == 5)
                shutdown(n, SHUT_WR), n = (int)read(n, b, sizeof b);
            _exit(n);
        }
    usleep(40000);
    for (int i = 0; i < 3; i++) {
        int c = accept4(l, NULL, NULL, i ? SOCK_NONBLOCK : 0);
        struct pollfd pl = {c, POLLIN | POLLRDHUP, 0};
        poll(&pl, 1, 1000), getsockopt(c, SOL_SOCKET, SO_PEERCRED, &uc, &ul),
            n = (int)recv(c, b, sizeof b, MSG_DONTWAIT);
        if (i == 0)
            kill(uc.pid, SIGKILL), usleep(5000); /* the peer is gone: EPIPE, or reset */
        if (i == 1)
            n = (int)send(c, b, n, MSG_NOSIGNAL);
        shutdown(c, SHUT_RDWR), close(c); /* the last has its answer unread */
    }
    for (int i = 0; i < 3; i++)
        waitpid(p[i], &n, 0), printf("%d ", WIFEXITED(n) ? WEXITSTATUS(n) : -WTERMSIG(n));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sp) ==
        0) { /* each end travels in the other: only the collector frees them */
        n = 512, setsockopt(sp[0], SOL_SOCKET, SO_SNDBUF, &n, sizeof n), send_fd(sp[0], sp[0]),
        send_fd(sp[1], sp[1]), send_fd(sp[0], d);
        close(sp[0]), close(sp[1]), close(socket(AF_UNIX, SOCK_DGRAM, 0));
    }
    send_fd(s, d), close(s), unlink("/tmp/unix_mail");
    return printf("peer %s\n", uc.pid > 0 ? "known" : "unknown") < 0;
}
