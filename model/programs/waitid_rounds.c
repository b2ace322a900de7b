/* The forms of waitid and wait4: targets, options, errors, odd exit signals. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static siginfo_t si;
static struct rusage ru;
static void nothing(int s) { (void)s; }
static pid_t kid(unsigned long flags, int ms, int code)
{
    pid_t p = syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (p == 0) { usleep(ms * 1000); syscall(SYS_exit_group, code); }
    return p;
}
static void *other_thread(void *arg)    /* not the one that made the child */
{
    waitid(P_PID, *(pid_t *)arg, &si, WEXITED | WNOHANG | __WNOTHREAD);  /* ECHILD */
    waitid(P_PID, *(pid_t *)arg, &si, WEXITED | WNOWAIT);
    return NULL;
}
int main(void)
{
    pid_t p; int st, fd; pthread_t t;
    alarm(5);
    signal(SIGUSR1, nothing);
    waitid(P_ALL, 0, &si, WEXITED);                         /* ECHILD: none yet */
    waitid(P_ALL, 0, &si, 0);                               /* EINVAL: nothing asked */
    waitid(9, 0, &si, WEXITED); waitid(P_PID, -1, &si, WEXITED);            /* EINVAL */
    waitid(P_PIDFD, 99, &si, WEXITED);                      /* EBADF */
    wait4(INT_MIN, &st, 0, &ru); wait4(-1, &st, 1 << 20, &ru);      /* ESRCH, EINVAL */
    p = kid(SIGCHLD, 10, 1);
    waitid(P_PID, p, &si, WEXITED | WNOHANG);               /* not yet */
    waitid(P_PID, p, &si, WEXITED | WNOWAIT); waitid(P_PID, p, &si, WEXITED);
    waitid(P_PID, p, &si, WEXITED);                         /* ECHILD: reaped */
    p = kid(SIGCHLD, 0, 2); setpgid(p, p);
    waitid(P_PGID, 0, &si, WEXITED | WNOHANG); waitid(P_PGID, p, &si, WEXITED);
    p = kid(SIGCHLD, 10, 3); fd = syscall(SYS_pidfd_open, p, 0x800 /* PIDFD_NONBLOCK */);
    waitid(P_PIDFD, fd, &si, WEXITED);                      /* EAGAIN */
    usleep(20000); waitid(P_PIDFD, fd, &si, WEXITED); close(fd);
    p = kid(SIGCHLD, 60, 4);
    kill(p, SIGSTOP); waitid(P_PID, p, &si, WSTOPPED | WNOWAIT); waitpid(p, &st, WUNTRACED);
    kill(p, SIGCONT); waitid(P_PID, p, &si, WCONTINUED);
    kill(p, SIGTERM); syscall(SYS_waitid, P_ALL, 0, NULL, WEXITED, &ru);
    p = kid(SIGUSR1, 5, 5);
    waitid(P_PID, p, &si, WEXITED);                         /* ECHILD: a clone child */
    if (waitid(P_PID, p, &si, WEXITED | __WCLONE)) wait4(p, &st, __WALL, &ru);
    p = kid(0, 5, 6); wait4(p, &st, __WCLONE, &ru); wait4(p, &st, __WALL, &ru);  /* then ECHILD */
    p = kid(SIGCHLD, 5, 7);
    if (pthread_create(&t, NULL, other_thread, &p) == 0) pthread_join(t, NULL);
    wait4(0, &st, 0, &ru);                                  /* any of the own group */
    signal(SIGCHLD, SIG_IGN); p = kid(SIGCHLD, 5, 8);       /* reaps itself */
    printf("waitid_forms: wait4 of a self-reaped child gives %d\n", wait4(p, &st, 0, &ru));
    return 0;
}
