/* core_of_threads: a process whose threads sleep in a read, a futex, a poll and a nanosleep is quit
 * from outside, then crashes by itself */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int pipe_fd[2];
static char saved[256];
static void* in_read(void* p) {
    char c;
    prctl(PR_SET_NAME, "in_read");
    return read(pipe_fd[0], &c, 1) < 0 ? p : NULL;
}
static void* in_futex(void* p) {
    prctl(PR_SET_NAME, "in_futex");
    pthread_mutex_lock(&lock);
    return p;
}
static void* in_poll(void* p) {
    struct pollfd f = {pipe_fd[0], POLLIN, 0};
    poll(&f, 1, 5000);
    return p;
}
static void* in_sleep(void* p) {
    usleep(5000000);
    return p;
}
static void* faults(void* p) {
    usleep(20000);
    *(long volatile*)((size_t)p & 24) = 1;
    return p;
}
static void* spins(void* p) {
    for (unsigned volatile i = 0; i < 1u << 31; i++)
        ;
    return p;
}
static void pattern(char const* text, size_t len) {
    int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, text, len) < 0)
        perror("core_pattern");
    close(fd);
}
static void run(int how) {
    void* (*body[])(void*) = {in_read, in_futex, in_poll, in_sleep, spins, faults};
    pthread_t t;
    pthread_attr_t at;
    alarm(6), pthread_attr_init(&at), pthread_attr_setstacksize(&at, 131072),
        pthread_mutex_lock(&lock);
    for (int i = 0; i < (how == 1 ? 6 : how == 2 ? 4 : 3); i++)
        pthread_create(&t, &at, body[i], how ? &t : NULL);
    if (how == 2) {
        char* dir = "/tmp";
        if (chdir(dir) == 0)
            pthread_exit(NULL);
    } /* the leader is a zombie already */
    if (how == 3)
        usleep(10000), *(short volatile*)(size_t)(how - 1) = 5;
    pause(), _exit(0);
}
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    int st, fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);
    char name[64];
    ssize_t n = fd < 0 ? 0 : read(fd, saved, sizeof saved);
    if (pipe(pipe_fd))
        return 0;
    setrlimit(RLIMIT_CORE, &all), alarm(25);
    if (n > 0)
        pattern("/tmp/core_of_threads.%p\n", 24);
    for (int how = 0; how < 4; how++) {
        pid_t p = fork();
        if (p == 0)
            run(how);
        usleep(60000);
        if (how == 0)
            kill(p, SIGQUIT);
        if (how == 2)
            kill(p, SIGABRT), usleep(500), kill(p, SIGTERM); /* arrives while the core is written */
        if (p > 0 && waitpid(p, &st, 0) == p)
            printf("signal %d core %d\n", WTERMSIG(st), !!WCOREDUMP(st));
        snprintf(name, sizeof name, "/tmp/core_of_threads.%d", p), unlink(name);
    }
    if (n > 0)
        pattern(saved, n);
    return 0;
}
