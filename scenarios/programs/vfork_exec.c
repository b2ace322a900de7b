/* vfork and exec, by hand and by posix_spawn. */
#define _GNU_SOURCE
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(void) {
    pid_t child = vfork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
    char *arguments[] = {"true", NULL};
    pid_t spawned;
    posix_spawn(&spawned, "/bin/true", NULL, NULL, arguments, environ);
    waitpid(spawned, NULL, 0);
    return 0;
}
