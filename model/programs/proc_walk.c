/* proc_walk: what ps, pgrep and lsof do to everybody there is: /proc of every task, its links, its maps, its open files; in pieces,
 * from the middle, rewound, and once more when half of the family is gone */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char const* texts[] = {"stat", "status", "statm", "cmdline", "maps", "smaps", "environ", "comm", "limits", "mountinfo", "cgroup",
                              "wchan", "syscall", "sched", "io", "oom_score", "stack", "auxv", "smaps_rollup", "mounts", "personality"};
static char const* links[] = {"exe", "cwd", "root", "ns/mnt", "ns/pid", "ns/net", "fd/0", "fd/1", "fd/3", "fd/77"};
static long bytes, seen;

static void* sleeper(void* arg) {
    return usleep(400000), arg;
}
static void member(int how) {
    pthread_t t;
    int p[2];
    alarm(8);
    if (how == 0)
        pipe(p), socketpair(AF_UNIX, SOCK_STREAM, 0, p), pause();
    if (how == 1)
        pthread_create(&t, NULL, sleeper, NULL), pthread_create(&t, NULL, sleeper, NULL), pthread_join(t, NULL);
    if (how == 2)
        chdir("/tmp"), mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), pause();
    _exit(0); /* the last stays a zombie */
}
static void read_pieces(int dir, char const* name, size_t piece, int way) {
    char b[8192];
    ssize_t n;
    long all = 0;
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while ((n = read(fd, b, piece)) > 0 && all < 3000)
        all += n;
    if (way == 1)
        lseek(fd, 0, SEEK_SET), n = read(fd, b, piece);
    if (way == 2)
        lseek(fd, 40, SEEK_SET), n = read(fd, b, 20), lseek(fd, -5, SEEK_CUR), n = read(fd, b, sizeof b);
    if (way == 3)
        n = pread(fd, b, 50, all / 2), n = pread(fd, b, 50, all / 4), lseek(fd, 0, SEEK_END), fstat(fd, &st);
    bytes += all, close(fd);
}
static void each_entry(int dir, char const* name, int follow) {
    char b[200];
    struct stat st;
    struct dirent* e;
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* d = fd < 0 ? NULL : fdopendir(fd);
    while (d && (e = readdir(d)) != NULL) {
        bytes += readlinkat(fd, e->d_name, b, sizeof b) > 0;
        if (follow)
            fstatat(fd, e->d_name, &st, 0);
        else
            fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW), faccessat(fd, e->d_name, R_OK, 0);
    }
    if (d)
        seekdir(d, telldir(d)), rewinddir(d), seen += readdir(d) != NULL, closedir(d);
}
static void one_task(char const* pid, int round) {
    char path[300], b[200];
    int fd;
    snprintf(path, sizeof path, "/proc/%s", pid);
    if ((fd = open(path, O_PATH | O_DIRECTORY)) < 0)
        return;
    for (size_t i = (size_t)(round + seen) % 5; i < sizeof texts / sizeof *texts; i += 5)
        read_pieces(fd, texts[i], round == 0 ? 1024 : round == 1 ? 100 : 4096, (int)(i + (size_t)round) % 4);
    for (size_t i = (size_t)seen % 3; i < sizeof links / sizeof *links; i += 3)
        bytes += readlinkat(fd, links[i], b, sizeof b) > 0;
    if (seen % 2)
        each_entry(fd, round ? "ns" : "fd", round == 0), each_entry(fd, seen % 3 ? "task" : "map_files", 1);
    seen++, close(fd);
}
int main(void) {
    pid_t family[4];
    alarm(40);
    for (int i = 0; i < 4; i++)
        if ((family[i] = fork()) == 0)
            member(i);
    usleep(30000);
    for (int round = 0; round < 2; round++) {
        DIR* proc = opendir("/proc");
        struct dirent* e;
        int most = 6;
        while (proc && (e = readdir(proc)) != NULL)
            if (isdigit((unsigned char)*e->d_name) && (atoi(e->d_name) >= getpid() || most-- > 0))
                one_task(e->d_name, round);
        one_task("self", round), one_task("thread-self", round);
        closedir(proc);
        if (round == 1)
            kill(family[0], SIGKILL), usleep(5000);
    }
    for (int i = 0; i < 4; i++)
        kill(family[i], SIGTERM), waitpid(family[i], NULL, 0);
    return printf("proc_walk: %s of %s\n", bytes > 5000 ? "much" : "little", seen > 12 ? "many" : "few") < 0;
}
