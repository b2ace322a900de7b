/* One SIGKILL for four threads. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void *idle(void *unused) {
    pause();
    return unused;
}

int main(void) {
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        for (int i = 0; i < 3; i++)
            pthread_create(&thread, NULL, idle, NULL);
        pause();
        _exit(0);
    }
    usleep(100000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return 0;
}
