/* unix_letters: sockets of the machine itself, streams, packets and datagrams: named, nameless and of no place in the tree; letters
 * with descriptors, credentials and pids in them, out of band, peeked at, too long, waited for with a limit, shut on one side, by many
 * at once */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int good;
static void ok(long r) {
    good += r >= 0;
}
static socklen_t place(struct sockaddr_un* a, char const* name) { /* '@': a name without a file */
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(a->sun_path, sizeof a->sun_path, "%s%d", name, getpid());
    socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(a->sun_path) + (*name != '@'));
    return *name == '@' ? a->sun_path[0] = 0, n : n;
}
static void give(int s, int fd, int creds) {
    char b[CMSG_SPACE(2 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))] = {0};
    struct iovec v = {"letter", 6};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = b, .msg_controllen = CMSG_SPACE(sizeof(int) * 2)};
    struct cmsghdr* c = CMSG_FIRSTHDR(&m);
    struct ucred u = {getpid(), getuid(), getgid()};
    int fds[2] = {fd, s};
    if (creds)
        m.msg_controllen = CMSG_SPACE(sizeof u), c->cmsg_type = SCM_CREDENTIALS, c->cmsg_len = CMSG_LEN(sizeof u), memcpy(CMSG_DATA(c),
            &u, sizeof u);
    else
        c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof fds), memcpy(CMSG_DATA(c), fds, sizeof fds);
    c->cmsg_level = SOL_SOCKET, ok(sendmsg(s, &m, MSG_NOSIGNAL));
}
static void take(int s, int flags) {
    char b[200], text[30];
    struct sockaddr_un from;
    struct iovec v[2] = {{text, 3}, {text + 3, 20}};
    struct msghdr m = {&from, sizeof from, v, 2, b, sizeof b, 0};
    int fd;
    ok(recvmsg(s, &m, flags));
    for (struct cmsghdr* c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
        if (c->cmsg_type == SCM_RIGHTS)
            memcpy(&fd, CMSG_DATA(c), sizeof fd), ok(write(fd, "x", 1)), close(fd);
}
static void* hang_up(void* arg) {
    return usleep(1500), shutdown(*(int*)arg, SHUT_RDWR), arg;
}
static void pair_of(int type) {
    static char big[70000];
    struct timeval tv = {0, 3000};
    struct mmsghdr many[3] = {0};
    struct iovec v = {big, 100};
    pthread_t t;
    int s[2], one = 1, n, null = open("/dev/null", O_RDWR), size = 5000;
    socklen_t len = sizeof n;
    ok(socketpair(AF_UNIX, type, 0, s)), ok(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
    ok(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size)), ok(setsockopt(s[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
    ok(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, big, &(socklen_t){12})), ok(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &n, &len));
    give(s[0], null, 0), give(s[0], null, 1), take(s[1], MSG_PEEK), take(s[1], MSG_CMSG_CLOEXEC), take(s[1], 0), take(s[1],
        0); /* the last waits */
    ok(send(s[0], "urgent", 6, MSG_OOB)), ok(recv(s[1], big, 1, MSG_OOB)), ok(send(s[0], big, 3000, MSG_DONTWAIT | MSG_MORE));
    for (int i = 0; i < 4; i++)
        ok(send(s[0], big, sizeof big, MSG_DONTWAIT | MSG_NOSIGNAL));
    ok(ioctl(s[1], FIONREAD, &n)), ok(ioctl(s[0], TIOCOUTQ, &n)), ok(recv(s[1], big, 10, MSG_TRUNC)), ok(recv(s[1], big, 5000,
        MSG_WAITALL));
    for (int i = 0; i < 3; i++)
        many[i].msg_hdr = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1};
    ok(sendmmsg(s[0], many, 3, MSG_DONTWAIT)), ok(recvmmsg(s[1], many, 3, MSG_DONTWAIT, NULL)), ok(fcntl(s[1], F_SETFL, O_NONBLOCK));
    while (read(s[1], big, sizeof big) > 0)
        good++;
    ok(fcntl(s[1], F_SETFL, 0)), give(s[0], s[1], 0);
    pthread_create(&t, NULL, hang_up, &s[0]), ok(recv(s[1], big, 6, 0)), ok(recv(s[1], big, 1, 0)), pthread_join(t, NULL);
    ok(send(s[1], "x", 1, MSG_NOSIGNAL)), close(s[0]), close(s[1]), close(null);
}
static void office(char const* name, int type) {
    struct sockaddr_un a, b;
    socklen_t n = place(&a, name), m = sizeof b;
    int s = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), c, fd;
    ok(bind(s, (struct sockaddr*)&a, n)), ok(listen(s, 2));
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            char text[40] = "from one of many";
            alarm(4), fd = socket(AF_UNIX, type, 0), i == 3 ? close(s) : 0, ok(connect(fd, (struct sockaddr*)&a, n));
            for (int k = 0; k < 3; k++)
                usleep((useconds_t)(500 * i)), ok(send(fd, text, (size_t)(4 + 5 * k), MSG_NOSIGNAL)), type == SOCK_DGRAM ? 0 : recv(fd,
                    text, 2, 0);
            ok(getpeername(fd, (struct sockaddr*)&b, &m)), _exit(0);
        }
    struct pollfd p = {s, POLLIN, 0};
    for (int i = 0; i < (type == SOCK_DGRAM ? 12 : 4) && poll(&p, 1, 40) > 0; i++) {
        m = sizeof b;
        if (type == SOCK_DGRAM) {
            char text[10];
            ok(recvfrom(s, text, sizeof text, i % 2 ? MSG_TRUNC : 0, (struct sockaddr*)&b, &m));
            continue;
        }
        c = accept4(s, (struct sockaddr*)&b, &m, i % 2 ? SOCK_NONBLOCK : 0), usleep(1000), take(c, 0), ok(send(c, "yes", 3,
            MSG_NOSIGNAL)), take(c, 0);
        ok(getsockname(c, (struct sockaddr*)&b, &m)), shutdown(c, i % 2 ? SHUT_RD : SHUT_WR), close(c);
    }
    close(s), *name == '/' ? unlink(a.sun_path) : 0;
    while (wait(NULL) > 0)
        ;
}
int main(void) {
    alarm(20), signal(SIGPIPE, SIG_IGN), signal(SIGURG, SIG_IGN);
    pair_of(SOCK_STREAM), pair_of(SOCK_DGRAM), pair_of(SOCK_SEQPACKET);
    office("/tmp/letters", SOCK_STREAM), office("@letters", SOCK_SEQPACKET), office("/tmp/postcards", SOCK_DGRAM), office("@postcards",
        SOCK_DGRAM);
    return printf("unix_letters: %s\n", good > 60 ? "delivered" : "lost") < 0;
}
