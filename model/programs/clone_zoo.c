/* clone_zoo: raw clone with every flag alone and in company: shared memory, files, fs, handlers,
 * namespaces, CLONE_PARENT, odd exit signals, refusals */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[9][16384] __attribute__((aligned(16)));
static int word, pidfd, used, told;
static void usr(int s) {
    (void)s;
    told++;
}
static int does(void* arg) /* a bit of everything that may be shared */
{
    long how = (long)arg;
    char name[65];
    word += 1, close(open("/dev/null", O_RDONLY)), umask(022);
    if (how & 1)
        dup2(1, 40), chdir("/tmp"), signal(SIGUSR2, usr);
    if (how & 2)
        sethostname("zoo", 3), gethostname(name, sizeof name), usleep(2000);
    if (how & 4)
        kill(getppid(), 0), raise(SIGTERM);
    if (how & 8)
        usleep(20000), syscall(SYS_exit, 5);
    return (int)how;
}
static int thread(void* arg) {
    (void)arg, word++, usleep(4000), syscall(SYS_exit, 0);
    return 0;
}
static int reap(int pid) {
    int st = 0;
    return pid > 0 && waitpid(pid, &st, __WALL) == pid
               ? WIFSIGNALED(st) ? 100 + WTERMSIG(st) : WEXITSTATUS(st)
               : -1;
}
static int try(int flags, long how, int sig) {
    return reap(
        clone(does, stack[used = (used + 1) % 8] + sizeof stack[0], flags | sig, (void*)how));
}
static int refused(int flags) {
    int p = clone(does, stack[8] + sizeof stack[0], flags, NULL), e = errno;
    return p < 0 ? e : (reap(p), 0);
}
int main(void) {
    static int const shares[] = {CLONE_VM,
                                 CLONE_FS,
                                 CLONE_FILES,
                                 CLONE_VM | CLONE_SIGHAND,
                                 CLONE_VM | CLONE_FILES | CLONE_FS,
                                 CLONE_IO,
                                 CLONE_SYSVSEM,
                                 CLONE_VM | CLONE_VFORK,
                                 CLONE_VM | CLONE_VFORK | CLONE_FS | CLONE_FILES | CLONE_SIGHAND,
                                 CLONE_PTRACE,
                                 CLONE_UNTRACED};
    static int const spaces[] = {CLONE_NEWUTS,
                                 CLONE_NEWIPC,
                                 CLONE_NEWNS,
                                 CLONE_NEWNET,
                                 CLONE_NEWPID,
                                 CLONE_NEWUSER,
                                 CLONE_NEWCGROUP,
                                 CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWNS,
                                 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_SYSVSEM};
    static int const wrong[] = {CLONE_SIGHAND,
                                CLONE_THREAD | CLONE_VM,
                                CLONE_NEWNS | CLONE_FS,
                                CLONE_NEWUSER | CLONE_FS,
                                CLONE_PIDFD | CLONE_DETACHED,
                                CLONE_PIDFD | CLONE_PARENT_SETTID,
                                CLONE_NEWPID | CLONE_THREAD | CLONE_VM | CLONE_SIGHAND};
    int sum = 0, tid, p;
    alarm(15), signal(SIGUSR1, usr), signal(SIGRTMAX, SIG_IGN);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        sum += try(shares[i], (long)i & 1, SIGCHLD);
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        sum += try(spaces[i], 2, SIGCHLD) >= 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        sum += refused(wrong[i]) == EINVAL;
    sum += try(CLONE_VM, 8, SIGUSR1), sum += try(0, 4, 0),
        sum += try(CLONE_FS | CLONE_FILES, 13, SIGCONT),
        sum += try(CLONE_VM | CLONE_SIGHAND, 1, SIGRTMAX);
    if ((p = fork()) == 0) { /* a grandchild that is the sibling */
        clone(does, stack[0] + sizeof stack[0], CLONE_PARENT | SIGCHLD, (void*)2), usleep(1000),
            _exit(0);
    }
    for (int i = 0; i < 2; i++)
        sum += wait(NULL) > 0;
    p = clone(does, stack[1] + sizeof stack[0], CLONE_PIDFD | CLONE_FILES | SIGCHLD, (void*)8,
              &pidfd);
    if (p > 0) {
        siginfo_t si;
        sum += waitid(P_PIDFD, pidfd, &si, WEXITED) == 0, close(pidfd);
    }
    p = clone(does, stack[2] + sizeof stack[0],
              CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID | SIGCHLD,
              (void*)8, &word, NULL, &tid);
    for (int i = 0; i < 200 && *(int volatile*)&tid; i++)
        usleep(1000); /* zeroed at its end */
    sum += reap(p);
    clone(thread, stack[3] + sizeof stack[0],
          CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
          NULL); /* no TLS of its own */
    usleep(15000), unshare(CLONE_FILES), unshare(CLONE_FS), unshare(CLONE_NEWUTS | CLONE_NEWIPC),
        unshare(CLONE_SYSVSEM), unshare(CLONE_NEWPID);
    for (int i = 0; i < 2; i++)
        if ((p = fork()) == 0)
            does((void*)2), _exit(3);
        else
            sum += reap(p); /* init of the new one, then nobody: ENOMEM */
    int fd = open("/proc/self/ns/pid", O_RDONLY);
    sum += setns(fd, CLONE_NEWPID) == 0, close(fd),
        sum += reap(fork() ?: (does(NULL), _exit(6), 0));
    return printf("clone_zoo: %s, word %s, signals %s\n", sum > 60 ? "much" : "little",
                  word > 5 ? "shared" : "kept", told ? "came" : "none") < 0;
}
