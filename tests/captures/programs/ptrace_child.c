#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    pid_t c = fork();
    if (!c) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        write(1, "x", 1);
        execl("/bin/true", "true", (char*)0);
        _exit(9);
    }
    int s;
    waitpid(c, &s, 0);
    ptrace(PTRACE_SETOPTIONS, c, 0, PTRACE_O_TRACEEXIT);
    for (int i = 0; i < 3; i++) {
        ptrace(PTRACE_SYSCALL, c, 0, 0);
        waitpid(c, &s, 0);
    }
    while (1) {
        ptrace(PTRACE_CONT, c, 0, 0);
        if (waitpid(c, &s, 0) < 0)
            break;
        if (WIFEXITED(s) || WIFSIGNALED(s))
            break;
    }
    printf("%x\n", s);
    return 0;
}
