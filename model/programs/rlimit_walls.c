/* rlimit_walls: RLIMIT_NPROC of a user, NOFILE, FSIZE, AS before exec, SIGPENDING, MEMLOCK, CPU
 * soft then hard, NICE, RTPRIO; prlimit of another */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t seen;
static void on(int s) {
    seen = s;
}
static int wall(int what, rlim_t soft, rlim_t hard) {
    struct rlimit rl = {soft, hard};
    return setrlimit(what, &rl);
}
static void* idle(void* p) {
    usleep(20000);
    return p;
}
static int nproc(void) /* the user 7777 may have three tasks */
{
    pthread_t t;
    int n = 0;
    pid_t p;
    if (wall(RLIMIT_NPROC, 3, 3) || setgid(7777) || setuid(7777))
        return 90;
    while (n < 8 && (p = fork()) >= 0)
        if (p == 0)
            usleep(30000), _exit(0);
        else
            n++;
    int e = pthread_create(&t, NULL, idle, NULL);
    execl("/bin/true", "true", NULL);
    return n + 20 * (e == EAGAIN);
}
static int files(void) {
    int n = 0, fd;
    wall(RLIMIT_NOFILE, 12, 12);
    while ((fd = dup(1)) >= 0)
        n++;
    n += (socket(AF_UNIX, SOCK_STREAM, 0) < 0) + (fcntl(1, F_DUPFD, 12) < 0) +
         (open("/dev/null", O_RDWR) < 0) + (syscall(SYS_pidfd_open, getpid(), 0) < 0);
    return execl("/bin/sh", "sh", "-c", "exec 13</dev/null || exit 3", NULL), n;
}
static int size(void) {
    char b[6000] = "";
    int fd = open("/tmp/rlimit_walls", O_RDWR | O_CREAT | O_TRUNC, 0600), n;
    unlink("/tmp/rlimit_walls");
    wall(RLIMIT_FSIZE, 10000, 20000), signal(SIGXFSZ, on),
        n = (int)(write(fd, b, 6000) + write(fd, b, 6000) + write(fd, b, 10));
    n += ftruncate(fd, 15000), signal(SIGXFSZ, SIG_DFL), wall(RLIMIT_FSIZE, 20000, 20000);
    if (ftruncate(fd, 19999) == 0 && lseek(fd, 0, SEEK_END) && write(fd, b, 3) == 1)
        n += write(fd, b, 5); /* dies */
    return n > 0;
}
static int queue(void) {
    union sigval v = {1};
    int n = 0;
    sigset_t m;
    sigemptyset(&m), sigaddset(&m, SIGRTMIN), sigprocmask(SIG_BLOCK, &m, NULL);
    wall(RLIMIT_SIGPENDING, 5, 5);
    while (n < 20 && sigqueue(getpid(), SIGRTMIN, v) == 0)
        n++;
    kill(getpid(), SIGRTMIN), signal(SIGRTMIN, on), sigprocmask(SIG_UNBLOCK, &m, NULL);
    timer_t t;
    struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    return n + (timer_create(CLOCK_MONOTONIC, &e, &t) ? 40 : 0);
}
static int locked(void) {
    char* m = mmap(NULL, 1 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int n;
    wall(RLIMIT_MEMLOCK, 65536, 65536);
    if (setresuid(7777, 7777, 7777))
        return 91;
    n = (mlock(m, 32768) == 0) + 2 * (mlock(m + 65536, 65536) < 0) +
        4 * (mlockall(MCL_CURRENT) < 0);
    return n + 8 * (mmap(NULL, 1 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) ==
                    MAP_FAILED);
}
static int cpu(void) {
    signal(SIGXCPU, on), wall(RLIMIT_CPU, 1, 2);
    for (unsigned volatile i = 0; seen == 0; i++)
        ;
    return signal(SIGXCPU, SIG_DFL), raise(SIGXCPU);
}
static int ranks(void) {
    struct sched_param sp = {5};
    int n;
    wall(RLIMIT_NICE, 22, 22), wall(RLIMIT_RTPRIO, 3, 3);
    if (setresuid(7777, 7777, 7777))
        return 92;
    n = setpriority(PRIO_PROCESS, 0, 10) == 0, n += 2 * (setpriority(PRIO_PROCESS, 0, -5) < 0),
    n += 4 * (setpriority(PRIO_PROCESS, 0, -2) == 0);
    n += 8 * (sched_setscheduler(0, SCHED_RR, &sp) < 0), sp.sched_priority = 2;
    return n + 16 * (sched_setscheduler(0, SCHED_FIFO, &sp) == 0);
}
static int room(void) {
    wall(RLIMIT_AS, 9 << 20, 9 << 20);
    execl("/bin/true", "true", NULL);
    return 93;
}
static int tiny(void) {
    wall(RLIMIT_STACK, 8192, 8192);
    char* v[] = {"true", NULL};
    execv("/bin/true", v);
    return 94;
}
int main(void) {
    int (*walls[])(void) = {nproc, files, size, queue, locked, ranks, room, tiny, cpu}, st;
    alarm(20);
    pid_t p;
    for (int i = 0; i < 9; i++) {
        if ((p = fork()) == 0)
            alarm(8), wall(RLIMIT_CORE, 0, 0), _exit(walls[i]());
        if (i == 8) {
            struct rlimit old, rl = {1, 1};
            prlimit(p, RLIMIT_CPU, &rl, &old), prlimit(p + 9999, RLIMIT_CPU, &rl, NULL);
        }
        waitpid(p, &st, 0),
            printf("%d: %d\n", i, WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
    }
    return 0;
}
