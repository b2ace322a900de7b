#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
extern char** environ;
int main(void) {
    int f = open("/tmp/s.sh", O_CREAT | O_WRONLY | O_TRUNC, 0755);
    write(f, "#!/bin/bash\nexit 6\n", 19);
    close(f);
    char* v[] = {"s", 0};
    pid_t p;
    int s;
    posix_spawn(&p, "/tmp/s.sh", 0, 0, v, environ);
    waitpid(p, &s, 0);
    int r = posix_spawn(&p, "/nonexistent", 0, 0, v, environ);
    printf("%d\n", r);
    p = vfork();
    if (!p) {
        execl("/etc/passwd", "x", (char*)0);
        _exit(1);
    }
    waitpid(p, &s, 0);
    p = fork();
    if (!p) {
        daemon(0, 0);
        usleep(1000);
        _exit(0);
    }
    waitpid(p, &s, 0);
    usleep(50000);
    return 0;
}
