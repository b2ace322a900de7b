/* pty_bash: what script(1) and a user do: an interactive bash on a pseudo-terminal, jobs, ^Z, fg,
 * bg, kill, ^C, history and ^D */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master;
static long seen;
static void shell(char const* tty) {
    struct winsize ws = {24, 80, 0, 0};
    setsid();
    int fd = open(tty, O_RDWR);
    if (fd < 0)
        _exit(1);
    ioctl(fd, TIOCSWINSZ, &ws), dup2(fd, 0), dup2(fd, 1), dup2(fd, 2), close(fd), alarm(20);
    setenv("PS1", "$ ", 1), setenv("TERM", "vt100", 1),
        execlp("bash", "bash", "--norc", "-i", NULL), _exit(127);
}
static void listen_for(int ms) /* what the shell writes, until it says nothing for so long */
{
    char buf[512];
    fd_set in;
    ssize_t n;
    for (;;) {
        struct timeval tv = {ms / 1000, ms % 1000 * 1000};
        FD_ZERO(&in);
        FD_SET(master, &in);
        if (select(master + 1, &in, NULL, NULL, &tv) <= 0 ||
            (n = read(master, buf, sizeof buf)) <= 0)
            return;
        seen += n;
    }
}
static void type(char const* keys, int ms) {
    for (; *keys; keys++)
        if (write(master, keys, 1) != 1)
            return;
    listen_for(ms);
}
static void until(int job, pid_t shell) /* a job, or the shell itself, has the terminal */
{
    for (int i = 0; i < 150 && (tcgetpgrp(master) != shell) != job; i++)
        listen_for(20);
    listen_for(job ? 100 : 50);
}
int main(void) {
    struct termios t;
    int st = 0;
    char* tty;
    if ((master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 || grantpt(master) ||
        unlockpt(master) || !(tty = ptsname(master)))
        return 0;
    alarm(25);
    pid_t p = fork();
    if (p == 0)
        shell(tty);
    listen_for(500), type("echo hello\r", 150);
    type("sleep 9\r", 20), until(1, p), type("\032", 20), until(0, p), type("bg\r", 150),
        type("jobs -l\r", 150);
    type("fg\r", 20), until(1, p), type("\003", 20), until(0, p);
    type("sleep 8 & kill -9 $!\r", 200), type("wait; echo $?\r", 150);
    type("cat\r", 20), until(1, p), type("lin\177ne\r", 100), type("\004", 20),
        until(0, p); /* a line mended, then the end of input */
    if (tcgetattr(master, &t) == 0)
        seen += t.c_lflag & ICANON ? 1 : 0;
    type("ecko\001\006\006\006\b\b\010", 60), type("\003", 120); /* edited, thrown away */
    type("\020\020\r", 150);                                     /* one of the history again */
    type("exit 3\r", 300);
    waitpid(p, &st, 0);
    return printf("pty_bash: status %d, something was said: %d\n", WEXITSTATUS(st), seen > 20) < 0;
}
