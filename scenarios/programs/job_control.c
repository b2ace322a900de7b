/* A shell on a terminal of its own, and a job that reads it from the background. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void job(void) {
    char line[64];
    setpgid(0, 0);
    usleep(200000);
    _exit(read(0, line, sizeof line) == 6 ? 3 : 1);
}

static void shell(char const* terminal) {
    setsid();
    int slave = open(terminal, O_RDWR | O_NOCTTY);
    if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) != 0) {
        _exit(1);
    }
    for (int fd = 0; fd < 3; ++fd) {
        dup2(slave, fd);
    }
    signal(SIGTTOU, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        job();
    }
    setpgid(child, child);
    int status;
    waitpid(child, &status, WUNTRACED);
    tcsetpgrp(0, child);
    kill(-child, SIGCONT);
    waitpid(child, &status, 0);
    tcsetpgrp(0, getpgrp());
    exit(WIFEXITED(status) && WEXITSTATUS(status) == 3 ? 0 : 1);
}

int main(void) {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        return 77; /* not here: no terminal to be had (is /dev/pts mounted?) */
    }
    pid_t child = fork();
    if (child == 0) {
        shell(ptsname(master));
    }
    sleep(1);
    if (write(master, "hello\n", 6) != 6) {
        return 1;
    }
    int status;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}
