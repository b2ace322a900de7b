/* Looks first, reaps second. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t child = fork();
    if (child == 0)
        _exit(9);
    siginfo_t info;
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    waitid(P_PID, (id_t)child, &info, WEXITED);
    return waitid(P_ALL, 0, &info, WEXITED) == -1 && errno == ECHILD ? 0 : 1;
}
