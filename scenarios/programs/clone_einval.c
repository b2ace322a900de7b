/* Flags that contradict each other. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

static void try_clone(unsigned long flags) {
    if (syscall(SYS_clone, flags, 0, 0, 0, 0) == 0)
        _exit(0);
}

int main(void) {
    try_clone(CLONE_SIGHAND);
    try_clone(CLONE_THREAD | CLONE_VM);
    try_clone(CLONE_FS | CLONE_NEWNS);
    try_clone(CLONE_NEWUSER | CLONE_FS);
    try_clone(CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM);
    return 0;
}
