/* signal_queue: queued and merged signals, order by number, values, a thread that waits for one
 * while another is told, masks of handlers, sigreturn's depth */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t depth, deepest, order[32], n;
static char alt[32768];
static int volatile ready;
static void rt(int s, siginfo_t* si, void* u) {
    if (n < 32)
        order[n++] = s * 10 + si->si_value.sival_int % 10;
    (void)u;
}
static void nest(int s, siginfo_t* si, void* u) {
    (void)si;
    depth++, deepest = depth > deepest ? depth : deepest;
    if (depth < 4)
        raise(s); /* NODEFER: at once, in itself */
    sigaddset(&((ucontext_t*)u)->uc_sigmask, SIGWINCH),
        depth--; /* the mask that is returned to is another */
}
static void on(int s, void (*f)(int, siginfo_t*, void*), int flags, int blocked) {
    struct sigaction sa = {.sa_sigaction = f, .sa_flags = SA_SIGINFO | flags};
    sigemptyset(&sa.sa_mask);
    for (int i = SIGRTMIN; i < SIGRTMIN + blocked; i++)
        sigaddset(&sa.sa_mask, i);
    sigaction(s, &sa, NULL);
}
static void* waiter(void* arg) {
    sigset_t m;
    siginfo_t si;
    struct timespec ts = {0, 300000000};
    long sum = 0;
    sigemptyset(&m), sigaddset(&m, SIGRTMIN + 5), sigaddset(&m, SIGTERM),
        pthread_sigmask(SIG_BLOCK, &m, NULL), __sync_fetch_and_add(&ready, 1);
    for (int i = 0; i < 3; i++)
        if (sigtimedwait(&m, &si, &ts) > 0)
            sum += si.si_value.sival_int;
    return (void)arg, (void*)sum;
}
int main(void) {
    pthread_t t[2];
    sigset_t m, p, none;
    union sigval v;
    siginfo_t si = {0};
    struct signalfd_siginfo sf[4];
    pid_t c;
    stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};
    alarm(10), sigemptyset(&m), sigemptyset(&none);
    for (int i = 0; i < 5; i++)
        on(SIGRTMIN + i, rt, i & 1 ? SA_ONSTACK : 0, i), sigaddset(&m, SIGRTMIN + i);
    sigaddset(&m, SIGUSR1), sigaddset(&m, SIGUSR2), on(SIGUSR1, rt, SA_ONSTACK | SA_RESTART, 5),
        on(SIGUSR2, nest, SA_NODEFER, 0), sigaltstack(&ss, NULL);
    sigprocmask(SIG_BLOCK, &m, NULL);
    if ((c = fork()) == 0) {
        for (int i = 0; i < 10; i++)
            v.sival_int = i, sigqueue(getppid(), SIGRTMIN + (9 - i) / 2, v),
            kill(getppid(), SIGUSR1); /* SIGUSR1 only once */
        syscall(SYS_tgkill, getppid(), getppid(), SIGUSR1), sigpending(&p),
            _exit(sigismember(&p, SIGUSR1)); /* a child begins with none pending */
    }
    waitpid(c, NULL, 0), sigpending(&p), sigsuspend(&none),
        sigprocmask(SIG_UNBLOCK, &m, NULL); /* all at once: lowest first, frames upon frames */
    printf("%d came:", n);
    for (int i = 0; i < n; i++)
        printf(" %d", order[i] / 10 - SIGRTMIN);
    raise(SIGUSR2), printf("; %d deep; ", deepest), raise(SIGWINCH);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, waiter, NULL);
    while (ready < 2)
        usleep(500);
    sigaddset(&m, SIGRTMIN + 5), sigaddset(&m, SIGTERM), sigprocmask(SIG_BLOCK, &m, NULL),
        v.sival_int = 1;
    for (int i = 0; i < 4; i++)
        sigqueue(getpid(), SIGRTMIN + 5, v), usleep(2000);
    pthread_kill(t[0], SIGTERM), pthread_sigqueue(t[1], SIGRTMIN + 5, v);
    for (int i = 0; i < 2; i++) {
        void* r;
        pthread_join(t[i], &r), printf("%d ", (long)r > 0);
    }
    int fd = signalfd(-1, &m, SFD_NONBLOCK | SFD_CLOEXEC);
    struct timespec zero = {0, 0};
    for (int i = 0; i < 6; i++)
        sigqueue(getpid(), SIGRTMIN + i % 3, v);
    n = (int)(read(fd, sf, sizeof sf) / (ssize_t)sizeof *sf), sigtimedwait(&m, &si, &zero),
    sigwaitinfo(&m, &si);
    signal(SIGRTMIN + 1, SIG_IGN),
        signal(SIGRTMIN + 1, SIG_DFL); /* what was pending is thrown away */
    si.si_code = SI_QUEUE, si.si_signo = SIGRTMIN,
    printf("read %d; forged %ld\n", n, syscall(SYS_rt_sigqueueinfo, getppid(), 0, &si));
    si.si_code = SI_USER, syscall(SYS_rt_sigqueueinfo, getppid(), SIGURG, &si),
    syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGURG, &si);
    if ((c = fork()) == 0)
        sigprocmask(SIG_SETMASK, &none, NULL), sigqueue(getpid(), SIGRTMIN + 7, v),
            _exit(0); /* dies of a real-time signal */
    return waitpid(c, (int*)&n, 0), printf("by %d\n", n & 127) < 0;
}
