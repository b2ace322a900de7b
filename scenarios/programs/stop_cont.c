/* Stops, continues and kills its child, and hears of each. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    usleep(50000);
    kill(child, SIGSTOP);
    waitpid(child, NULL, WUNTRACED);
    kill(child, SIGCONT);
    waitpid(child, NULL, WCONTINUED);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return 0;
}
