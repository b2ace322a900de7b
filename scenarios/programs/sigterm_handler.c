/* The child ends in its handler. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_term(int signal) {
    (void)signal;
    _exit(5);
}

int main(void) {
    struct sigaction action = {.sa_handler = on_term, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &action, NULL);
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    usleep(50000);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    return 0;
}
