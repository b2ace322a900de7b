/* pty_script: a second bash on a terminal: a pipeline, a here-document, stty, traps, a read,
 * SIGWINCH, ^\ and ^Z; at last the line is hung up */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    char const* line;
    int pause;
} dialogue[] = {
    {"stty size; set -m; echo a b | cat\r", 300},
    {"cat <<E\rone\rtwo\rE\r", 200},
    {"trap 'echo winch' WINCH; trap 'echo int' INT\r", 120},
    {"read -t 2 -n 3 x; echo \"[$x]\"\r", 120},
    {"abc", 150},
    {"for i in 1 2; do (exit $i) & done; wait -n; wait; jobs\r", 300},
    {"x=$(echo sub); echo $x >/tmp/pty_script.out; read y </tmp/pty_script.out; echo $y\r", 300},
    {"sleep 30 | sleep 31\r", 200},
    {"\034", 250}, /* ^\ */
    {"nosuch; . /dev/null; type -p cat\r", 200},
    {"sleep 20 &\r", 150},
    {"sleep 25\r", 150},
    {"\032", 200},
    {"disown %1; kill %2; suspend -f\r", 200},
};
static void drain(int fd, int ms) {
    struct pollfd f = {fd, POLLIN, 0};
    char buf[256];
    while (poll(&f, 1, ms) > 0 && (f.revents & POLLIN) && read(fd, buf, sizeof buf) > 0)
        ;
}
static void type(int fd, pid_t shell, char const* text,
                 int ms) /* keys that are signals wait for a job that has the terminal */
{
    for (int i = 0; i < 100 && *text < 32 && tcgetpgrp(fd) == shell; i++)
        usleep(20000);
    if (write(fd, text, strlen(text)) > 0)
        drain(fd, ms);
}
static void gone(int s) {
    (void)s;
}
int main(void) {
    struct winsize big = {50, 132, 0, 0}, small = {10, 40, 0, 0};
    struct sigaction sa = {.sa_handler = gone, .sa_flags = SA_NOCLDSTOP};
    int m, st = -1;
    pid_t p = forkpty(&m, NULL, NULL, &small);
    if (p < 0)
        return 0;
    if (p == 0) {
        char* argv[] = {"bash", "--noprofile", "--norc", "-i", NULL};
        alarm(25);
        setenv("TERM", "dumb", 1), setenv("PS1", "> ", 1), execvp(argv[0], argv), _exit(127);
    }
    alarm(25), sigaction(SIGCHLD, &sa, NULL), fcntl(m, F_SETFL, O_NONBLOCK), drain(m, 500);
    for (size_t i = 0; i < sizeof dialogue / sizeof *dialogue; i++) {
        type(m, p, dialogue[i].line, dialogue[i].pause);
        if (i == 2)
            ioctl(m, TIOCSWINSZ, &big); /* for the group in the foreground */
    }
    kill(p, SIGCONT), drain(m, 150);
    close(m); /* SIGHUP for bash, which passes it on */
    for (int i = 0; i < 40 && waitpid(p, &st, WNOHANG) == 0; i++)
        usleep(50000);
    if (st == -1)
        kill(-p, SIGKILL), kill(p, SIGKILL), waitpid(p, &st, 0);
    return printf("pty_script: bash ended by signal %d\n", WTERMSIG(st)) < 0;
}
