/* core_helpers: deaths with a core: into a file, a pipe to a helper that reads all, one that reads a little, one that fails, by
 * absolute and relative patterns; of small and sparse memory, files, threads, a vfork, with limits, filters and as another user */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/core_helpersXXXXXX", was[200], self[200];

static void pattern(char const* text) {
    int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY | O_TRUNC);
    (void)!write(fd, text, strlen(text)), close(fd);
}
static void* wait_here(void* arg) {
    return pause(), arg;
}
static void die(int how) {
    pthread_t t;
    char *m, path[64];
    int fd;
    alarm(6), setrlimit(RLIMIT_CORE, &(struct rlimit){how == 3 ? 20000 : how == 4 ? 0 : RLIM_INFINITY, RLIM_INFINITY});
    m = mmap(NULL, 256 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), m[0] = m[70000] = m[200000] = 1;
    if (how % 2)
        fd = open("/bin/true", O_RDONLY), mmap(NULL, 30000, PROT_READ, MAP_PRIVATE, fd, 0), madvise(m, 8192, MADV_DONTDUMP);
    snprintf(path, sizeof path, "/proc/self/coredump_filter"), fd = open(path, O_WRONLY), (void)!write(fd, how % 3 ? "0x7f" : "0x1", 4),
        close(fd);
    if (how == 1 || how == 5)
        pthread_create(&t, NULL, wait_here, NULL), pthread_create(&t, NULL, wait_here, NULL), usleep(1000);
    if (how == 2)
        setresgid(1000, 1000, 1000), setresuid(1000, 1000, 1000), prctl(PR_SET_DUMPABLE, 1);
    if (how == 6)
        prctl(PR_SET_DUMPABLE, 0);
    if (how % 3 == 0)
        *(int volatile*)(size_t)8 = 1;
    if (how % 3 == 1)
        abort();
    kill(getpid(), how == 2 ? SIGQUIT : SIGXFSZ), pause();
}
static int helper(char const* how) {
    char b[16384];
    long n = 0;
    ssize_t r;
    if (*how == 'f')
        return 1;
    while ((r = read(0, b, *how == 'l' ? 700 : sizeof b)) > 0 && (*how != 'l' || n < 2000))
        n += r;
    return n > 0 ? 0 : 2;
}
int main(int argc, char** argv) {
    static char const* kinds[] = {"|%s all", "|%s little %%p", "|%s fails", "core.%%e.%%p", "/tmp/%%P.core", "|/no/such %%s",
        "|%s all %%d %%h"};
    char text[256];
    int fd, st, dumped = 0, all = 0;
    if (argc > 1)
        return helper(argv[1]);
    alarm(40), (void)!readlink("/proc/self/exe", self, sizeof self - 1), fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);
    (void)!read(fd, was, sizeof was - 1), close(fd);
    if (!mkdtemp(dir) || chdir(dir) || chmod(dir, 0777))
        return 0;
    for (int kind = 0; kind < 7; kind++) {
        snprintf(text, sizeof text, kinds[kind], self), pattern(text);
        for (int how = kind; how < kind + 1 + kind % 2; how++) {
            pid_t p = how == 5 ? vfork() : fork();
            if (p == 0)
                die(how % 7);
            waitpid(p, &st, 0), all++, dumped += WIFSIGNALED(st) && WCOREDUMP(st);
            snprintf(text, sizeof text, "/tmp/%d.core", p), unlink(text), snprintf(text, sizeof text, "core.core_helpers.%d", p),
                unlink(text);
        }
    }
    pattern(was), chdir("/");
    return rmdir(dir), printf("core_helpers: %s of %d\n", dumped ? "some" : "none", all) < 0;
}
