/* ram_disk: files that live in memory: a tmpfs with limits that is made by the old call and the new ones, filled ahead, punched,
 * cut, sealed, mapped, renamed, linked through chains of links, shared with a child in another root, filled up and taken away while
 * open */
#define _GNU_SOURCE
#include <dirent.h>
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
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/ram_diskXXXXXX";
static int worked;

static void ok(long r) {
    worked += r >= 0;
}
static void list(char const* path, int depth) {
    DIR* d = opendir(path);
    struct stat st;
    for (struct dirent* e; d && (e = readdir(d));) {
        char below[400];
        snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        if (lstat(below, &st) == 0 && S_ISDIR(st.st_mode) && e->d_name[0] != '.' && depth > 0)
            list(below, depth - 1);
    }
    if (d)
        closedir(d);
}
static void holes(void) {
    char b[6000];
    int fd = open("data", O_CREAT | O_RDWR | O_CLOEXEC, 0640), m;
    memset(b, 7, sizeof b), ok(fallocate(fd, 0, 0, 50000)), ok(fallocate(fd, FALLOC_FL_KEEP_SIZE, 60000, 20000));
    ok(pwrite(fd, b, sizeof b, 3000)), ok(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 8192));
    ok(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 4096)), ok(fallocate(fd, 0, 0, 1 << 30)), ok(lseek(fd, 0, SEEK_HOLE));
    ok(lseek(fd, 5000, SEEK_DATA)), ok(ftruncate(fd, 20001)), ok(ftruncate(fd, 90000)), ok(pread(fd, b, sizeof b, 18000));
    char* p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    for (int i = 0; i < 65536; i += 8192)
        p[i] = (char)i;
    ok(msync(p, 65536, MS_SYNC)), ok(madvise(p, 32768, MADV_REMOVE)), ok(madvise(p, 65536, MADV_DONTNEED)), worked += p[40960];
    if (fork() == 0)
        p[8192] = 1, p[49152] = 2, _exit(0);
    wait(NULL), ok(munmap(p, 65536)), ok(fsync(fd)), ok(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED));
    m = memfd_create("scratch", MFD_ALLOW_SEALING | MFD_CLOEXEC), ok(sendfile(m, fd, &(off_t){0}, 30000));
    ok(fallocate(m, 0, 30000, 30000)), ok(fcntl(m, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE)), ok(ftruncate(m, 10)),
        ok(write(m, b, 5));
    ok(copy_file_range(fd, NULL, m, NULL, 100, 0)), close(m), close(fd);
}
static void names(void) {
    char to[60], path[200];
    int fd;
    mkdir("one", 0755), mkdir("one/two", 0755), mkdir("one/two/three", 0700), symlink("one/two", "short"),
        symlink("../../data", "one/two/up");
    symlink("short/three/../up", "long"), symlink("loop", "loop"), symlink("/proc/self/cwd/one", "far");
    for (int i = 0; i < 12; i++) {
        snprintf(path, sizeof path, "chain%d", i), snprintf(to, sizeof to, i ? "chain%d" : "short/up", i - 1),
            ok(symlink(to, path));
    }
    static char const* const tried[] = {"long",
                                        "chain3",
                                        "chain11",
                                        "loop",
                                        "far/two/../two/up",
                                        "one//./two/three/",
                                        "short/up/x",
                                        "data/y",
                                        "no/w",
                                        "short/../../data",
                                        "one/two/three/../../../data"};
    for (int i = 0; i < 11; i++)
        ok(fd = open(tried[i], i % 3 ? O_RDONLY : O_RDWR)), close(fd), ok(access(tried[i], R_OK)),
            ok(readlink(tried[i], path, 100));
    ok(fd = openat(AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0600)), ok(write(fd, "later", 5)),
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ok(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW)), close(fd), ok(link("named", "one/named")),
        ok(link("named", "named"));
    ok(rename("named", "one/two/named")), ok(syscall(SYS_renameat2, AT_FDCWD, "one/named", AT_FDCWD, "data", 2)),
        ok(rename("one", "one/two/x"));
    ok(syscall(SYS_renameat2, AT_FDCWD, "data", AT_FDCWD, "short", 1)), ok(mknod("fifo", S_IFIFO | 0600, 0)),
        ok(truncate("one/named", 100));
    ok(unlink("one/two")), ok(rmdir("one/two")), ok(unlink("chain4")), ok(open("chain7", O_RDONLY | O_CREAT, 0600)), list(".", 3);
}
static void fill_up(void) {
    char name[20], b[4096] = {1};
    struct statfs fs;
    for (int i = 0; i < 90; i++) {
        snprintf(name, sizeof name, "full%d", i);
        int fd = open(name, O_CREAT | O_WRONLY | O_APPEND, 0600);
        for (int k = 0; fd >= 0 && k < 6 && write(fd, b, sizeof b) > 0; k++)
            ;
        close(fd);
    }
    ok(statfs(".", &fs)), ok(mkdir("none_left", 0755)), ok(symlink("a", "b"));
    for (int i = 0; i < 90; i++)
        snprintf(name, sizeof name, "full%d", i), ok(unlink(name));
}
static void disk(int by_new_calls) {
    ok(mkdir("disk", 0755));
    if (by_new_calls) {
        int fs = (int)syscall(SYS_fsopen, "tmpfs", 1), m;
        ok(syscall(SYS_fsconfig, fs, 1, "size", "600k", 0)), ok(syscall(SYS_fsconfig, fs, 1, "nr_inodes", "70", 0));
        ok(syscall(SYS_fsconfig, fs, 6, NULL, NULL, 0)), m = (int)syscall(SYS_fsmount, fs, 1, 0);
        ok(syscall(SYS_move_mount, m, "", AT_FDCWD, "disk", 4)), close(m), close(fs);
    } else {
        ok(mount("ram", "disk", "tmpfs", MS_NOATIME, "size=700k,mode=755"));
    }
    ok(chdir("disk")), holes(), names(), fill_up();
    if (fork() == 0) { /* somebody else's view of it */
        ok(unshare(CLONE_NEWNS)), ok(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)),
            ok(mount(".", "one", NULL, MS_BIND, NULL));
        ok(mount(NULL, "one", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)), ok(open("one/new", O_CREAT | O_RDWR, 0600)),
            list("one", 1);
        ok(chroot(".")), ok(chdir("/")), list("/", 1), ok(open("/../../data", O_RDONLY)), _exit(0);
    }
    wait(NULL);
    int fd = open("one/named", O_RDWR | O_CREAT, 0600);
    ok(chdir("..")), ok(umount("disk")), ok(umount2("disk", MNT_DETACH)), ok(fallocate(fd, 0, 0, 9000)), ok(write(fd, "late", 4)),
        close(fd);
    ok(rmdir("disk"));
}
int main(void) {
    alarm(30);
    if (!mkdtemp(dir) || chdir(dir) || unshare(CLONE_NEWNS))
        return printf("ram_disk: nothing\n") < 0;
    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), disk(0), disk(1);
    return chdir("/"), rmdir(dir), printf("ram_disk: %s\n", worked > 60 ? "worked" : "refused") < 0;
}
