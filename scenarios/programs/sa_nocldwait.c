/* A handler for SIGCHLD, and no zombies. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing(int signal) { (void)signal; }

int main(void) {
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_NOCLDWAIT | SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
    if (fork() == 0)
        _exit(0);
    usleep(50000);
    return waitpid(-1, NULL, 0) == -1 && errno == ECHILD ? 0 : 1;
}
