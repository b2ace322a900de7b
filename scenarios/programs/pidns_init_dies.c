/* The init of a pid namespace takes everybody with it. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    long first = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    if (first < 0)
        return 77; /* not here: it takes the right to make a pid namespace */
    if (first == 0) {
        if (fork() == 0) {
            pause();
            _exit(1);
        }
        usleep(50000);
        _exit(0);
    }
    waitpid((pid_t)first, NULL, 0);
    return 0;
}
