/* One kind of sharing after the other. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void clone_and_wait(unsigned long flags) {
    long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        syscall(SYS_exit, 0);
    if (child > 0)
        waitpid((pid_t)child, NULL, 0);
}

int main(void) {
    clone_and_wait(CLONE_FILES);
    clone_and_wait(CLONE_FS);
    clone_and_wait(CLONE_FILES | CLONE_FS);
    clone_and_wait(CLONE_VM | CLONE_VFORK);
    clone_and_wait(CLONE_IO);
    clone_and_wait(CLONE_SYSVSEM);
    clone_and_wait(CLONE_NEWNS);
    clone_and_wait(CLONE_NEWUTS | CLONE_NEWIPC);
    clone_and_wait(CLONE_NEWPID);
    return 0;
}
