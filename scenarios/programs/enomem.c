/* Forks for which memory runs out, one after the other, until one succeeds. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    for (int n = 0; n < 16; n++) {
        pid_t failed = fork();
        if (failed == 0)
            _exit(1);
        if (failed > 0)
            return 77; /* not here: it takes a kernel with fault injection to fail these steps */
        if (errno != ENOMEM)
            return 1;
    }
    for (int n = 0; n < 2; n++) {
        long const flags = (n == 0 ? CLONE_SYSVSEM : CLONE_NEWUTS) | SIGCHLD;
        long const failed = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
        if (failed == 0)
            _exit(1);
        if (failed > 0 || errno != ENOMEM)
            return 2 + n;
    }
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return waitpid(child, NULL, 0) == child ? 0 : 1;
}
