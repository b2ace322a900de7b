#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    pid_t l = fork();
    if (!l) {
        setsid();
        for (int i = 0; i < 3; i++)
            if (!fork()) {
                pause();
                _exit(0);
            }
        usleep(20000);
        signal(SIGTERM, SIG_IGN);
        kill(0, SIGTERM);
        while (wait(0) > 0)
            ;
        pid_t z = fork();
        if (!z)
            _exit(7);
        siginfo_t i;
        waitid(P_PID, (id_t)z, &i, WEXITED | WNOWAIT);
        waitid(P_PGID, getpid(), &i, WEXITED | WNOHANG);
        exit(5);
    }
    int s;
    while (waitpid(-l, &s, WNOHANG) == 0)
        usleep(5000);
    waitpid(l, &s, 0);
    return 0;
}
