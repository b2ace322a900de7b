/* Queued realtime signals: order, values, waiting forms, and the queue's limit. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int handled;
static void on(int s, siginfo_t *i, void *u) { (void)s; (void)i; (void)u; handled++; }
static void queue(pid_t p, int sig, int n) { sigqueue(p, sig, (union sigval){ .sival_int = n }); }
static void *waiter(void *arg)          /* waits for a signal sent to this thread only */
{
    sigset_t s; siginfo_t si; struct timespec ts = { 0, 200000000 };
    *(volatile pid_t *)arg = gettid();
    sigemptyset(&s); sigaddset(&s, SIGRTMIN + 4);
    sigtimedwait(&s, &si, &ts);
    return NULL;
}
int main(void)
{
    struct sigaction sa = { .sa_sigaction = on, .sa_flags = SA_SIGINFO }; struct timespec ms10 = { 0, 10000000 }, zero = { 0, 0 };
    struct rlimit rl, few = { 2, 2 };
    sigset_t set, old, pend; siginfo_t si; pthread_t t; volatile pid_t tid = 0; pid_t p;
    alarm(5);
    sigemptyset(&set);
    for (int i = 0; i < 6; i++) { sigaction(SIGRTMIN + i, &sa, NULL); sigaddset(&set, SIGRTMIN + i); }
    sigaction(SIGUSR1, &sa, NULL); sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    queue(getpid(), SIGRTMIN + 3, 1); queue(getpid(), SIGRTMIN + 1, 2);
    queue(getpid(), SIGRTMIN + 1, 3); kill(getpid(), SIGUSR1); kill(getpid(), SIGUSR1); /* second is lost */
    sigpending(&pend);
    for (int i = 0; i < 4; i++) sigwaitinfo(&set, &si);     /* USR1, +1 (2), +1 (3), +3 */
    sigtimedwait(&set, &si, &ms10); sigtimedwait(&set, &si, &zero);         /* EAGAIN twice */
    if (pthread_create(&t, NULL, waiter, (void *)&tid) == 0) {
        for (int i = 0; !tid && i < 100; i++) usleep(1000);
        memset(&si, 0, sizeof si); si.si_code = SI_QUEUE; si.si_pid = getpid();
        usleep(2000); syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, SIGRTMIN + 4, &si);
        pthread_join(t, NULL);
    }
    if ((p = fork()) == 0) {            /* the child answers while its parent is in sigsuspend */
        usleep(10000); memset(&si, 0, sizeof si);
        syscall(SYS_rt_sigqueueinfo, getppid(), SIGRTMIN, &si);     /* EPERM: poses as kill */
        queue(getppid(), SIGRTMIN + 2, 7); _exit(0);
    }
    sigsuspend(&old); waitpid(p, NULL, 0);
    if ((p = fork()) == 0) { nanosleep(&(struct timespec){ 0, 500000000 }, NULL); _exit(0); }
    usleep(5000); queue(p, SIGRTMIN, 1); kill(p, SIGRTMAX); waitpid(p, NULL, 0);  /* RTMAX kills it */
    getrlimit(RLIMIT_SIGPENDING, &rl); few.rlim_max = rl.rlim_max; setrlimit(RLIMIT_SIGPENDING, &few);
    for (int i = 0; i < 4; i++) queue(getpid(), SIGRTMIN + 5, i);   /* EAGAIN from the third on */
    kill(getpid(), SIGRTMIN);                               /* pending, but its siginfo is lost */
    queue(getpid(), SIGRTMAX, 0); signal(SIGRTMAX, SIG_IGN); queue(getpid(), SIGRTMAX, 0);
    sigprocmask(SIG_SETMASK, &old, NULL);                   /* handlers of all that is pending */
    setrlimit(RLIMIT_SIGPENDING, &rl);
    printf("realtime_signals: %d handled\n", handled);
    return 0;
}
