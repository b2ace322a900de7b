/* How a daemon leaves its terminal behind. */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t middle = fork();
    if (middle == 0) {
        setsid();
        if (fork() == 0) {
            usleep(100000);
            _exit(0);
        }
        _exit(0);
    }
    waitpid(middle, NULL, 0);
    return 0;
}
