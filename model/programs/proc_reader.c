/* proc_reader: looks at itself, at a threaded, a sleeping, a stopped and a dead child, and at the
 * machine through /proc; writes what may be written there */
#define _GNU_SOURCE
#include <dirent.h>
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
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static long bytes;
static int gone;
static void look(char const* path) {
    char b[2048];
    ssize_t n, all = 0;
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) {
        gone++;
        return;
    }
    while ((n = read(fd, b, sizeof b)) > 0 && all < 8192)
        all += n;
    bytes += all, close(fd);
}
static void set(char const* path, char const* text) {
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        gone++;
    close(fd);
}
static void list(char const* path, int links) {
    DIR* d = opendir(path);
    struct dirent* e;
    char p[512], b[128];
    if (!d) {
        gone++;
        return;
    }
    while ((e = readdir(d)))
        if (links)
            snprintf(p, sizeof p, "%s/%s", path, e->d_name), bytes += readlink(p, b, sizeof b) > 0;
        else
            bytes++;
    closedir(d);
}
static void about(int pid, int all) {
    static char const* few[] = {"stat", "status", "cmdline", "comm", "wchan", "statm", "environ"};
    static char const* more[] = {
        "maps",      "smaps_rollup",  "limits",    "cgroup",    "mountinfo",
        "io",        "sched",         "schedstat", "syscall",   "stack",
        "oom_score", "oom_score_adj", "loginuid",  "auxv",      "personality",
        "timers",    "timerslack_ns", "uid_map",   "numa_maps", "coredump_filter",
        "autogroup", "attr/current",  "children",  "task",      "setgroups"};
    char p[64];
    for (size_t i = 0; i < sizeof few / sizeof *few; i++)
        snprintf(p, sizeof p, "/proc/%d/%s", pid, few[i]), look(p);
    for (size_t i = 0; all && i < sizeof more / sizeof *more; i++)
        snprintf(p, sizeof p, "/proc/%d/%s", pid, more[i]), look(p);
    snprintf(p, sizeof p, "/proc/%d/fd", pid), list(p, 1),
        snprintf(p, sizeof p, "/proc/%d/task", pid), list(p, 0);
    if (all)
        snprintf(p, sizeof p, "/proc/%d/ns", pid), list(p, 1),
            snprintf(p, sizeof p, "/proc/%d/exe", pid), bytes += access(p, X_OK),
            snprintf(p, sizeof p, "/proc/%d/task/%d/children", pid, pid), look(p);
}
static void* thread(void* a) {
    prctl(PR_SET_NAME, "a thread"), usleep(200000);
    return a;
}
static pid_t child(int how) {
    pthread_t t;
    pid_t p = fork();
    if (p)
        return p;
    alarm(8);
    if (how == 0) {
        for (int i = 0; i < 3; i++)
            pthread_create(&t, NULL, thread, NULL);
        set("/proc/thread-self/comm", "renamed"), pthread_join(t, NULL), _exit(0);
    }
    if (how == 1)
        raise(SIGSTOP);
    if (how == 2)
        _exit(2);
    if (how == 3) {
        setpriority(PRIO_PROCESS, 0, 5);
        if (setuid(3000))
            _exit(1);
        prctl(PR_SET_DUMPABLE, 0);
    }
    pause(), _exit(0);
}
int main(void) {
    pid_t p[4];
    int st, fd;
    char path[64], b[64];
    struct utsname u;
    struct sysinfo si;
    struct tms t;
    alarm(15);
    for (int i = 0; i < 4; i++)
        p[i] = child(i);
    usleep(20000), about(getpid(), 1), about(p[0], 1);
    for (int i = 1; i < 4; i++)
        about(p[i], i == 3); /* one of them is a zombie */
    look("/proc/self/smaps"), list("/proc/self", 0), list("/proc", 0), list("/proc/self/fdinfo", 0),
        list("/proc/self/map_files", 1), look("/proc/self/fdinfo/1"), look("/proc/self/pagemap"),
        look("/proc/thread-self/status");
    for (int i = 0; i < 8; i++) {
        char const* all[] = {"stat",
                             "meminfo",
                             "loadavg",
                             "uptime",
                             "filesystems",
                             "self/mounts",
                             "sys/kernel/pid_max",
                             "pressure/cpu"};
        snprintf(path, sizeof path, "/proc/%s", all[i]), look(path);
    }
    set("/proc/self/oom_score_adj", "500"), set("/proc/self/coredump_filter", "0x3"),
        set("/proc/self/timerslack_ns", "70000"), set("/proc/self/clear_refs", "1"),
        set("/proc/self/autogroup", "3"), set("/proc/self/comm", "a-name-that-is-too-long"),
        set("/proc/self/loginuid", "7"), set("/proc/self/uid_map", "x");
    snprintf(path, sizeof path, "/proc/%d/mem", p[0]),
        fd = open(path, O_RDWR), bytes += pread(fd, b, 8, (off_t)(size_t)path) > 0,
        pwrite(fd, b, 8, (off_t)(size_t)&u), pread(fd, b, 8, 8), close(fd);
    snprintf(path, sizeof path, "/proc/%d/status", p[1]),
        fd = open(path, O_RDONLY), snprintf(path, sizeof path, "/proc/%d/cwd", p[1]),
        bytes += chdir(path);
    snprintf(path, sizeof path, "/proc/%d", p[1]),
        st = open(path, O_RDONLY | O_DIRECTORY), kill(p[1], SIGKILL), waitpid(p[1], NULL, 0),
        gone += read(fd, b, sizeof b) < 0, gone += openat(st, "comm", O_RDONLY) < 0, close(fd),
        close(st);
    uname(&u), sysinfo(&si), times(&t), bytes += sysconf(_SC_NPROCESSORS_ONLN),
        getloadavg((double[3]){0}, 3);
    kill(p[3], SIGTERM), kill(p[0], SIGTERM);
    for (int i = 0; i < 4; i++)
        waitpid(p[i], &st, 0), snprintf(path, sizeof path, "/proc/%d/stat", p[i]), look(path);
    return printf("proc_reader: read %s, %s not there\n", bytes > 9000 ? "much" : "little",
                  gone > 3 ? "some" : "none") < 0;
}
