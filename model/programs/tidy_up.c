/* tidy_up: what a cleaner and a packer do to a folder of logs: they are rotated, truncated, appended to while they are read, sealed,
 * punched, stamped, given away, linked by descriptor, locked, watched; written by vectors, at places, through maps and pipes */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static char dir[] = "/tmp/tidy_upXXXXXX";
static int good;

static void ok(long r) {
    good += r >= 0;
}
static void writer(int n) { /* appends by whoever's lock it gets */
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 100};
    struct iovec v[3] = {{"a line ", 7}, {"of a log", 8}, {"\n", 1}};
    int fd = open("log", O_WRONLY | O_APPEND | O_CREAT, 0644);
    alarm(8);
    for (int i = 0; i < 6; i++) {
        l.l_type = F_WRLCK, ok(fcntl(fd, n ? F_OFD_SETLKW : F_SETLKW, &l)), ok(writev(fd, v, 3)), ok(pwritev2(fd, v, 2, -1, 0));
        l.l_type = F_UNLCK, ok(fcntl(fd, n ? F_OFD_SETLK : F_SETLK, &l)), usleep(700), i % 3 == 1 ? fdatasync(fd) : 0;
    }
    _exit(0);
}
static void rotate(int n) {
    static char big[9000];
    char from[20], to[20];
    for (int i = n; i > 0; i--)
        snprintf(from, sizeof from, i > 1 ? "log.%d" : "log", i - 1), snprintf(to, sizeof to, "log.%d", i), ok(rename(from, to));
    int fd = open("log", O_RDWR | O_CREAT | O_EXCL, 0600);
    ok(write(fd, big, sizeof big)), ok(ftruncate(fd, 100)), ok(ftruncate(fd, 30000)), ok(fallocate(fd, FALLOC_FL_ZERO_RANGE, 50, 8000));
    ok(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 8192)), ok(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
    ok(posix_fadvise(fd, 0, 4096, POSIX_FADV_DONTNEED)), ok(sync_file_range(fd, 0, 4096, 7)), ok(fchmod(fd, 0644)), close(fd);
}
static void attributes(char const* name) {
    struct timespec t[2] = {{1000, 5}, {0, UTIME_NOW}};
    struct timeval v[2] = {{1000, 1}, {2000, 2}};
    char b[100];
    ok(setxattr(name, "user.a", "1", 1, 0)), ok(setxattr(name, "user.a", "22", 2, XATTR_REPLACE));
    ok(lsetxattr(name, "security.b", "x", 1, 0));
    ok(getxattr(name, "user.a", b, sizeof b)), ok(listxattr(name, b, sizeof b)), ok(removexattr(name, "user.a"));
    ok(utimensat(AT_FDCWD, name, t, 0));
    ok(utimes(name, v)), ok(utimensat(AT_FDCWD, name, NULL, 0)), ok(chmod(name, 04755)), ok(lchown(name, 1000, 1000));
    ok(chown(name, 0, 5));
    ok(truncate(name, 5000)), ok(access(name, W_OK)), ok(chmod(name, 0600));
}
static void by_descriptor(void) {
    char path[40], b[200];
    int fd = open(".", O_TMPFILE | O_RDWR, 0600), mem = memfd_create("sealed", MFD_ALLOW_SEALING), p[2], out;
    ok(write(fd, "born without a name", 19)), snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ok(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW)), ok(lseek(fd, 0, SEEK_SET)), ok(write(mem, b, sizeof b));
    ok(fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE)), ok(ftruncate(mem, 1)), ok(write(mem, "x", 1));
    out = open("log.9", O_CREAT | O_RDWR, 0600);
    ok(pipe2(p, O_NONBLOCK)), ok(splice(fd, NULL, p[1], NULL, 10, 0)), ok(tee(p[0], p[1], 5, SPLICE_F_NONBLOCK));
    ok(splice(p[0], NULL, out, NULL, 10, 0));
    char* m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    m[5] = 'x', ok(msync(m, 4096, MS_ASYNC)), ok(fsync(out)), munmap(m, 4096), ok(lseek(out, 0, SEEK_SET));
    ok(sendfile(p[1], out, NULL, 8)), ok(read(p[0], b, sizeof b));
    ok(dup3(out, 30, O_CLOEXEC)), ok(fcntl(out, F_DUPFD_CLOEXEC, 40)), close(p[0]), close(p[1]), close(out), close(fd), close(mem);
}
int main(void) {
    struct dirent* e;
    char b[900];
    int w, told = 0;
    struct pollfd p;
    alarm(20);
    if (!mkdtemp(dir) || chdir(dir))
        return 0;
    w = inotify_init1(IN_CLOEXEC);
    ok(inotify_add_watch(w, dir, IN_MOVE | IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE | IN_ATTRIB | IN_OPEN));
    p = (struct pollfd){w, POLLIN, 0};
    for (int i = 0; i < 2; i++)
        if (fork() == 0)
            writer(i);
    for (int i = 0; i < 3; i++) {
        usleep(1500), rotate(3);
        int fd = open("log", O_RDONLY);
        ok(flock(fd, LOCK_EX)), ok(flock(fd, LOCK_UN)), ok(read(fd, b, 300)), ok(pread(fd, b, 100, 29000)), close(fd);
    }
    attributes("log.1"), attributes("log.2"), by_descriptor(), symlink("log", "last"), attributes("last"), mkdir("old", 0700);
    ok(inotify_add_watch(w, "old", IN_ALL_EVENTS)), ok(rename("log.3", "old/log")), ok(rename("old", "older"));
    ok(link("log", "older/two"));
    while (poll(&p, 1, 5) > 0 && read(w, b, sizeof b) > 0)
        told++;
    while (wait(NULL) > 0)
        ;
    ok(rmdir("older"));
    for (int deep = 1; deep >= 0; deep--) {
        DIR* d = opendir(deep ? "older" : ".");
        while ((e = readdir(d)) != NULL)
            ok(unlinkat(dirfd(d), e->d_name, 0));
        closedir(d), deep ? rmdir("older") : 0;
    }
    close(w), chdir("/");
    return rmdir(dir), printf("tidy_up: %s, %s\n", good > 80 ? "tidy" : "a mess", told ? "watched" : "unseen") < 0;
}
