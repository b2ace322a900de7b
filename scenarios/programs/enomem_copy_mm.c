/* A fork for which memory runs out at copy_mm. */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

int main(void) {
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    if (child > 0)
        return 77; /* not here: it takes a kernel with fault injection to fail this step */
    return errno == ENOMEM ? 0 : 1;
}
