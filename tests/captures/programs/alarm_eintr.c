#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static void h(int s) {
    (void)s;
    write(1, "a\n", 2);
}
int main(void) {
    struct sigaction a = {.sa_handler = h};
    sigaction(SIGALRM, &a, 0);
    struct itimerval t = {{0, 0}, {0, 200000}};
    setitimer(ITIMER_REAL, &t, 0);
    struct timespec n = {1, 0}, r;
    nanosleep(&n, &r);
    printf("%ld\n", r.tv_nsec);
    sigset_t m;
    sigemptyset(&m);
    setitimer(ITIMER_REAL, &t, 0);
    sigsuspend(&m);
    sigset_t w;
    sigemptyset(&w);
    sigaddset(&w, SIGUSR1);
    sigprocmask(SIG_BLOCK, &w, 0);
    raise(SIGUSR1);
    int s;
    sigwait(&w, &s);
    struct timespec z = {0, 100000000};
    sigtimedwait(&w, 0, &z);
    return s;
}
