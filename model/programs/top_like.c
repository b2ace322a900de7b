/* top_like: what top, lsof, pstree and prlimit read: three rounds over a family of five through
 * /proc, by pidfd and by the calls that ask about others */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char const* files[] = {"stat",
                              "status",
                              "maps",
                              "smaps",
                              "smaps_rollup",
                              "cmdline",
                              "environ",
                              "io",
                              "limits",
                              "cgroup",
                              "mountinfo",
                              "mounts",
                              "sched",
                              "schedstat",
                              "wchan",
                              "syscall",
                              "stack",
                              "statm",
                              "oom_score",
                              "oom_score_adj",
                              "comm",
                              "loginuid",
                              "sessionid",
                              "auxv",
                              "personality",
                              "uid_map",
                              "gid_map",
                              "numa_maps",
                              "timers",
                              "attr/current",
                              "coredump_filter",
                              "autogroup",
                              "cpuset",
                              "timerslack_ns",
                              "mountstats",
                              "patch_state",
                              "setgroups"};
static long bytes, family[8];
static int n;
static void* spin(void* a) {
    for (int i = 0; i < 400; i++)
        usleep(500);
    return a;
}
static void member(int how) {
    pthread_t t;
    alarm(7);
    if (how == 0)
        pause();
    if (how == 1)
        pthread_create(&t, NULL, spin, NULL), pthread_create(&t, NULL, spin, NULL), spin(NULL);
    if (how == 2)
        for (long volatile i = 0; i < 1L << 40; i++)
            ;
    if (how == 3)
        execl("/bin/sleep", "sleep", "3", NULL);
    if (how == 4)
        setpgid(0, 0), raise(SIGSTOP);
    _exit(how);
}
static void slurp(int dir, char const* name, size_t piece) {
    char b[4096];
    ssize_t r;
    long all = 0;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while ((r = read(fd, b, piece)) > 0 && (all += r) < 5000)
        ;
    lseek(fd, 0, SEEK_SET), bytes += all + pread(fd, b, 10, 3), close(fd);
}
static void links(int dir, char const* name) {
    int d = openat(dir, name, O_RDONLY | O_DIRECTORY), i;
    char b[256];
    struct dirent* e;
    DIR* s = d < 0 ? NULL : fdopendir(d);
    if (!s)
        return;
    while ((e = readdir(s)))
        bytes += readlinkat(dirfd(s), e->d_name, b, sizeof b) > 0, i = 0;
    rewinddir(s), i = readdir(s) != NULL, bytes += i, closedir(s);
}
static void ask(pid_t p) {
    struct rlimit rl;
    struct sched_param sp;
    char attr[64];
    cpu_set_t set;
    struct timespec ts;
    siginfo_t si;
    clockid_t c;
    int fd = (int)syscall(SYS_pidfd_open, p, 0), got;
    prlimit(p, RLIMIT_NOFILE, NULL, &rl), getpriority(PRIO_PROCESS, (id_t)p),
        sched_getparam(p, &sp), sched_getscheduler(p),
        syscall(SYS_sched_getattr, p, attr, sizeof attr, 0), sched_getaffinity(p, sizeof set, &set),
        sched_rr_get_interval(p, &ts), getpgid(p), getsid(p);
    if (clock_getcpuclockid(p, &c) == 0)
        clock_gettime(c, &ts), clock_getres(c, &ts);
    got = (int)syscall(SYS_pidfd_getfd, fd, 1, 0), close(got),
    waitid(P_PIDFD, (id_t)fd, &si, WEXITED | WNOHANG | WNOWAIT),
    syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), slurp(AT_FDCWD, "/proc/self/fdinfo/3", 64),
    close(fd), syscall(SYS_get_robust_list, p, attr, attr + 8),
    syscall(SYS_kcmp, getpid(), p, 0, 1, 1);
}
int main(void) {
    char path[64], b[128];
    struct utsname u;
    struct sysinfo si;
    struct tms t;
    struct rusage ru;
    int fd, st;
    DIR* d;
    struct dirent* e;
    alarm(15);
    for (int i = 0; i < 5; i++)
        if ((family[n++] = fork()) == 0)
            member(i);
    usleep(20000);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < n; i++) {
            snprintf(path, sizeof path, "/proc/%ld", family[i]);
            if ((fd = open(path, O_RDONLY | O_DIRECTORY)) < 0)
                continue;
            for (size_t k = (size_t)round; k < sizeof files / sizeof *files; k += 3)
                slurp(fd, files[k], k % 2 ? 300 : 4096);
            links(fd, round ? "fd" : "ns"), links(fd, "task"), readlinkat(fd, "exe", b, sizeof b),
                readlinkat(fd, "cwd", b, sizeof b), faccessat(fd, "root", X_OK, 0), close(fd),
                ask((pid_t)family[i]);
        }
        if (round == 0) {
            d = opendir("/proc");
            while (d && (e = readdir(d)))
                bytes++;
            closedir(d), links(AT_FDCWD, "/proc/self"), links(AT_FDCWD, "/proc/self/map_files");
        }
        if (round == 1) {
            char const* all[] = {"stat",
                                 "meminfo",
                                 "loadavg",
                                 "uptime",
                                 "version",
                                 "filesystems",
                                 "sys/kernel/pid_max",
                                 "sys/kernel/hostname",
                                 "vmstat",
                                 "cpuinfo",
                                 "pressure/memory"};
            for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                snprintf(path, sizeof path, "/proc/%s", all[i]), slurp(AT_FDCWD, path, 1024);
            kill((pid_t)family[2], SIGKILL);
        }
        getrusage(round ? RUSAGE_CHILDREN : RUSAGE_SELF, &ru), uname(&u), sysinfo(&si), times(&t),
            usleep(3000);
    }
    snprintf(path, sizeof path, "/proc/%ld/oom_score_adj", family[0]),
        fd = open(path, O_RDWR), bytes += write(fd, "300", 3), close(fd),
        snprintf(path, sizeof path, "/proc/%ld/mem", family[1]), fd = open(path, O_RDONLY),
        bytes += pread(fd, b, 16, (off_t)(size_t)files) > 0, close(fd),
        snprintf(path, sizeof path, "/proc/%ld/pagemap", family[1]), fd = open(path, O_RDONLY),
        pread(fd, b, 16, 0), close(fd);
    snprintf(path, sizeof path, "/proc/%ld/comm", family[1]),
        fd = open(path, O_RDWR), bytes += write(fd, "renamed", 7), close(fd),
        snprintf(path, sizeof path, "/proc/%ld/clear_refs", family[1]), fd = open(path, O_WRONLY),
        bytes += write(fd, "1", 1), close(fd),
        snprintf(path, sizeof path, "/proc/%ld/status", family[4]), fd = open(path, O_RDONLY);
    for (int i = 0; i < n; i++)
        kill((pid_t)family[i], SIGKILL);
    while (wait(&st) > 0)
        ;
    return printf("top_like: %s, then %s\n", bytes > 20000 ? "read much" : "read little",
                  read(fd, b, 10) < 0 ? strerror(errno) : "more") < 0;
}
