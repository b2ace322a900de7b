#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static void h(int s) {
    (void)s;
}
int main(void) {
    pid_t c = fork();
    if (!c) {
        struct sigaction a = {.sa_handler = h, .sa_flags = SA_RESTART | SA_NODEFER};
        sigaction(SIGUSR1, &a, 0);
        stack_t st;
        static char b[65536];
        st.ss_sp = b;
        st.ss_size = sizeof b;
        st.ss_flags = 0;
        sigaltstack(&st, 0);
        a.sa_flags |= SA_ONSTACK | SA_SIGINFO | SA_RESETHAND;
        sigaction(SIGUSR2, &a, 0);
        char x;
        int p[2];
        pipe(p);
        struct timespec n = {0, 300000000};
        nanosleep(&n, 0);
        alarm(1);
        read(p[0], &x, 1);
        _exit(0);
    }
    usleep(50000);
    int s;
    kill(c, SIGSTOP);
    waitpid(c, &s, WUNTRACED);
    usleep(20000);
    kill(c, SIGTSTP);
    kill(c, SIGCONT);
    waitpid(c, &s, WCONTINUED);
    usleep(400000);
    kill(c, SIGUSR1);
    kill(c, SIGUSR2);
    usleep(20000);
    kill(c, SIGUSR2);
    waitpid(c, &s, 0);
    return 0;
}
