/* backup_tool: copies a tree in all the ways there are, with attributes, links, holes and locks,
 * exchanges it with the old one, syncs, and prunes it in a chroot */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static char top[] = "/tmp/backupXXXXXX", data[9000];
static int copied, watch;
static void on(int s) {
    copied += s == SIGIO;
}
static int copy(int dir, char const* name, int to, int how) {
    int in = openat(dir, name, O_RDONLY), out = openat(to, name, O_RDWR | O_CREAT | O_TRUNC, 0600),
        p[2];
    struct stat st;
    char k[256];
    ssize_t n = 0;
    struct iovec v[2] = {{data, 5000}, {data + 5000, 4000}};
    void* m;
    unsigned char res[4];
    fstat(in, &st), flock(in, LOCK_SH), posix_fadvise(in, 0, 0, POSIX_FADV_SEQUENTIAL),
        readahead(in, 0, 8192);
    switch (how % 6) {
    case 0:
        n = sendfile(out, in, NULL, (size_t)st.st_size);
        break;
    case 1:
        n = copy_file_range(in, NULL, out, NULL, (size_t)st.st_size, 0);
        break;
    case 2:
        if (pipe(p))
            break;
        n = splice(in, NULL, p[1], NULL, 9000, SPLICE_F_MOVE),
        n = splice(p[0], NULL, out, NULL, 9000, 0), vmsplice(p[1], v, 1, 0),
        tee(p[0], p[1], 10, SPLICE_F_NONBLOCK), fcntl(p[1], F_SETPIPE_SZ, 8192), close(p[0]),
        close(p[1]);
        break;
    case 3:
        n = readv(in, v, 2), n = writev(out, v, 2), n = preadv(out, v, 1, 100),
        n = pwritev(out, v, 2, 50);
        break;
    case 4:
        if (st.st_size == 0 || ftruncate(out, st.st_size) ||
            (m = mmap(NULL, (size_t)st.st_size, 3, MAP_SHARED, out, 0)) == MAP_FAILED)
            break;
        n = read(in, m, (size_t)st.st_size), mincore(m, (size_t)st.st_size, res),
        msync(m, (size_t)st.st_size, MS_SYNC), munmap(m, (size_t)st.st_size);
        break;
    case 5: {
        aio_context_t c = 0;
        struct io_event ev[1];
        struct iocb b = {.aio_fildes = (unsigned)out,
                         .aio_lio_opcode = IOCB_CMD_PWRITE,
                         .aio_buf = (size_t)data,
                         .aio_nbytes = 3000},
                    *l = &b;
        if (syscall(SYS_io_setup, 2, &c) == 0)
            syscall(SYS_io_submit, c, 1, &l), syscall(SYS_io_getevents, c, 1, 1, ev, NULL),
                syscall(SYS_io_destroy, c);
        n = 1;
    } break;
    }
    fgetxattr(in, "trusted.k", k, sizeof k), fsetxattr(out, "trusted.k", name, 3, 0),
        flistxattr(out, k, sizeof k), fremovexattr(out, "trusted.k"),
        fchmod(out, st.st_mode & 0777), fchown(out, 11, 12),
        futimens(out, (struct timespec[2]){st.st_atim, st.st_mtim});
    how & 1 ? fdatasync(out) : sync_file_range(out, 0, 4096, SYNC_FILE_RANGE_WRITE), close(in),
        close(out);
    return n > 0;
}
static int tree(char const* from, char const* to) {
    int a = open(from, O_RDONLY | O_DIRECTORY), b, n = 0;
    char link[128];
    struct stat st;
    DIR* d = fdopendir(a);
    struct dirent* e;
    ssize_t len;
    mkdir(to, 0700), b = open(to, O_RDONLY | O_DIRECTORY);
    while ((e = readdir(d))) {
        fstatat(a, e->d_name, &st, AT_SYMLINK_NOFOLLOW);
        if (S_ISREG(st.st_mode))
            copied += copy(a, e->d_name, b, n++);
        if (S_ISLNK(st.st_mode) && (len = readlinkat(a, e->d_name, link, sizeof link - 1)) > 0)
            link[len] = 0, symlinkat(link, b, e->d_name);
        if (S_ISFIFO(st.st_mode))
            mkfifoat(b, e->d_name, 0600), linkat(b, e->d_name, b, "second", 0);
    }
    return syncfs(b), close(b), closedir(d), n;
}
static void child(int how) {
    int fd;
    alarm(4);
    if (how == 0 && chroot("new") == 0 && chdir("/") == 0) {
        fd = open(".", O_RDONLY | O_DIRECTORY), unlinkat(fd, "f1", 0), truncate("/f2", 100),
        access("/f3", R_OK), fchdir(fd), execl("/bin/true", "true", NULL);
    }
    if (how == 1) {
        fd = open("new/f3", O_RDWR), lockf(fd, F_LOCK, 10), usleep(8000);
    }
    if (how == 2) {
        struct flock l = {.l_type = F_WRLCK, .l_len = 5};
        fd = open("new/f3", O_RDWR), usleep(2000), fcntl(fd, F_GETLK, &l), l.l_type = F_WRLCK,
        fcntl(fd, F_SETLKW, &l), execl("/bin/cat", "cat", "new/f2", NULL);
    }
    if (how == 3 && unshare(CLONE_NEWNS) == 0) {
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL),
            mount("new", "old", NULL, MS_BIND, NULL),
            mount(NULL, "old", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
            fd = open("old/x", O_CREAT | O_RDWR, 0600), umount("old");
    }
    _exit(how);
}
int main(void) {
    char b[64];
    int fd, st;
    struct statfs fs;
    alarm(12), signal(SIGIO, on);
    if (!mkdtemp(top) || chdir(top))
        return 0;
    mkdir("src", 0750), memset(data, 'b', sizeof data),
        watch = inotify_init1(IN_NONBLOCK), inotify_add_watch(watch, "src", IN_ACCESS | IN_OPEN);
    for (int i = 0; i < 12; i++) {
        snprintf(b, sizeof b, "src/f%d", i),
            fd = open(b, O_RDWR | O_CREAT | (i & 1 ? O_APPEND : O_SYNC), 0640),
            pwrite(fd, data, (size_t)i * 700, i == 7 ? 50000 : 0),
            setxattr(b, "trusted.k", "value", 5, 0), fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 8192),
            close(fd);
    }
    symlink("f3", "src/link"), mkfifo("src/fifo", 0600), link("src/f4", "src/hard"),
        mkdir("old", 0700), statfs(".", &fs), fd = open("src", O_RDONLY), fstatfs(fd, &fs),
                                              fcntl(fd, F_NOTIFY, DN_ACCESS | DN_MULTISHOT),
                                              tree("src", "new"), fsync(fd), close(fd), sync();
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            child(i);
    while (wait(&st) > 0)
        ;
    printf("exchanged: %ld\n", syscall(SYS_renameat2, AT_FDCWD, "new", AT_FDCWD, "old", 2)),
        copied += (int)read(watch, data, sizeof data) > 0,
        fd = open("src/f5", O_RDONLY), fcntl(fd, F_SETLEASE, F_RDLCK),
        close(open("src/f5", O_RDWR | O_NONBLOCK)), fcntl(fd, F_SETLEASE, F_UNLCK), close(fd),
        chdir("/tmp");
    execl("/bin/rm", "rm", "-r", "-f", top, NULL);
    return copied < 0;
}
