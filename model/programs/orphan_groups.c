/* orphan_groups: sessions and groups that lose their parents: stopped jobs get SIGHUP and SIGCONT,
 * refused moves, a subreaper over a daemon, deaths in a chain */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int out[2];
static void tell(char c) {
    if (write(out[1], &c, 1) < 0)
        _exit(99);
}
static void hup(int s) {
    tell(s == SIGHUP ? 'h' : s == SIGCONT ? 'c' : s == SIGTERM ? 't' : 's');
}
static void catch (void) {
    struct sigaction sa = {.sa_handler = hup, .sa_flags = SA_RESTART};
    for (int s = 1; s < 25; s++)
        if (s == SIGHUP || s == SIGCONT || s == SIGTERM || s == SIGUSR1)
            sigaction(s, &sa, NULL);
}
static void job(int deep) /* a stopped child in a group of its own, whose parent goes */
{
    pid_t p = fork();
    if (p == 0) {
        setpgid(0, 0), alarm(5), catch ();
        if (deep) {
            if (fork() == 0) {
                alarm(5), raise(SIGSTOP), tell(0x67), _exit(1);
            }
            usleep(10000);
        }
        raise(SIGSTOP), tell('r'), _exit(deep);
    }
    int st;
    waitpid(p, &st, WUNTRACED), setpgid(p, p);
    if (deep == 2) {
        kill(p, SIGKILL), waitpid(p, NULL, 0), usleep(3000);
    } /* its own child's group is orphaned by that */
    _exit(WIFSTOPPED(st) ? 1 : 2);
}
static void daemon_of(int n) /* twice forked, in a session of its own */
{
    if (fork())
        _exit(0);
    setsid(), catch ();
    if (fork())
        _exit(0);
    prctl(PR_SET_PDEATHSIG, SIGUSR1), umask(0), alarm(5);
    for (int i = 0; i < n; i++)
        usleep(3000), tell('d');
    _exit(getppid() == 1 ? 1 : 2);
}
static int chain(int n) /* each the parent of the next; the deepest ends first, or last */
{
    pid_t p;
    int st;
    alarm(6);
    if (n % 3 == 0)
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (n == 0)
        usleep(8000), tell('e'), _exit(0);
    if ((p = fork()) == 0)
        prctl(PR_SET_PDEATHSIG, n & 1 ? SIGTERM : 0), catch (), _exit(chain(n - 1));
    if (n % 4 == 1)
        return 3; /* leaves: its child is the nearest reaper's */
    if (n == 6)
        kill(p, SIGKILL);
    while (wait(&st) > 0)
        ;
    return n;
}
int main(void) {
    char c;
    int st, n = 0, seen[128] = {0};
    pid_t p, q;
    alarm(15), prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (pipe(out))
        return 0;
    for (int i = 0; i < 3; i++) {
        if ((p = fork()) == 0)
            job(i);
        waitpid(p, &st, 0), usleep(20000);
    }
    if ((p = fork()) == 0)
        daemon_of(3);
    if ((q = fork()) == 0)
        _exit(chain(9));
    printf("%d ", setpgid(p, q) < 0), printf("%d ", setpgid(1, 0) < 0),
        printf("%d ", getsid(q) == getsid(0));
    waitpid(q, &st, 0);
    if ((p = fork()) ==
        0) { /* a leader: cannot be moved, nor become one again; its terminal's group */
        printf("%d ", setpgid(0, 0)), setsid(),
            printf("%d %d ", setsid() < 0, setpgid(0, getppid()) < 0), fflush(stdout);
        int m = posix_openpt(O_RDWR | O_NOCTTY), s;
        grantpt(m), unlockpt(m), s = open(ptsname(m), O_RDWR), catch ();
        for (int i = 0; i < 3; i++)
            if (fork() == 0) {
                alarm(5);
                if (i)
                    setpgid(0, 0);
                if (i == 1) {
                    struct termios t;
                    tcgetattr(s, &t), t.c_lflag |= TOSTOP, signal(SIGTTOU, SIG_IGN),
                        tcsetattr(s, TCSANOW, &t), signal(SIGTTOU, SIG_DFL);
                }
                usleep(15000);
                if (write(s, "out", 3) < 0)
                    tell('w'); /* TOSTOP: the background stops */
                pause(), _exit(0);
            }
        usleep(60000),
            _exit(0); /* the leader's end: HUP for the foreground, HUP and CONT for the stopped */
    }
    waitpid(p, &st, 0);
    if ((p = fork()) == 0) { /* exec is the line after which setpgid is refused */
        signal(SIGTTIN, SIG_IGN), execl("/bin/sleep", "sleep", "0.1", NULL), _exit(1);
    }
    usleep(30000), n = setpgid(p, p), printf("%s ", n < 0 && errno == EACCES ? "EACCES" : "moved"),
                   usleep(50000), killpg(getpgid(p), 0);
    close(out[1]), fcntl(out[0], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 150 && (q = waitpid(-1, &st, WNOHANG | WUNTRACED)) >= 0;
         usleep(q ? 500 : 8000), i++)
        if (q && WIFSTOPPED(st))
            kill(q, SIGTERM), kill(q, SIGCONT);
    while (read(out[0], &c, 1) == 1)
        seen[c & 127]++;
    return printf("HUP %d CONT %d ran on %d\n", seen['h'] > 0, seen['c'] > 0, seen['r'] > 0) < 0;
}
