/* What exit() writes and _exit() does not. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t child = fork();
    if (child == 0) {
        printf("lost\n");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("kept\n");
    exit(0);
}
