/* long_args: xargs and env at their limits: programs started with arguments and environments from nothing to more than the stack
 * may hold: many short ones, few long ones, one that is too long; from a vfork, a thread, a child with a small stack; and scripts
 * between */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 900 };
static char* list[MOST + 4];
static char* none[] = {NULL};
static char** volatile nowhere = (char**)8;
static int refused, started;

static char** words(int count, size_t length, char const* first) {
    static char* text;
    free(text), text = malloc(length + 1), memset(text, 'w', length), text[length] = 0;
    int n = 0;
    if (first)
        list[n++] = (char*)first;
    while (n < count && n < MOST)
        list[n++] = text;
    return list[n] = NULL, list;
}
static void finish(pid_t p) {
    int st;
    waitpid(p, &st, 0), WIFEXITED(st) && WEXITSTATUS(st) == 0 ? started++ : refused++;
}
static void by_fork(int count, size_t length, rlim_t stack) {
    pid_t p = fork();
    if (p == 0) {
        if (stack)
            setrlimit(RLIMIT_STACK, &(struct rlimit){stack, RLIM_INFINITY});
        execve("/bin/true", words(count, length, "true"), none), _exit(errno == E2BIG ? 7 : 1);
    }
    finish(p);
}
static void by_vfork(int count, size_t length) { /* the environment is the long one */
    char** env = words(count, length, "PATH=/bin");
    char* args[] = {"true", NULL};
    pid_t p = vfork();
    if (p == 0)
        execve("/bin/true", args, env), _exit(1);
    finish(p);
}
static void by_spawn(int count, size_t length) {
    pid_t p;
    posix_spawn(&p, "/bin/true", NULL, NULL, words(count, length, "true"), none) == 0 ? finish(p) : (void)refused++;
}
static void* in_thread(void* arg) {
    return by_fork(100, 200, 0), by_spawn(9, 2500), arg;
}
static void by_script(char const* interpreter) { /* the name of the script goes in between */
    char name[] = "/tmp/long_argsXXXXXX";
    int fd = mkstemp(name);
    dprintf(fd, "#!%s -w\nexit 0\n", interpreter), fchmod(fd, 0700), close(fd);
    pid_t p = fork();
    if (p == 0)
        execve(name, words(50, 700, name), none), _exit(1);
    finish(p), unlink(name);
}
static void shell_list(int count) {
    char command[200];
    snprintf(command, sizeof command, "set -- $(for i in %d 2 3; do echo $i/*/*; done); /bin/true \"$@\"", count);
    finish(fork() ?: (execl("/bin/sh", "sh", "-c", command, NULL), 1));
}
int main(void) {
    pthread_t t;
    alarm(25), chdir("/");
    by_fork(1, 1, 0), by_fork(5, 3900, 0), by_fork(30, 4097, 0), by_fork(3, 40000, 0), by_fork(2, 131071, 0), by_fork(2, 131072, 0);
    by_fork(MOST, 20, 0), by_fork(90, 9000, 1 << 21), by_fork(40, 3000, 400000), by_fork(8, 4090, 120000);
    by_vfork(2, 70000), by_vfork(300, 60), by_vfork(MOST, 1), by_spawn(3, 30000), by_spawn(90, 200);
    pthread_create(&t, NULL, in_thread, NULL), pthread_join(t, NULL), by_script("/bin/bash"), by_script("/bin/true"),
        by_script("/no/such");
    execve("/bin/true", (char*[]){(char*)1, NULL}, none), refused += errno == EFAULT, execve("/bin/true", nowhere, none);
    shell_list(1), printf("long_args: %s\n", started > 8 && refused > 2 ? "some were too long" : "otherwise"), fflush(stdout);
    return execve("/bin/true", words(300, 90, "true"), words(300, 90, "A=1"));
}
