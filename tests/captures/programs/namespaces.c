#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
static int f(void* p) {
    (void)p;
    sethostname("x", 1);
    pid_t c = fork();
    if (!c) {
        pause();
        _exit(0);
    }
    if (fork() == 0) {
        if (fork() == 0) {
            usleep(30000);
            _exit(1);
        }
        _exit(0);
    }
    usleep(10000);
    wait(0);
    return 3;
}
int main(void) {
    char* s = malloc(65536);
    pid_t p = clone(f, s + 65536,
                    CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                        CLONE_NEWNET | CLONE_NEWCGROUP | SIGCHLD,
                    0);
    waitpid(p, 0, 0);
    unshare(CLONE_NEWPID);
    p = fork();
    if (!p)
        _exit(0);
    waitpid(p, 0, 0);
    fork();
    unshare(CLONE_FILES | CLONE_FS);
    return 0;
}
