/* Flags that contradict each other. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static void try_clone(unsigned long flags) {
    long result = syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (result == 0)
        _exit(0);
    printf("flags=%lx r=%ld errno=%d\n", flags, result, result < 0 ? errno : 0);
    fflush(stdout);
}

int main(void) {
    try_clone(CLONE_SIGHAND);
    try_clone(CLONE_THREAD | CLONE_VM);
    try_clone(CLONE_FS | CLONE_NEWNS);
    try_clone(CLONE_NEWUSER | CLONE_FS);
    try_clone(CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM);
    return 0;
}
