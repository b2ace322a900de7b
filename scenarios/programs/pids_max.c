/* A cgroup that allows one process. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *path, const char *text) {
    int file = open(path, O_WRONLY);
    if (file < 0)
        return -1;
    ssize_t written = write(file, text, strlen(text));
    close(file);
    return written < 0 ? -1 : 0;
}

int main(void) {
    mkdir("/cg", 0755);
    if (mount("none", "/cg", "cgroup2", 0, NULL) < 0 && errno != EBUSY)
        return 77; /* not here: no cgroup v2 to mount */
    if (put("/cg/cgroup.subtree_control", "+pids"))
        return 77;
    mkdir("/cg/a", 0755);
    if (put("/cg/a/pids.max", "1") || put("/cg/a/cgroup.procs", "0"))
        return 77;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    int error = errno;
    put("/cg/cgroup.procs", "0");
    if (child > 0)
        waitpid(child, NULL, 0);
    return child < 0 && error == EAGAIN ? 0 : 6;
}
