/* An exec that comes back. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t child = fork();
    if (child == 0) {
        execl("/no/such/program", "program", (char *)NULL);
        _exit(errno == ENOENT ? 127 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status) == 127 ? 0 : 1;
}
