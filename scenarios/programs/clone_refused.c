/* Every pair of flags that fork refuses. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_AUTOREAP
#define CLONE_AUTOREAP 0x400000000ULL
#define CLONE_PIDFD_AUTOKILL 0x1000000000ULL
#endif

struct arguments { /* struct clone_args, as long as it was at first */
    unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

static int place; /* what CLONE_PIDFD and CLONE_PARENT_SETTID write to */
static int tried;

/* Ends the program if the call did anything but fail with EINVAL. */
static void judge(long result) {
    tried++;
    if (result != -1 || errno != EINVAL)
        _exit(result == 0 ? 99 : tried);
}

static void clone3_refuses(unsigned long long flags, int exit_signal) {
    struct arguments arguments = {.flags = flags, .exit_signal = (unsigned long long)exit_signal};
    arguments.pidfd = (unsigned long long)(unsigned long)&place;
    judge(syscall(SYS_clone3, &arguments, sizeof arguments));
}

static void clone_refuses(unsigned long flags) {
    judge(syscall(SYS_clone, flags, NULL, &place, NULL, NULL));
}

int main(void) {
    clone3_refuses(CLONE_DETACHED, 0);
    clone3_refuses(CLONE_VM | CLONE_SIGHAND | CLONE_CLEAR_SIGHAND, 0);
    clone3_refuses(CLONE_PARENT, SIGCHLD);
    clone3_refuses(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, SIGCHLD);
    clone_refuses(CLONE_PIDFD | CLONE_PARENT_SETTID);
    clone_refuses(CLONE_NEWNS | CLONE_FS);
    clone_refuses(CLONE_NEWUSER | CLONE_FS);
    clone_refuses(CLONE_THREAD);
    clone_refuses(CLONE_SIGHAND);
    clone_refuses(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUSER);
    clone_refuses(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWPID);
    clone_refuses(CLONE_PIDFD | CLONE_DETACHED);
    clone3_refuses(CLONE_AUTOREAP | CLONE_PARENT, 0);
    clone3_refuses(CLONE_AUTOREAP, SIGCHLD);
    clone3_refuses(CLONE_PIDFD_AUTOKILL | CLONE_PIDFD, 0);
    if (unshare(CLONE_NEWPID) != 0)
        return 77; /* not here: it takes the right to make a pid namespace */
    clone_refuses(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD);
    pid_t inner_init = fork();
    if (inner_init == 0) {
        clone_refuses(CLONE_PARENT);
        _exit(0);
    }
    return waitpid(inner_init, NULL, 0) == inner_init ? 0 : 98;
}
