/* The child calls abort(). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t child = fork();
    if (child == 0)
        abort();
    int status;
    waitpid(child, &status, 0);
    return 0;
}
