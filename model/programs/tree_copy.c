/* tree_copy: a tree of files, links, nodes and holes is copied in several ways while inotify and fanotify watch it: attributes, times,
 * owners, modes, locks; then exchanged with the copy, renamed into itself, touched by who may not, and pruned from below */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static char dir[] = "/tmp/tree_copyXXXXXX";
static int good, events, watch, wide;

static void ok(long r) {
    good += r >= 0;
}
static void hear(void) {
    char b[1500];
    while (read(watch, b, sizeof b) > 0)
        events++;
    while (wide >= 0 && read(wide, b, 24) > 0)
        events++, close(((struct fanotify_event_metadata*)b)->fd);
}
static void plant(int at, int depth) {
    char name[20], block[5000];
    memset(block, depth, sizeof block);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "file%d", i);
        int fd = openat(at, name, O_CREAT | O_RDWR | (i == 2 ? O_APPEND : 0), 0640);
        ok(write(fd, block, 700 + 2100 * i)), ok(lseek(fd, 20000, SEEK_SET)), ok(write(fd, "end", 3)), ok(fchmod(fd, 0600 + i));
        ok(fsetxattr(fd, "user.kind", "leaf", 4, 0)), ok(fsetxattr(fd, "trusted.kind", name, 5, 0)), ok(fchown(fd, 1000, i ? -1 : 1000));
        ok(fallocate(fd, i == 1 ? FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE : i ? FALLOC_FL_KEEP_SIZE : 0, 4096, 9000)), close(fd);
    }
    ok(symlinkat("file0", at, "soft")), ok(linkat(at, "file1", at, "hard", 0)), ok(mknodat(at, "pipe", S_IFIFO | 0600, 0));
    ok(mknodat(at, "null", S_IFCHR | 0600, 0x103)), ok(mkdirat(at, "deeper", 0750));
    int next = openat(at, "deeper", O_RDONLY | O_DIRECTORY);
    if (depth > 0)
        plant(next, depth - 1);
    close(next);
}
static void copy_file(int in, int out, off_t size, int how) {
    char b[4096], *m;
    ssize_t n;
    off_t hole, data = 0;
    if (how == 0)
        while ((data = lseek(in, data, SEEK_DATA)) >= 0 && (hole = lseek(in, data, SEEK_HOLE)) > data) {
            lseek(out, data, SEEK_SET), ok(sendfile(out, in, &data, (size_t)(hole - data)));
            if (data < hole)
                break;
        }
    else if (how == 1)
        ok(copy_file_range(in, NULL, out, NULL, (size_t)size, 0));
    else if (how == 2)
        while ((n = read(in, b, sizeof b)) > 0)
            ok(write(out, b, (size_t)n));
    else if ((m = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, in, 0)) != MAP_FAILED)
        ok(pwrite(out, m, (size_t)size, 0)), munmap(m, (size_t)size);
    ok(ftruncate(out, size));
}
static void copy(int from, int to, int how) {
    char target[100], names[200];
    struct dirent* e;
    struct stat st;
    DIR* d = fdopendir(dup(from));
    while (d && (e = readdir(d)) != NULL) {
        if (*e->d_name == '.' || fstatat(from, e->d_name, &st, AT_SYMLINK_NOFOLLOW))
            continue;
        struct timespec times[2] = {st.st_atim, st.st_mtim};
        if (S_ISDIR(st.st_mode)) {
            ok(mkdirat(to, e->d_name, 0700));
            int a = openat(from, e->d_name, O_RDONLY), b = openat(to, e->d_name, O_RDONLY);
            copy(a, b, how + 1), close(a), close(b);
        } else if (S_ISREG(st.st_mode)) {
            int a = openat(from, e->d_name, O_RDONLY | O_NOATIME), b = openat(to, e->d_name, O_RDWR | O_CREAT | O_EXCL, 0600);
            ok(flock(a, LOCK_SH)), copy_file(a, b, st.st_size, how++ % 4), ok(flistxattr(a, names, sizeof names));
            ok(fgetxattr(a, "user.kind", names, 20)), ok(fsetxattr(b, "user.kind", names, 4, XATTR_CREATE)), ok(futimens(b, times));
            ok(fchown(b, st.st_uid, st.st_gid)), ok(fdatasync(b)), close(a), close(b);
        } else if (S_ISLNK(st.st_mode) && readlinkat(from, e->d_name, target, sizeof target) > 0)
            ok(symlinkat("file0", to, e->d_name));
        else
            ok(mknodat(to, e->d_name, st.st_mode, st.st_rdev));
        utimensat(to, e->d_name, times, AT_SYMLINK_NOFOLLOW), fchmodat(to, e->d_name, st.st_mode & 07777, 0);
    }
    closedir(d), hear();
}
static void prune(int at) {
    struct dirent* e;
    DIR* d = fdopendir(dup(at));
    rewinddir(d);
    while ((e = readdir(d)) != NULL)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && unlinkat(at, e->d_name, 0) && errno == EISDIR) {
            int next = openat(at, e->d_name, O_RDONLY);
            ok(unlinkat(at, e->d_name, AT_REMOVEDIR)), prune(next), close(next), ok(unlinkat(at, e->d_name, AT_REMOVEDIR));
        }
    closedir(d);
}
int main(void) {
    struct statvfs fs;
    int a, b, top;
    alarm(20);
    if (!mkdtemp(dir) || chdir(dir))
        return 0;
    watch = inotify_init1(IN_NONBLOCK), wide = fanotify_init(FAN_NONBLOCK, O_RDONLY), top = open(".", O_RDONLY | O_DIRECTORY);
    mkdir("from", 0755), mkdir("to", 0755), ok(inotify_add_watch(watch, "from", IN_ALL_EVENTS));
    ok(inotify_add_watch(watch, "to", IN_CREATE));
    ok(fanotify_mark(wide, FAN_MARK_ADD, FAN_OPEN | FAN_CLOSE | FAN_ACCESS | FAN_EVENT_ON_CHILD, AT_FDCWD, "from"));
    a = open("from", O_RDONLY | O_DIRECTORY), b = open("to", O_RDONLY | O_DIRECTORY), plant(a, 1), hear(), copy(a, b, 0), hear();
    ok(syscall(SYS_renameat2, AT_FDCWD, "from", AT_FDCWD, "to", 2)), ok(rename("to/file0", "from/file1"));
    ok(rename("from", "from/deeper"));
    ok(syscall(SYS_renameat2, AT_FDCWD, "to/file2", AT_FDCWD, "to/soft", 1)), ok(fstatvfs(top, &fs)), ok(syncfs(top)), hear();
    if (fork() == 0)
        ok(chroot(dir)), ok(setresuid(1000, 1000, 1000)), ok(unlink("/to/file1")), ok(open("/from/file0", O_RDWR)), _exit(0);
    wait(NULL), prune(a), hear(), prune(b), hear(), prune(top), close(watch), close(wide), chdir("/");
    return rmdir(dir), printf("tree_copy: %s, %s\n", good > 100 ? "copied" : "not all", events > 3 ? "watched" : "unseen") < 0;
}
