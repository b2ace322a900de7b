/* One signal for a whole process group. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t leader = fork();
    if (leader == 0) {
        setpgid(0, 0);
        if (fork() == 0) {
            pause();
            _exit(1);
        }
        pause();
        _exit(1);
    }
    usleep(100000);
    kill(-leader, SIGTERM);
    waitpid(leader, NULL, 0);
    return 0;
}
