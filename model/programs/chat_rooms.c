/* chat_rooms: a server of two rooms, stream and datagram, that waits with epoll, an epoll in an epoll, poll, ppoll, select and pselect
 * in turn; guests come, speak in pieces, hang up in the middle, and one is killed */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUESTS = 5 };
static char name[40];
static int stream[GUESTS][2], dgram[2], heard;

static void guest(int i) {
    char b[64];
    struct iovec v[2] = {{"hello ", 6}, {"all", 3}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    struct pollfd pl;
    alarm(7);
    for (int k = 0; k < GUESTS; k++)
        close(stream[k][0]), k != i ? close(stream[k][1]) : 0;
    pl = (struct pollfd){stream[i][1], POLLIN, 0};
    for (int n = 0; n < 4 + i; n++) {
        usleep((useconds_t)(3000 + 1700 * i));
        if (n % 3 == 0)
            sendmsg(stream[i][1], &m, MSG_NOSIGNAL);
        else if (n % 3 == 1)
            write(stream[i][1], "word", (size_t)(1 + n % 4));
        else
            send(dgram[1], "a letter", 8, MSG_DONTWAIT);
        if (poll(&pl, 1, 20) > 0 && recv(stream[i][1], b, i == 2 ? 1 : sizeof b, i == 3 ? MSG_PEEK : 0) == 0)
            break;
        if (i == 4 && n == 2)
            shutdown(stream[i][1], SHUT_WR);
    }
    if (i == 1)
        pause();
    _exit(0);
}
static int hear(int fd) {
    char b[32];
    struct iovec v = {b, sizeof b};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    ssize_t n = heard % 2 ? recvmsg(fd, &m, MSG_DONTWAIT) : recv(fd, b, 3, MSG_DONTWAIT);
    if (n > 0)
        heard++, fd != dgram[0] ? send(fd, "yes", 3, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    return n > 0 || (n < 0 && errno == EAGAIN);
}
static void by_select(int rounds, sigset_t const* mask) {
    for (int round = 0; round < rounds; round++) {
        fd_set r, w;
        struct timeval tv = {0, 30000};
        struct timespec ts = {0, 30000000};
        int hi = dgram[0];
        FD_ZERO(&r);
        FD_ZERO(&w);
        FD_SET(dgram[0], &r);
        for (int i = 0; i < GUESTS; i++) {
            FD_SET(stream[i][0], &r);
            if (round == 1)
                FD_SET(stream[i][0], &w);
            hi = stream[i][0] > hi ? stream[i][0] : hi;
        }
        if ((round % 2 ? pselect(hi + 1, &r, &w, NULL, &ts, mask) : select(hi + 1, &r, NULL, NULL, round ? &tv : NULL)) <= 0)
            continue;
        for (int fd = 0; fd <= hi; fd++)
            if (FD_ISSET(fd, &r))
                hear(fd);
    }
}
static void by_poll(int rounds, sigset_t const* mask) {
    struct pollfd pl[GUESTS + 1];
    struct timespec ts = {0, 20000000};
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i <= GUESTS; i++)
            pl[i] = (struct pollfd){i == GUESTS ? dgram[0] : stream[i][0], round == 2 ? POLLIN | POLLOUT : POLLIN | POLLRDHUP, 0};
        if ((round % 2 ? ppoll(pl, GUESTS + 1, &ts, mask) : poll(pl, GUESTS + 1, 25)) > 0)
            for (int i = 0; i <= GUESTS; i++)
                pl[i].revents & POLLIN ? hear(pl[i].fd) : 0;
    }
}
static void by_epoll(int rounds, int sfd, int tfd) {
    int in = epoll_create1(EPOLL_CLOEXEC), out = epoll_create(5), left = GUESTS;
    struct epoll_event e, ev[4];
    unsigned long long x;
    struct signalfd_siginfo si;
    for (int i = 0; i <= GUESTS; i++)
        e.data.fd = i == GUESTS ? dgram[0] : stream[i][0], e.events = i % 2 ? EPOLLIN | EPOLLET : EPOLLIN | (i == 2 ? EPOLLONESHOT : 0),
        epoll_ctl(i < 3 ? in : out, EPOLL_CTL_ADD, e.data.fd, &e);
    e = (struct epoll_event){EPOLLIN, {.fd = in}}, epoll_ctl(out, EPOLL_CTL_ADD, in, &e);
    e.data.fd = sfd, epoll_ctl(out, EPOLL_CTL_ADD, sfd, &e), e.data.fd = tfd, epoll_ctl(out, EPOLL_CTL_ADD, tfd, &e);
    epoll_ctl(in, EPOLL_CTL_ADD, in, &e), epoll_ctl(in, EPOLL_CTL_DEL, 99, NULL), epoll_ctl(in, EPOLL_CTL_ADD, stream[0][0], &e);
    for (int round = 0; round < rounds && left > 0; round++) {
        int n = epoll_wait(out, ev, round % 4 + 1, 40);
        if (n <= 0)
            break;
        for (int i = 0; i < n; i++) {
            int fd = ev[i].data.fd;
            if (fd == in && epoll_pwait(in, &e, 1, 0, NULL) > 0)
                fd = e.data.fd;
            if (fd == sfd)
                x = (unsigned long long)read(sfd, &si, sizeof si), waitpid(-1, NULL, WNOHANG);
            else if (fd == tfd)
                x = (unsigned long long)read(tfd, &x, 8);
            else if (fd != in && (!hear(fd) || ev[i].events & EPOLLHUP))
                epoll_ctl(in, EPOLL_CTL_DEL, fd, NULL), epoll_ctl(out, EPOLL_CTL_DEL, fd, NULL), left--;
            else if (fd == stream[2][0])
                e.data.fd = fd, e.events = EPOLLIN | EPOLLONESHOT, epoll_ctl(in, EPOLL_CTL_MOD, fd, &e);
        }
    }
    close(in), close(out);
}
int main(void) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct itimerspec it = {{0, 15000000}, {0, 5000000}};
    sigset_t chld, none;
    pid_t p[GUESTS];
    int sfd, tfd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    alarm(20), sigemptyset(&chld), sigemptyset(&none), sigaddset(&chld, SIGCHLD), sigprocmask(SIG_BLOCK, &chld, NULL);
    snprintf(name, sizeof name, "/tmp/rooms%d", getpid()), strcpy(a.sun_path, name), sfd = signalfd(-1, &chld, SFD_NONBLOCK);
    dgram[0] = socket(AF_UNIX, SOCK_DGRAM, 0), dgram[1] = socket(AF_UNIX, SOCK_DGRAM, 0);
    bind(dgram[0], (struct sockaddr*)&a, sizeof a), connect(dgram[1], (struct sockaddr*)&a, sizeof a);
    for (int i = 0; i < GUESTS; i++)
        if (socketpair(AF_UNIX, i == 3 ? SOCK_SEQPACKET : SOCK_STREAM, 0, stream[i]))
            return 0;
    for (int i = 0; i < GUESTS; i++)
        if ((p[i] = fork()) == 0)
            guest(i);
    for (int i = 0; i < GUESTS; i++)
        close(stream[i][1]);
    by_select(4, &none), by_poll(4, &none), timerfd_settime(tfd, 0, &it, NULL), by_epoll(25, sfd, tfd), kill(p[1], SIGKILL);
    by_poll(2, &none), by_epoll(6, sfd, tfd), by_select(2, &none);
    while (wait(NULL) > 0)
        ;
    return unlink(name), printf("chat_rooms: %s\n", heard > 8 ? "a lively evening" : "quiet") < 0;
}
