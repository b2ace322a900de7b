/* Raw clone3: flags, set_tid, exit signals, namespaces, and what is refused. */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FULL sizeof(struct clone_args)
static int made, refused, fd = -1; static pid_t tid1, tid2;
static void nothing(int s) { (void)s; }
static int c3(uint64_t flags, uint64_t sig, pid_t *set, int n, size_t size)
{
    struct { struct clone_args a; uint64_t more[600]; } x = { .a = { .flags = flags, .exit_signal = sig } };
    x.a.pidfd = (uintptr_t)&fd; x.a.parent_tid = (uintptr_t)&tid1; x.a.child_tid = (uintptr_t)&tid2;
    x.a.set_tid = (uintptr_t)set; x.a.set_tid_size = n; x.a.cgroup = (flags >> 33 & 1) ? 99 : 0;
    x.more[1] = size == 104; pid_t p = syscall(SYS_clone3, &x, size);       /* set, but unknown to all */
    made += p > 0; refused += p < 0; return p;
}
static void reap(pid_t p)               /* bounded: 300 ms, then killed */
{
    if (p <= 0) return;
    for (int i = 0; i < 60 && waitpid(p, NULL, __WALL | WNOHANG) == 0; i++) usleep(5000);
    if (kill(p, 0) == 0) { kill(p, SIGKILL); waitpid(p, NULL, __WALL); }
    if (fd >= 0) { close(fd); fd = -1; }
}
static void simple(uint64_t flags, uint64_t sig, pid_t *set, int n, size_t size)
{
    pid_t p = c3(flags, sig, set, n, size); if (p == 0) { if (flags & CLONE_CLEAR_SIGHAND) raise(SIGUSR2); usleep(1000); _exit(7); }
    reap(p);
}
int main(void)
{
    pid_t a[] = { 20011 }, b[] = { 1, 20012 }, c[] = { 1 }, d[] = { 7 }, e[] = { 5, 20013 }, p;
    alarm(5); signal(SIGUSR1, nothing); signal(SIGUSR2, nothing);
    simple(CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, SIGCHLD, NULL, 0, FULL);
    simple(CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | CLONE_IO, SIGUSR1, NULL, 0, FULL);
    simple(CLONE_VFORK, 0, NULL, 0, 64);                    /* the first size; no exit signal */
    simple(CLONE_CLEAR_SIGHAND, SIGCHLD, NULL, 0, FULL + 8);        /* dies of SIGUSR2; known bytes are 0 */
    simple(CLONE_NEWTIME, SIGCHLD, NULL, 0, FULL); simple(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS, SIGCHLD, NULL, 0, FULL);
    simple(0, SIGCHLD, a, 1, FULL); simple(0, SIGCHLD, c, 1, FULL);         /* then EEXIST */
    simple(CLONE_NEWPID, SIGCHLD, e, 2, FULL);              /* EINVAL: a namespace's first is 1 */
    p = c3(CLONE_NEWPID | CLONE_PIDFD, SIGCHLD, b, 2, FULL);
    if (p == 0) {                       /* init of the namespace: its end kills number 7 */
        if (c3(0, SIGCHLD, d, 1, FULL) == 0) { usleep(300000); _exit(0); }
        c3(CLONE_PARENT, 0, NULL, 0, FULL); usleep(5000); _exit(0);           /* EINVAL for an init */
    }
    reap(p);
    p = c3(0, SIGCHLD, NULL, 0, FULL);
    if (p == 0) { if (c3(CLONE_PARENT, 0, NULL, 0, FULL) == 0) { usleep(5000); _exit(9); } _exit(0); }
    reap(p); while (waitpid(-1, NULL, __WALL) > 0) ;        /* the sibling it made */
    uint64_t bad[] = { CLONE_SIGHAND, CLONE_THREAD, CLONE_NEWNS | CLONE_FS, CLONE_DETACHED, 1ULL << 50,
        CLONE_VM | CLONE_SIGHAND | CLONE_CLEAR_SIGHAND, CLONE_NEWPID | CLONE_THREAD, CLONE_INTO_CGROUP };
    for (int i = 0; i < 8; i++) simple(bad[i], 0, NULL, 0, FULL);
    simple(1ULL << 34, 0, NULL, 0, FULL);    /* reaps itself, where that flag exists */
    simple(0, 65, NULL, 0, FULL); simple(CLONE_PARENT, SIGCHLD, NULL, 0, FULL); simple(0, SIGCHLD, NULL, 2, FULL);
    simple(0, SIGCHLD, NULL, 0, 8); simple(0, SIGCHLD, NULL, 0, 104); simple(0, SIGCHLD, NULL, 0, 1 << 20);
    printf("clone3_flags: %d made, %d refused\n", made, refused); return 0;
}
