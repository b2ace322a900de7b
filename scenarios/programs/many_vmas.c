/* Forks with 300 more mappings. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    for (int i = 0; i < 300; i++) {
        /* Neighbours of different protection are not merged into one mapping. */
        int protection = i % 2 ? PROT_READ : PROT_READ | PROT_WRITE;
        char *page = mmap(NULL, 8192, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED)
            return 2;
        if (i % 2 == 0)
            page[0] = 1;
    }
    if (fork() == 0)
        _exit(0);
    wait(NULL);
    return 0;
}
