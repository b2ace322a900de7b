/* core_to_pipe: cores written to a helper that reads all, to one that leaves at once, to one that
 * is not there, and to a folder that is not */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATTERN "/proc/sys/kernel/core_pattern"
static char saved[256];
static void pattern(char const* text) {
    int fd = open(PATTERN, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, text, strlen(text)) < 0)
        perror("core_pattern");
    close(fd);
}
static void give_up(int s) {
    (void)s;
    pattern(saved);
    _exit(1);
}
static void* parked(void* p) {
    (void)p;
    pause();
    return NULL;
}
static void die(int how) {
    pthread_t t;
    char* m;
    alarm(4);
    switch (how) {
    case 0:
        raise(SIGQUIT);
        break;
    case 1:
        m = mmap(NULL, 1 << 21, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (m != MAP_FAILED)
            memset(m, 7, 1 << 18);
        *(char volatile*)(m + (1 << 22)) = 1;
        abort();
    case 2:
        pthread_create(&t, NULL, parked, NULL), pthread_create(&t, NULL, parked, NULL),
            usleep(1000), abort();
    case 3:
        nice(5), kill(getpid(), SIGXCPU);
        break;
    }
    _exit(0);
}
static int child(int how) {
    int st = 0;
    pid_t p = fork();
    if (p == 0)
        die(how);
    return p > 0 && waitpid(p, &st, 0) == p && WCOREDUMP(st);
}
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY}, one = {1, 1};
    int fd = open(PATTERN, O_RDONLY), dumped = 0;
    ssize_t n = fd >= 0 ? read(fd, saved, sizeof saved - 1) : -1;
    if (n <= 0)
        return 0;
    close(fd), signal(SIGALRM, give_up), signal(SIGTERM, give_up), alarm(20),
        setrlimit(RLIMIT_CORE, &all);
    pattern("|/bin/cat\n");
    for (int how = 0; how < 4; how++)
        dumped += child(how);
    pattern("|/bin/true %p %s %e\n"),
        dumped += child(1); /* leaves without reading: the pipe breaks */
    pattern("|/no/such/helper %p\n"), dumped += child(2);
    pattern("/no/such/folder/core.%p\n"), dumped += child(0);
    pattern("|/bin/cat\n");
    pid_t p = fork();
    if (p == 0) {
        setrlimit(RLIMIT_CORE, &one);
        die(0);
    } /* a limit of 1 means: the helper itself crashed */
    waitpid(p, NULL, 0), pattern(saved);
    return printf("core_to_pipe: %d dumped\n", dumped) < 0;
}
