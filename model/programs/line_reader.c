/* line_reader: an editor, a pager and a shell in turn at one terminal: keys one by one with and without a time, lines, escape
 * sequences in pieces, typed ahead and flushed; readers that wait in epoll, poll and read when the other end goes, in the
 * background, with a signal */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int keys;
static void nothing(int s) {
    (void)s;
}
static void mode(int fd, int raw, int least, int tenths) {
    struct termios t;
    tcgetattr(fd, &t);
    if (raw)
        cfmakeraw(&t), t.c_cc[VMIN] = (cc_t)least, t.c_cc[VTIME] = (cc_t)tenths;
    else
        t.c_lflag |= ICANON | ECHO | ISIG | IEXTEN, t.c_iflag |= ICRNL | IXON, t.c_oflag |= OPOST;
    tcsetattr(fd, raw == 2 ? TCSAFLUSH : TCSADRAIN, &t);
}
static ssize_t take(int fd, size_t most) {
    char b[256];
    ssize_t n = read(fd, b, most);
    return keys += n > 0, n > 0 && b[0] == 27 ? (void)!write(fd, "\r\n[esc]", 7) : (void)0, n;
}
static void editor(int fd) {
    mode(fd, 1, 1, 0);
    for (int i = 0; i < 6; i++)
        take(fd, 1 + i % 3);
    mode(fd, 1, 0, 1), take(fd, 10), take(fd, 10), mode(fd, 1, 3, 1), take(fd, 9), take(fd, 2), mode(fd, 1, 0, 0), take(fd, 5);
    fcntl(fd, F_SETFL, O_NONBLOCK), take(fd, 9), fcntl(fd, F_SETFL, 0), mode(fd, 2, 4, 0), take(fd, 4);
}
static void pager(int fd) {
    struct pollfd p = {fd, POLLIN, 0};
    struct winsize w;
    int many, ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN | EPOLLET};
    mode(fd, 1, 1, 0), ioctl(fd, TIOCGWINSZ, &w), epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    for (int i = 0; i < 5; i++) {
        i % 2 ? poll(&p, 1, 40) : epoll_wait(ep, &e, 1, 40), ioctl(fd, FIONREAD, &many);
        if (many > 0)
            take(fd, 64), dprintf(fd, "page %d of %d\r\n", i, w.ws_row), tcdrain(fd);
    }
    tcflush(fd, TCIFLUSH), epoll_ctl(ep, EPOLL_CTL_DEL, fd, &e), epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), close(ep);
}
static void shell(int fd) {
    mode(fd, 0, 0, 0), signal(SIGINT, nothing), signal(SIGTTIN, SIG_DFL);
    for (int i = 0; i < 4; i++)
        take(fd, i % 2 ? 5 : 200);
    pid_t p = fork();
    if (p == 0) /* reads from the background: is stopped, and goes on in front */
        setpgid(0, 0), take(fd, 50), _exit(0);
    waitpid(p, NULL, WUNTRACED), tcsetpgrp(fd, p), kill(-p, SIGCONT), waitpid(p, NULL, 0), signal(SIGTTOU, SIG_IGN),
        tcsetpgrp(fd, getpgrp());
    int ep = epoll_create1(0);
    struct epoll_event e = {.events = EPOLLIN};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), epoll_wait(ep, &e, 1, 300), take(fd, 9), signal(SIGHUP, nothing);
    while (take(fd, 30) > 0 || errno == EINTR)
        ;
    epoll_wait(ep, &e, 1, 10), take(fd, 1), dprintf(fd, "x"), _exit(0);
}
static void type(int master, char const* text, int pause) {
    char b[400];
    struct pollfd p = {master, POLLIN, 0};
    (void)!write(master, text, strlen(text)), usleep((useconds_t)pause);
    while (poll(&p, 1, 1) > 0 && p.revents & POLLIN && read(master, b, sizeof b) > 0)
        ;
}
int main(void) {
    static char const* const typed[] = {"abc",       "\033[A", "\033",      "[Bx",  "yz0123",      "k",
                                        "q \033[5~", "/word",  "gg",        "ls\r", "cat x",       "\b\b\025",
                                        "\r",        "\003",   "half \004", "\004", "for child\r", "last\r"};
    int st;
    alarm(20);
    for (int round = 0; round < 2; round++) {
        int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        grantpt(master), unlockpt(master), ioctl(master, TIOCSWINSZ, &(struct winsize){24, 80, 0, 0});
        pid_t p = fork();
        if (p == 0) {
            setsid();
            int fd = open(ptsname(master), O_RDWR);
            alarm(9), close(master), round ? (void)0 : editor(fd), pager(fd), shell(fd);
        }
        for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
            type(master, typed[(i + 7 * (size_t)round) % (sizeof typed / sizeof *typed)], i % 4 == 3 ? 30000 : 6000);
        ioctl(master, TIOCSWINSZ, &(struct winsize){30, 100, 0, 0}), type(master, "end\r", 20000), type(master, "\r\r", 9000),
            close(master);
        waitpid(p, &st, 0), keys += WIFEXITED(st);
    }
    return printf("line_reader: %s\n", keys ? "read" : "silent") < 0;
}
