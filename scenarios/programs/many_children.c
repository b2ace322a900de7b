/* Twenty children, reaped as they end. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    for (int i = 0; i < 20; i++)
        if (fork() == 0)
            _exit(0);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    return errno == ECHILD ? 0 : 1;
}
