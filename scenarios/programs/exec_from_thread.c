/* exec by a thread that is not the leader. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void *become_true(void *unused) {
    execl("/bin/true", "true", (char *)NULL);
    return unused;
}

int main(void) {
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, become_true, NULL);
        pause();
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    return status == 0 ? 0 : 1;
}
