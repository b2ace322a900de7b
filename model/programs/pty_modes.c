/* pty_modes: line discipline: raw and canonical reads, VMIN and VTIME, echo, ^S and ^Q, flushes,
 * packet mode, two terminals, EIO at the end */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int m, s;
static volatile sig_atomic_t caught;
static void on(int sig) {
    caught = sig;
}
static void say(int fd, char const* text, int n) {
    if (write(fd, text, n) < 0)
        caught = -1;
}
static void mode(int raw, int min, int time) {
    struct termios t;
    tcgetattr(s, &t);
    if (raw)
        cfmakeraw(&t);
    else
        t.c_lflag |= ICANON | ECHO | ISIG, t.c_iflag |= ICRNL | IXON, t.c_oflag |= OPOST | ONLCR;
    t.c_cc[VMIN] = min, t.c_cc[VTIME] = time,
    tcsetattr(s,
              raw == 2 ? TCSANOW
              : raw    ? TCSAFLUSH
                       : TCSADRAIN,
              &t);
}
static int got(int fd, int us) {
    char buf[128];
    fd_set r;
    struct timespec ts = {0, us * 1000L};
    sigset_t none;
    sigemptyset(&none);
    FD_ZERO(&r);
    FD_SET(fd, &r);
    return pselect(fd + 1, &r, NULL, NULL, &ts, &none) > 0 ? (int)read(fd, buf, sizeof buf) : -1;
}
static void reader(int kind) /* blocks in a read of the terminal, in the way that is told */
{
    char buf[64];
    struct sigaction sa = {.sa_handler = on, .sa_flags = kind == 2 ? SA_RESTART : 0};
    sigaction(SIGUSR1, &sa, NULL), alarm(5);
    ssize_t n = read(s, buf, kind == 1 ? 4 : sizeof buf);
    _exit(n < 0 ? 100 : (int)n);
}
static pid_t start(int kind) {
    pid_t p = fork();
    if (p == 0)
        reader(kind);
    return usleep(30000), p;
}
static int end(pid_t p) {
    int st = 0;
    waitpid(p, &st, 0);
    return WEXITSTATUS(st);
}
int main(void) {
    char buf[4096];
    int n = 0, one = 1;
    pid_t p;
    struct termios t;
    m = posix_openpt(O_RDWR | O_NOCTTY);
    if (m < 0 || grantpt(m) || unlockpt(m))
        return 0;
    s = open(ptsname(m), O_RDWR | O_NOCTTY), alarm(20), signal(SIGTTOU, SIG_IGN);
    mode(0, 1, 0), p = start(0), say(m, "ab\177\177xyz\025new \027\n", 16),
                   printf("canonical %d\n", end(p)), got(m, 1000);
    mode(1, 4, 0), p = start(1), say(m, "12", 2), usleep(5000), say(m, "345", 3),
                   printf("raw %d, left %d\n", end(p), got(s, 1000));
    mode(2, 0, 1), p = start(0), printf("VTIME %d\n", end(p));
    mode(1, 1, 0), p = start(2), kill(p, SIGUSR1), usleep(20000), say(m, "r", 1),
                   printf("restarted %d\n", end(p));
    mode(1, 1, 0), p = start(0), kill(p, SIGUSR1), printf("broken %d\n", end(p));
    mode(0, 1, 0), say(m, "\023", 1), p = fork(); /* ^S: the writer waits for ^Q */
    if (p == 0)
        alarm(4), say(s, "held\n", 5), _exit(0);
    usleep(30000), say(m, "\021", 1), end(p), got(m, 1000);
    tcflow(s, TCOOFF), ioctl(s, TIOCOUTQ, &n), tcflow(s, TCOON), tcflush(s, TCIOFLUSH), tcdrain(s),
        tcsendbreak(s, 0);
    ioctl(m, TIOCPKT, &one), tcflush(s, TCIFLUSH), say(s, "packet", 6), got(m, 2000), got(m, 2000),
        n = 0, ioctl(m, TIOCPKT, &n);
    p = fork(); /* fills the line until it blocks, then is killed */
    if (p == 0) {
        alarm(3);
        for (int i = 0; i < 40; i++)
            say(s, buf, sizeof buf);
        _exit(0);
    }
    usleep(50000), kill(p, SIGKILL), end(p), got(m, 1000), got(m, 1000);
    p = start(0), close(s), close(m),
    printf("at the end %d\n", end(p)); /* the child's own copy of the other end: still open */
    int fd = open("/dev/tty", O_RDWR);
    n = openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_NONBLOCK), ioctl(n, TIOCSPTLCK, &(int){0});
    s = ioctl(n, TIOCGPTPEER, O_RDWR | O_NOCTTY), close(n);
    printf("after the hang-up: %d %d, %d\n", (int)read(s, buf, 9), (int)write(s, buf, 9),
           tcgetattr(s, &t));
    return fd >= 0 && close(fd);
}
