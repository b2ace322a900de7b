/* postmortem: a crash reporter: the kernel starts it for each death with a core; it looks at the dying process through /proc, reads
 * the head of the core, counts what is empty, and writes a report; services with much and little memory die for it, one after the
 * other */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"
static char self[160], was[200];

static void put(char const* path, char const* text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, text, strlen(text)), close(fd);
}
static long look(char const* pid, char const* name) {
    char path[80], b[2048];
    long n = 0, r;
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    int fd = open(path, O_RDONLY);
    while (fd >= 0 && (r = read(fd, b, sizeof b)) > 0)
        n += r;
    return close(fd), n;
}
static int report(char const* pid, char const* sig) {
    static char b[32768], zero[4096];
    Elf64_Ehdr head;
    Elf64_Phdr segment;
    char path[80];
    struct dirent* e;
    long n, holes = 0, files = 0, seen = look(pid, "status") + look(pid, "maps") + look(pid, "cmdline") + look(pid, "limits");
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR* d = opendir(path);
    while (d && (e = readdir(d)) != NULL)
        files += readlinkat(dirfd(d), e->d_name, b, sizeof b) > 0;
    if (d)
        closedir(d);
    if (read(0, &head, sizeof head) != sizeof head)
        return 1;
    for (int i = 0; i < head.e_phnum; i++)
        n = read(0, &segment, sizeof segment), seen += n > 0 && segment.p_type == PT_LOAD;
    while ((n = read(0, b, atoi(sig) == SIGSEGV ? 4096 : sizeof b)) > 0)
        for (long i = 0; i + 4096 <= n; i += 4096)
            holes += memcmp(b + i, zero, 4096) == 0;
    int out = open("/tmp/postmortem.report", O_CREAT | O_APPEND | O_WRONLY, 0600);
    return dprintf(out, "%s %s %ld %ld %ld\n", pid, sig, seen, holes, files), close(out);
}
static void service(int how) {
    sigset_t all;
    int fd[2], mem = memfd_create("cache", 0);
    size_t size = (size_t)(200 + 150 * how) << 10;
    char* cache = mmap(NULL, size, PROT_READ | PROT_WRITE, (how % 2 ? MAP_PRIVATE : MAP_SHARED) | MAP_ANONYMOUS, -1, 0);
    alarm(10), setrlimit(RLIMIT_CORE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), put("/proc/self/coredump_filter", "0x37");
    for (size_t i = 0; i < size; i += 4096u * (unsigned)(3 + how))
        cache[i] = 'c';
    ftruncate(mem, 100000), mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_PRIVATE, mem, 0),
        socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
    (void)!write(fd[1], "request", 7), dup2(fd[0], 9);
    if (how == 1)
        prctl(PR_SET_NAME, "a name"), chdir("/"), setpgid(0, 0);
    if (how == 2 && fork() > 0)
        wait(NULL), _exit(0);
    if (how == 3)
        sigfillset(&all), sigprocmask(SIG_BLOCK, &all, NULL), *(int volatile*)(size_t)16 = 1;
    if (how == 4)
        mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), munmap(cache + 8192, 65536),
            setresuid(1000, 1000, 1000), prctl(PR_SET_DUMPABLE, 1);
    kill(getpid(), how % 2 ? SIGABRT : SIGSYS), pause();
}
int main(int argc, char** argv) {
    char text[256];
    int dumped = 0, st, fd = open(CORE_PATTERN, O_RDONLY);
    if (argc == 3)
        return report(argv[1], argv[2]);
    if (fd >= 0)
        (void)!read(fd, was, sizeof was - 1), close(fd);
    alarm(40), (void)!readlink("/proc/self/exe", self, sizeof self - 1);
    snprintf(text, sizeof text, "|%s %%P %%s", self), put(CORE_PATTERN, text), put("/proc/sys/kernel/core_pipe_limit", "2");
    for (int how = 0; how < 5; how++) {
        pid_t p = fork();
        if (p == 0)
            service(how);
        waitpid(p, &st, 0), dumped += WIFSIGNALED(st) && WCOREDUMP(st);
    }
    put(CORE_PATTERN, was), put("/proc/sys/kernel/core_pipe_limit", "0"), unlink("/tmp/postmortem.report");
    return printf("postmortem: %s\n", dumped ? "reports" : "nothing") < 0;
}
