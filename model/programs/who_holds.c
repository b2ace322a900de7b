/* who_holds: fuser and pmap: who has this file open, mapped, as root, as program or as working directory; through links of /proc that
 * are followed, opened again and truncated to nothing; a family of which one mounts, one deletes what it holds, one becomes another
 * user */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/heldXXXXXX", held[64];
static int holders, errors;

static void holder(int how) {
    int fd = open(held, O_RDWR);
    alarm(8);
    if (how == 0)
        mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0), close(fd), pause();
    if (how == 1)
        chdir(dir), close(fd), setresuid(1000, 1000, 1000), pause();
    if (how == 2)
        chroot(dir), chdir("/"), open("gone", O_CREAT | O_RDWR, 0600), unlink("gone"), pause();
    if (how == 3)
        dup2(fd, 20), fcntl(fd, F_SETFD, FD_CLOEXEC), execl("/bin/sleep", "sleep", "4", NULL);
    _exit(1);
}
static void same(int at, char const* name, struct stat const* want) {
    struct stat st;
    struct statx sx;
    char b[300];
    if (fstatat(at, name, &st, 0) < 0)
        errors++;
    else
        holders += st.st_ino == want->st_ino && st.st_dev == want->st_dev;
    if (readlinkat(at, name, b, sizeof b) > 0 && strstr(b, "deleted") != NULL)
        holders++;
    statx(at, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &sx);
}
static void again(int at, char const* name) { /* opens what the link leads to, a pipe, a socket or a file */
    char b[32];
    int fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0)
        errors += lseek(fd, 0, SEEK_CUR) < 0, errors += pread(fd, b, sizeof b, 0) < 0, close(fd);
}
static void look(pid_t pid, struct stat const* want, int reopen) {
    static char const* places[] = {"cwd", "root", "exe", "cwd/held", "root/held", "fd/0/x", "ns/user"};
    static char const* whole[] = {"maps", "numa_maps", "status", "fdinfo/20", "fdinfo/1", "smaps_rollup", "attr/current", "loginuid"};
    char path[64], b[512];
    struct dirent* e;
    struct timespec ts;
    clockid_t clock;
    struct rusage ru;
    int top, fd;
    DIR* d;
    snprintf(path, sizeof path, "/proc/%d", pid);
    if ((top = open(path, O_RDONLY | O_DIRECTORY)) < 0)
        return;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        same(top, places[i], want);
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if ((fd = openat(top, whole[i], O_RDONLY)) >= 0) {
            for (int n = 0; n < 9 && read(fd, b, i % 2 ? 64 : sizeof b) > 0; n++)
                ;
            lseek(fd, 10, SEEK_SET), errors += read(fd, b, 4) < 0, close(fd);
        }
    for (int k = 0; k < 2; k++)
        if ((fd = openat(top, k ? "map_files" : "fd", O_RDONLY | O_DIRECTORY)) >= 0 && (d = fdopendir(fd)) != NULL) {
            while ((e = readdir(d)) != NULL)
                if (*e->d_name != '.') {
                    same(fd, e->d_name, want);
                    if (reopen && holders % 2)
                        again(fd, e->d_name);
                }
            closedir(d);
        }
    if (clock_getcpuclockid(pid, &clock) == 0)
        clock_getres(clock, &ts), clock_gettime(clock, &ts);
    clock_getres(CLOCK_PROCESS_CPUTIME_ID, &ts), clock_getres(CLOCK_MONOTONIC_COARSE, &ts), clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts),
        getrusage(RUSAGE_THREAD, &ru), getrusage(RUSAGE_SELF, &ru), prlimit(pid, RLIMIT_STACK, NULL, NULL), close(top);
}
int main(void) {
    struct stat st;
    pid_t p[4];
    int fd;
    alarm(30);
    if (!mkdtemp(dir))
        return 0;
    snprintf(held, sizeof held, "%s/held", dir), fd = open(held, O_CREAT | O_RDWR, 0666), ftruncate(fd, 8192), fstat(fd, &st),
        chmod(dir, 0755);
    for (int i = 0; i < 4; i++)
        if ((p[i] = fork()) == 0)
            holder(i);
    usleep(30000);
    for (int round = 0; round < 2; round++) {
        for (int i = round; i < 4; i += 2)
            look(p[i], &st, round == 1);
        look(round ? 1 : 2, &st, 0), look(p[round], &st, round);
        if (round == 0)
            unlink(held), kill(p[1], SIGKILL);
    }
    if (fork() == 0) { /* somebody who may not look */
        setresgid(1000, 1000, 1000), setresuid(1000, 1000, 1000), look(p[0], &st, 1), look(1, &st, 1), _exit(0);
    }
    for (int i = 0; i < 4; i++)
        kill(p[i], SIGTERM);
    while (wait(NULL) > 0)
        ;
    return rmdir(dir), printf("who_holds: %s\n", holders > 4 ? "many" : "few") < 0;
}
