/* The grandchild outlives both its parents. */
#define _GNU_SOURCE
#include <unistd.h>

int main(void) {
    if (fork() == 0) {
        if (fork() == 0) {
            usleep(200000);
            _exit(0);
        }
        _exit(0);
    }
    usleep(100000);
    return 0;
}
