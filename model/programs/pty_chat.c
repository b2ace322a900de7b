/* pty_chat: both ends of a terminal: raw and by lines, echo, erase, end of file, signals by keys, stop and go, sizes, hang-up, a
 * background writer and reader, select, poll and epoll on it, packet mode, what was typed ahead, a second session that takes it over */
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
#include <sys/select.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master, heard;
static void nothing(int s) {
    (void)s;
}
static void mode(int fd, int raw, int min, int tenths) {
    struct termios t;
    tcgetattr(fd, &t), raw ? cfmakeraw(&t) : (void)(t.c_lflag |= ICANON | ECHO | ISIG | IEXTEN, t.c_iflag |= ICRNL | IXON,
        t.c_oflag |= OPOST);
    t.c_cc[VMIN] = (cc_t)min, t.c_cc[VTIME] = (cc_t)tenths, t.c_lflag |= TOSTOP, tcsetattr(fd, raw ? TCSANOW : TCSADRAIN, &t);
}
static void reader(int fd, int n) {
    char b[40];
    struct pollfd p = {fd, POLLIN, 0};
    for (int i = 0; i < n; i++) {
        if (i % 3 == 1)
            poll(&p, 1, 15);
        ssize_t r = read(fd, b, i % 4 == 3 ? 2 : sizeof b);
        if (r < 0 && errno == EIO)
            break;
        if (r > 0)
            write(fd, b, (size_t)r);
    }
}
static void guest(char const* name, int how) {
    int fd;
    pid_t p;
    alarm(6), setsid(), fd = open(name, O_RDWR), signal(SIGINT, nothing), signal(SIGWINCH, nothing), signal(SIGHUP,
        how == 2 ? nothing : SIG_DFL);
    ioctl(fd, TIOCSCTTY, 0), tcsetpgrp(fd, getpid()), mode(fd, how == 1, 1 + how, how);
    if (how == 2 && (p = fork()) == 0) { /* in the background */
        char b[10];
        setpgid(0, 0), signal(SIGTTOU, SIG_IGN), write(fd, "behind\n", 7), signal(SIGTTIN, SIG_IGN), read(fd, b, 10), tcsetpgrp(fd,
            getpid());
        signal(SIGTTOU, SIG_DFL), tcsetpgrp(fd, getppid()), write(fd, "back\n", 5), _exit(0);
    }
    reader(fd, 9), tcflow(fd, TCOOFF), tcflow(fd, TCOON), tcsendbreak(fd, 0), tcflush(fd, TCIOFLUSH), tcdrain(fd), ioctl(fd, TIOCNOTTY);
    _exit(how);
}
static void say(char const* text) {
    for (size_t n = strlen(text), i = 0; i < n; i += 5)
        (void)!write(master, text + i, n - i < 5 ? n - i : 5), usleep(900);
}
static void listen_for(int rounds) {
    char b[100];
    struct timeval tv = {0, 9000};
    struct pollfd p = {master, POLLIN | POLLOUT, 0};
    struct epoll_event e = {EPOLLIN | EPOLLHUP, {0}};
    int ep = epoll_create1(0);
    fd_set r;
    epoll_ctl(ep, EPOLL_CTL_ADD, master, &e);
    for (int i = 0; i < rounds; i++) {
        FD_ZERO(&r);
        FD_SET(master, &r);
        tv.tv_usec = 6000;
        if ((i % 3 == 0 ? select(master + 1, &r, NULL, NULL, &tv) : i % 3 == 1 ? poll(&p, 1, 6) : epoll_wait(ep, &e, 1, 6)) > 0)
            heard += read(master, b, i % 2 ? 7 : sizeof b) > 0;
    }
    close(ep);
}
int main(void) {
    struct winsize w = {24, 80, 0, 0};
    char name[40];
    int n, st, one = 1;
    pid_t p;
    alarm(20), signal(SIGHUP, SIG_IGN);
    for (int how = 0; how < 4; how++) {
        master = posix_openpt(O_RDWR | O_NOCTTY | (how == 3 ? O_CLOEXEC : 0)), grantpt(master), unlockpt(master), fcntl(master, F_SETFL,
            O_NONBLOCK);
        ptsname_r(master, name, sizeof name);
        if (how == 3)
            ioctl(master, TIOCPKT, &one);
        if ((p = fork()) == 0)
            close(master), guest(name, how % 3);
        usleep(6000), say("a line\nanother one, \x7f\x7f longer\n"), listen_for(3), ioctl(master, FIONREAD, &n), w.ws_row += 5;
        ioctl(master, TIOCSWINSZ, &w), ioctl(master, TIOCGWINSZ, &w), say("typed \x15killed \x17word\n\x03"), listen_for(3);
        say(how == 1 ? "raw bytes" : "\x13"), listen_for(2), say("\x11go on\n\x16\x03\n"), listen_for(3), say("\x04"), listen_for(3);
        if (how == 2)
            ioctl(master, TIOCSIG, SIGINT), say("\x1a"), kill(p, SIGCONT);
        if (how == 0)
            say("\x1c"), usleep(3000);
        listen_for(3), close(master), usleep(2000), kill(p, SIGKILL), waitpid(p, &st, 0);
    }
    while (wait(NULL) > 0)
        ;
    return printf("pty_chat: %s\n", heard > 5 ? "talked" : "silent") < 0;
}
