/* file_moves: files renamed, unlinked, linked and truncated while open and mapped; links in a ring,
 * a lost working directory, chroot, umask, O_TMPFILE, sockets and nodes */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static char dir[] = "/tmp/movesXXXXXX";
static int sum;
static void put(char const* name, char const* text, int flags) {
    int fd = open(name, O_WRONLY | O_CREAT | flags, 0666);
    if (fd >= 0 && write(fd, text, strlen(text)) > 0)
        sum++;
    close(fd);
}
static void count(char const* name) {
    DIR* d = opendir(name);
    struct dirent* e;
    while (d && (e = readdir(d)))
        sum += e->d_type == DT_REG;
    if (d)
        rewinddir(d), closedir(d);
}
static void child(int how) {
    char buf[256];
    struct stat st;
    int fd;
    alarm(4);
    switch (how) {
    case 0:
        mkdir("gone", 0755), chdir("gone"), rmdir("../gone"),
            sum += getcwd(buf, sizeof buf) == NULL, sum += open("x", O_CREAT | O_RDWR, 0600) < 0,
            sum += chdir(".."), execl("/bin/true", "true", NULL);
        break;
    case 1:
        if (chroot(".") == 0)
            sum += stat("/bin/true", &st) < 0, sum += stat("/a", &st) == 0,
                sum += chdir("/") + chdir("../../.."), sum += execl("/bin/true", "true", NULL) < 0;
        break;
    case 2:
        fd = open("..", O_RDONLY | O_DIRECTORY), unshare(CLONE_FS), fchdir(fd), umask(0),
        count("."), put("wide", "w", 0), stat("wide", &st), unlink("wide");
        break;
    case 3:
        fd = open("big", O_RDWR | O_CREAT | O_TRUNC, 0600), ftruncate(fd, 1 << 20),
        pwrite(fd, "end", 3, (1 << 20) - 3), fallocate(fd, 0, 4096, 65536), lseek(fd, 0, SEEK_HOLE),
        lseek(fd, 0, SEEK_DATA);
        for (int i = 0; i < 5; i++)
            ftruncate(fd, 1 << (19 - 3 * i)), fdatasync(fd);
        unlink("big"), fstat(fd, &st), sum += st.st_nlink == 0;
        break;
    case 4:
        if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
            mkdir("m", 0700) == 0 && mount("t", "m", "tmpfs", 0, "size=64k") == 0) {
            put("m/f", "inside", 0), mount("m", "m", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
                put("m/g", "no", 0), fd = open("m/f", O_RDONLY);
            sum += umount("m") < 0, umount2("m", MNT_DETACH), sum += read(fd, buf, 6) == 6;
        } /* busy, then lazily */
        break;
    }
    _exit(sum & 127);
}
int main(void) {
    char buf[300];
    int a, b, st;
    struct stat s;
    struct statfs fs;
    struct iovec v[2] = {{"one", 3}, {"two", 3}};
    alarm(10);
    sum += umask(027) == 022;
    if (!mkdtemp(dir) || chdir(dir))
        return 0;
    put("a", "text of a", O_EXCL), put("a", "again", O_EXCL), put("b", "b", O_TRUNC),
        a = open("a", O_RDWR), link("a", "a2"), rename("a", "c"), symlink("c", "s1"),
        symlink("s3", "s2"), symlink("s2", "s3");
    sum += open("s2", O_RDONLY) < 0 && errno == ELOOP, sum += open("s1", O_RDONLY | O_NOFOLLOW) < 0,
        sum += readlink("s1", buf, sizeof buf) == 1,
        syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", 2 /* EXCHANGE */);
    sum += syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", 1 /* NOREPLACE */) < 0,
        rename("b", "c"), unlink("c"), fstat(a, &s), sum += (int)s.st_nlink, unlink("a2"),
        sum += (int)pwrite(a, "still here", 10, 0);
    char* m = mmap(NULL, 4096, 3, MAP_SHARED, a, 0);
    close(a), m[3] = 'x', b = open("/proc/self/map_files", O_RDONLY | O_DIRECTORY), close(b);
    a = open(".", O_TMPFILE | O_RDWR, 0600), writev(a, v, 2),
    snprintf(buf, sizeof buf, "/proc/self/fd/%d", a),
    linkat(AT_FDCWD, buf, AT_FDCWD, "made", AT_SYMLINK_FOLLOW),
    b = open("copy", O_RDWR | O_CREAT | O_SYNC, 0600);
    sendfile(b, a, &(off_t){0}, 6), copy_file_range(a, &(loff_t){0}, b, &(loff_t){6}, 6, 0),
        fsync(b), fstatfs(b, &fs), statfs("/proc", &fs), dup3(b, 33, O_CLOEXEC), syncfs(b),
        close(b), close(a);
    mkfifo("fifo", 0600), mknod("null", S_IFCHR | 0600, makedev(1, 3)),
        put("null", "thrown away", 0), mknod("sock", S_IFSOCK | 0600, 0),
        sum += open("sock", O_RDONLY) < 0, mkdir("d", 0700), mkdir("d/e", 0), rename("d", "d/e/f");
    for (int i = 0; i < 30; i++)
        snprintf(buf, sizeof buf, "d/file-with-a-name-%d", i), put(buf, buf, 0);
    count("d"), setxattr("made", "user.k", "v", 1, 0), setxattr("made", "trusted.k", "v", 1, 0),
        listxattr("made", buf, sizeof buf), utimensat(AT_FDCWD, "made", NULL, 0),
        access("made", W_OK | X_OK), chmod("made", 0), truncate("made", 2), lstat("s1", &s),
        statfs(".", &fs);
    for (int how = 0; how < 5; how++) {
        pid_t p = fork();
        if (p == 0)
            child(how);
        waitpid(p, &st, 0), printf("%d ", WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
    }
    for (int i = 0; i < 30; i++)
        snprintf(buf, sizeof buf, "d/file-with-a-name-%d", i),
            i % 3 ? unlink(buf) : rename(buf, "d/same");
    unlink("d/same"), sum += rmdir("d") < 0, rmdir("d/e"), rmdir("d"), rmdir("m"), munmap(m, 4096);
    char const* rest[] = {"s1", "s2", "s3", "made", "copy", "fifo", "null", "sock", "c"};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        unlink(rest[i]);
    return printf("%s\n", rmdir(dir) == 0 ? "tidy" : "untidy") < 0;
}
