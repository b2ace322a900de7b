/* select_hub: four clients of a hub that waits by select, poll, epoll in an epoll, ppoll; edges,
 * one-shots, exclusive waiters, busy and broken waits */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 4 };
static int sp[CLIENTS][2], gate;
static int volatile woken;
static void nothing(int s) {
    (void)s;
}
static void* exclusive(void* arg) /* three of them: one is woken by each event */
{
    struct epoll_event e = {EPOLLIN | EPOLLEXCLUSIVE, {0}};
    int ep = epoll_create1(0);
    eventfd_t v;
    epoll_ctl(ep, EPOLL_CTL_ADD, gate, &e);
    if (epoll_wait(ep, &e, 1, 400) > 0 && eventfd_read(gate, &v) == 0)
        __sync_fetch_and_add(&woken, 1);
    return close(ep), arg;
}
static void client(int i) {
    char c;
    alarm(6);
    for (int k = 0; k < CLIENTS; k++) {
        close(sp[k][0]);
        if (k != i)
            close(sp[k][1]);
    }
    for (int n = 0; n < 5; n++) {
        usleep(4000 + 3000 * i);
        if (write(sp[i][1], "event", 1 + i) < 0 || read(sp[i][1], &c, 1) < 1)
            break;
    }
    _exit(i);
}
static int answer(int fd) {
    char b[16];
    ssize_t n = read(fd, b, sizeof b);
    return n > 0 ? (int)write(fd, "k", 1) : (close(fd), 0);
}
int main(void) {
    int inner = epoll_create1(EPOLL_CLOEXEC), outer = epoll_create1(0), n, served = 0, hi = 0;
    fd_set r, w, x;
    pthread_t t[3];
    sigset_t m, none;
    struct pollfd pl[CLIENTS];
    struct epoll_event e, ev[CLIENTS];
    struct sigaction sa = {.sa_handler = nothing};
    alarm(15), sigaction(SIGUSR1, &sa, NULL), signal(SIGPIPE, SIG_IGN), sigemptyset(&m),
        sigemptyset(&none), sigaddset(&m, SIGUSR1);
    for (int i = 0; i < CLIENTS; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, sp[i]))
            return 0;
    for (int i = 0; i < CLIENTS; i++)
        if (fork() == 0)
            client(i);
    for (int i = 0; i < CLIENTS; i++)
        close(sp[i][1]), pl[i] = (struct pollfd){sp[i][0], POLLIN, 0},
                         hi = sp[i][0] > hi ? sp[i][0] : hi;
    for (int round = 0; round < 4; round++) { /* select, with writers and exceptions too */
        struct timeval tv = {0, 100000};
        FD_ZERO(&r);
        FD_ZERO(&w);
        FD_ZERO(&x);
        for (int i = 0; i < CLIENTS; i++) {
            FD_SET(sp[i][0], &r);
            FD_SET(sp[i][0], &x);
            if (round == 2)
                FD_SET(sp[i][0], &w);
        }
        n = select(hi + 1, &r, &w, &x, &tv);
        for (int i = 0; n > 0 && i < CLIENTS; i++)
            if (FD_ISSET(sp[i][0], &r))
                served += answer(sp[i][0]);
    }
    for (int round = 0; round < 4; round++) { /* poll, and ppoll with a signal that was pending */
        struct timespec ts = {0, 50000000};
        if (round == 2)
            sigprocmask(SIG_BLOCK, &m, NULL), raise(SIGUSR1), n = ppoll(pl, CLIENTS, &ts, &none);
        else
            n = poll(pl, CLIENTS, 100);
        for (int i = 0; n > 0 && i < CLIENTS; i++)
            if (pl[i].revents & POLLIN)
                served += answer(sp[i][0]);
    }
    for (int i = 0; i < CLIENTS; i++)
        e = (struct epoll_event){i == 0   ? EPOLLIN | EPOLLET
                                 : i == 1 ? EPOLLIN | EPOLLONESHOT
                                          : EPOLLIN | EPOLLRDHUP,
                                 {.fd = sp[i][0]}},
        epoll_ctl(inner, EPOLL_CTL_ADD, sp[i][0], &e);
    e = (struct epoll_event){EPOLLIN, {.fd = inner}}, epoll_ctl(outer, EPOLL_CTL_ADD, inner, &e),
    e.data.fd = outer;
    printf("a loop of two: %d\n", epoll_ctl(inner, EPOLL_CTL_ADD, outer, &e));
    for (int round = 0; round < 30 && epoll_wait(outer, &e, 1, 60) > 0; round++) {
        n = epoll_pwait(inner, ev, round % 3 + 1, 0, round % 2 ? &none : NULL);
        for (int i = 0; i < n; i++) {
            int fd = ev[i].data.fd;
            struct epoll_event again = {EPOLLIN | EPOLLONESHOT, {.fd = fd}};
            if (ev[i].events & EPOLLHUP || !answer(fd))
                epoll_ctl(inner, EPOLL_CTL_DEL, fd, NULL);
            else
                served++;
            if (fd == sp[1][0])
                epoll_ctl(inner, EPOLL_CTL_MOD, fd, &again);
        }
    }
    gate = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, exclusive, NULL);
    usleep(30000), eventfd_write(gate, 1), usleep(20000), eventfd_write(gate, 2);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    close(inner), e.data.fd = 0, n = epoll_wait(outer, &e, 1, 5);
    while (wait(NULL) > 0)
        ;
    return printf("served %s, woken %s\n", served > 8 ? "many" : "few", woken ? "some" : "none") <
           0;
}
