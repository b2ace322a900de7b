/* Forks with 200 more files open. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    for (int i = 0; i < 200; i++)
        if (open("/dev/null", O_RDONLY) < 0)
            return 2;
    if (fork() == 0)
        _exit(0);
    wait(NULL);
    return 0;
}
