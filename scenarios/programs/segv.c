/* The child writes to address 0. */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    if (fork() == 0)
        *(volatile int *)0 = 1;
    int status;
    wait(&status);
    return 0;
}
