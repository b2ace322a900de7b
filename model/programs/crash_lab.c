/* crash_lab: a test runner: each test runs in a child with a folder of its own and much memory that it has not used yet; those that
 * crash leave a core there, whose head the runner reads, or a limit or a filter keeps part of it away; slow ones are quit */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void test(void);
static char* pool;
static int pool_pages;

static void set(char const* path, char const* text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, text, strlen(text)), close(fd);
}
static void* spin(void* arg) {
    for (int volatile* stop = arg; !*stop;)
        usleep(500);
    return arg;
}
static void passes(void) {
    free(memset(malloc(50000), 1, 50000));
}
static void double_free(void) {
    char* p = malloc(40);
    free(p), p[8] = 7, abort();
}
static void null_pointer(void) {
    *(char volatile*)(size_t)(pool_pages & 1) = 1;
}
static void past_file(void) { /* SIGBUS: the file is shorter than its mapping */
    int fd = open("short", O_CREAT | O_RDWR, 0600);
    ftruncate(fd, 5000);
    char* m = mmap(NULL, 40960, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    m[0] = m[4096] = 1, m[20000] = 1;
}
static void overflow(void) {
    char volatile frame[6000];
    frame[0] = 1;
    if (frame[0])
        overflow(), frame[1] = frame[0];
}
static void race(void) {
    static int volatile stop;
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, spin, (void*)&stop);
    usleep(1500), pthread_kill(t[1], SIGTRAP), pthread_join(t[0], NULL);
}
static void hangs(void) {
    mprotect(pool, 65536, PROT_NONE), madvise(pool + 65536, 65536, MADV_DONTNEED), pause();
}
static void constant(void) {
    *(char volatile*)(size_t) "text" = 'T';
}
static void run(test* body, int number, char const* folder) {
    pool_pages = 90 + 40 * (number % 4);
    pool = mmap(NULL, (size_t)pool_pages << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < pool_pages; i += number + 2)
        pool[i << 12] = 1;
    setrlimit(RLIMIT_STACK, &(struct rlimit){256 << 10, RLIM_INFINITY});
    setrlimit(RLIMIT_CORE, &(struct rlimit){number == 5 ? 90000 : RLIM_INFINITY, RLIM_INFINITY});
    alarm(8), chdir(folder), number % 3 == 1 ? set("/proc/self/coredump_filter", "3") : (void)0, body(), _exit(0);
}
static long evaluate(char const* folder) { /* of the core, if there is one; and tidies up */
    struct dirent* e;
    Elf64_Ehdr head;
    Elf64_Phdr parts[8];
    long loaded = 0;
    DIR* d = opendir(folder);
    while (d && (e = readdir(d)) != NULL)
        if (*e->d_name != '.') {
            int fd = openat(dirfd(d), e->d_name, O_RDONLY);
            if (read(fd, &head, sizeof head) == sizeof head && pread(fd, parts, sizeof parts, (off_t)head.e_phoff) > 0)
                loaded += head.e_phnum, lseek(fd, (off_t)parts[1].p_offset, SEEK_DATA), (void)!read(fd, parts, sizeof parts);
            close(fd), unlinkat(dirfd(d), e->d_name, 0);
        }
    return d ? closedir(d) : 0, loaded;
}
int main(void) {
    static test* const tests[] = {passes, double_free, null_pointer, past_file, overflow, race, hangs, constant};
    char root[] = "/tmp/crash_labXXXXXX", folder[64], was[200] = "";
    int st, crashed = 0, fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);
    (void)!read(fd, was, sizeof was - 1), close(fd), alarm(40);
    if (!mkdtemp(root))
        return 0;
    set("/proc/sys/kernel/core_pattern", "core"), set("/proc/sys/kernel/core_uses_pid", "1");
    for (int i = 0; i < 8; i++) {
        snprintf(folder, sizeof folder, "%s/%d", root, i), mkdir(folder, 0700);
        pid_t p = fork();
        if (p == 0)
            run(tests[i], i, folder);
        if (tests[i] == hangs)
            usleep(30000), kill(p, SIGQUIT);
        waitpid(p, &st, 0), crashed += WIFSIGNALED(st) && evaluate(folder) > 0, evaluate(folder), rmdir(folder);
    }
    set("/proc/sys/kernel/core_pattern", was), set("/proc/sys/kernel/core_uses_pid", "0"), rmdir(root);
    return printf("crash_lab: %s\n", crashed > 2 ? "as expected" : "few cores") < 0;
}
