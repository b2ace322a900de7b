/* Adopts the grandchild that its child leaves behind. */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0) {
            usleep(100000);
            _exit(4);
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
    int status;
    waitpid(-1, &status, 0);
    return WEXITSTATUS(status) == 4 ? 0 : 1;
}
