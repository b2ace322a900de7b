/* A user who may have one process. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

int main(void) {
    struct rlimit one = {1, 1};
    setrlimit(RLIMIT_NPROC, &one);
    if (setgid(1001) || setuid(1001))
        return 77; /* not here: it takes root to become somebody else */
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child < 0 && errno == EAGAIN ? 0 : 3;
}
