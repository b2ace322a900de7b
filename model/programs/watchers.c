/* watchers: inotify on folders, files and a mount that goes, moves with cookies, a queue that
 * overflows, fanotify that decides about an open, poll and epoll on them */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/watchXXXXXX", buf[8192];
static int seen[32];
static int drain(int fd) {
    ssize_t n = read(fd, buf, sizeof buf);
    int events = 0;
    for (ssize_t at = 0; at < n; events++) {
        struct inotify_event* e = (void*)(buf + at);
        for (int i = 0; i < 32; i++)
            if (e->mask >> i & 1)
                seen[i]++;
        at += (ssize_t)sizeof *e + e->len;
    }
    return events;
}
static void busy(int rounds) {
    char a[32], b[32];
    for (int i = 0; i < rounds; i++) {
        snprintf(a, sizeof a, "f%d", i), snprintf(b, sizeof b, "sub/g%d", i);
        int fd = open(a, O_CREAT | O_RDWR, 0600);
        if (write(fd, "12345", 5) != 5 || pread(fd, b + 20, 1, 0) != 1)
            errno = 0;
        close(fd), chmod(a, 0640), rename(a, b), link(b, a), truncate(b, 1), unlink(a), unlink(b);
    }
}
static int judge(void) /* a child's opens are let through, or not */
{
    struct fanotify_event_metadata* m = (void*)buf;
    struct pollfd pl;
    struct fanotify_response r;
    int st, n = 0, f = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY);
    pid_t p;
    if (f < 0)
        return -1;
    if (fanotify_mark(f, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_CLOSE | FAN_EVENT_ON_CHILD, AT_FDCWD,
                      "."))
        return close(f), -2;
    if ((p = fork()) == 0) {
        alarm(4), close(f), n = open("judged", O_CREAT | O_RDWR, 0600) >= 0,
                            n += 2 * (open("judged", O_RDONLY) < 0 && errno == EPERM), _exit(n);
    }
    pl = (struct pollfd){f, POLLIN, 0};
    for (int i = 0; i < 60 && waitpid(p, &st, WNOHANG) == 0; i++) {
        if (poll(&pl, 1, 30) < 1)
            continue;
        ssize_t len = read(f, buf, sizeof buf);
        for (m = (void*)buf; FAN_EVENT_OK(m, len); m = FAN_EVENT_NEXT(m, len)) {
            if (m->mask & FAN_OPEN_PERM)
                r = (struct fanotify_response){m->fd, n++ ? FAN_DENY : FAN_ALLOW},
                len -= write(f, &r, sizeof r) == 0;
            if (m->fd >= 0)
                close(m->fd);
        }
    }
    return close(f), unlink("judged"), WEXITSTATUS(st);
}
int main(void) {
    int in, in2, w[4], st, n = 0, kinds = 0;
    pid_t p;
    struct epoll_event e = {EPOLLIN, {0}};
    struct pollfd pl;
    alarm(12);
    if (!mkdtemp(dir) || chdir(dir) || mkdir("sub", 0700))
        return 0;
    in = inotify_init1(IN_CLOEXEC), in2 = inotify_init1(IN_NONBLOCK),
    w[0] = inotify_add_watch(in, ".", IN_ALL_EVENTS),
    w[1] = inotify_add_watch(in, "sub", IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR),
    w[2] = inotify_add_watch(in2, "sub", IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT);
    printf("%d ", inotify_add_watch(in, "nothing", IN_OPEN) < 0),
        w[3] = inotify_add_watch(in, ".", IN_MASK_ADD | IN_EXCL_UNLINK | IN_DONT_FOLLOW);
    if ((p = fork()) == 0)
        alarm(4), usleep(10000), busy(3), _exit(0);
    n += drain(in), pl = (struct pollfd){in, POLLIN, 0}, waitpid(p, &st, 0);
    while (poll(&pl, 1, 10) > 0)
        n += drain(in);
    int ep = epoll_create1(0);
    epoll_ctl(ep, EPOLL_CTL_ADD, in, &e), epoll_ctl(ep, EPOLL_CTL_ADD, in2, &e);
    if ((p = fork()) == 0)
        alarm(4), busy(1), rename("sub", "sub2"), mkdir("sub", 0700), rename("sub2", "sub"),
            _exit(0);
    epoll_wait(ep, &e, 1, 1000), waitpid(p, &st, 0), ioctl(in, FIONREAD, &st), n += drain(in),
        n += drain(in2), inotify_rm_watch(in, w[1]), inotify_rm_watch(in, 99);
    if (mount("t", "sub", "tmpfs", 0, "size=64k") == 0) { /* a watched mount is taken away */
        inotify_add_watch(in2, "sub", IN_ALL_EVENTS), close(open("sub/x", O_CREAT | O_RDWR, 0600)),
            umount2("sub", 0), n += drain(in2);
    }
    close(in2), busy(2), fcntl(in, F_SETFL, O_NONBLOCK), n += drain(in),
        printf("judge %d, ", judge());
    if ((p = fork()) == 0)
        alarm(3), busy(1), execl("/bin/cat", "cat", "/dev/null", NULL), _exit(1);
    waitpid(p, &st, 0), rmdir("sub"), chdir("/"), rmdir(dir),
        n += drain(in); /* the watched folder itself: IN_IGNORED */
    for (int i = 0; i < 32; i++)
        kinds += seen[i] > 0;
    return printf("%s events of %s kinds\n", n > 30 ? "many" : "few", kinds > 9 ? "many" : "few") <
           0;
}
