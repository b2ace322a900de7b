/* mount_moves: file systems put on, under and beside each other: tmpfs, proc and sysfs, bound, shared, private, moved, made read-only,
 * covered and taken away lazily, by the old calls and by fsopen and move_mount; what is open below them; a pivot */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/mount_movesXXXXXX";
static int worked;

static void ok(long r) {
    worked += r >= 0;
}
static void read_some(char const* path) {
    char b[700];
    int fd = open(path, O_RDONLY);
    while (fd >= 0 && read(fd, b, sizeof b) > 0)
        ;
    close(fd);
}
static void fill(char const* folder) {
    char path[100];
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/f%d", folder, i);
        int fd = open(path, O_CREAT | O_RDWR, 0600);
        (void)!write(fd, path, 20), fallocate(fd, 0, 0, 9000), close(fd), i % 2 ? unlink(path) : 0;
    }
}
static void old_calls(int how) {
    struct statfs fs;
    int fd;
    ok(mount("none", "/", NULL, MS_REC | (how ? MS_PRIVATE : MS_SLAVE), NULL)), mkdir("a", 0755), mkdir("b", 0755), mkdir("c", 0755);
    ok(mount("a", "a", "tmpfs", MS_NODEV | MS_NOSUID, how ? "size=300k,nr_inodes=20" : "mode=711")), fill("a"), ok(statfs("a", &fs));
    ok(mount("a", "b", NULL, MS_BIND, NULL)), ok(mount("none", "a", NULL, MS_SHARED, NULL)), ok(mount("a", "c", NULL, MS_BIND, NULL));
    mkdir("a/sub", 0755), ok(mount("p", "a/sub", "proc", MS_RDONLY, "hidepid=2")), read_some("c/sub/self/mountinfo"), fill("b");
    ok(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC, NULL)), fill("b"), ok(open("b/new", O_CREAT | O_WRONLY, 0600));
    ok(mount("none", "a", NULL, MS_PRIVATE, NULL)), mkdir("d", 0755), ok(mount("c", "d", NULL, MS_MOVE, NULL)), ok(umount("d/sub"));
    fd = open("a/f0", O_RDWR), ok(umount("a")), ok(umount2("a", MNT_EXPIRE)), ok(umount2("a", MNT_DETACH));
    (void)!write(fd, "y", 1), close(fd);
    ok(mount("s", "c", "sysfs", 0, NULL)), read_some("c/kernel/mm/transparent_hugepage/enabled"), ok(umount2("c", UMOUNT_NOFOLLOW));
    ok(mount("x", "a", "nosuchfs", 0, NULL)), ok(mount("/no", "a", NULL, MS_BIND, NULL)), ok(mount("t", "a", "tmpfs", 0, "bad=1"));
    ok(umount("b")), ok(umount("d")), ok(umount("d")), rmdir("d");
}
static void new_calls(void) {
    int fs = (int)syscall(SYS_fsopen, "tmpfs", 1), m, t;
    char why[200];
    ok(syscall(SYS_fsconfig, fs, 1, "size", "1m", 0)), ok(syscall(SYS_fsconfig, fs, 1, "wrong", "1", 0)), (void)!read(fs, why, sizeof why);
    ok(syscall(SYS_fsconfig, fs, 6, NULL, NULL, 0)), m = (int)syscall(SYS_fsmount, fs, 1, 0), mkdir("a", 0755);
    ok(syscall(SYS_move_mount, m, "", AT_FDCWD, "a", 4)), fill("a"), t = (int)syscall(SYS_open_tree, AT_FDCWD, "a", 1 | 0x8000);
    mkdir("b", 0755), ok(syscall(SYS_move_mount, t, "", AT_FDCWD, "b", 4)), close(t), close(m), close(fs), read_some("/proc/self/mounts");
    ok(syscall(SYS_mount_setattr, AT_FDCWD, "b", 0, (unsigned long long[]){1, 0, 0, 0}, 32L)), fill("b"), ok(umount("b"));
}
static void pivoted(void) {
    mkdir("a", 0755), ok(mount("r", "a", "tmpfs", 0, NULL)), chdir("a"), mkdir("old", 0700), mkdir("proc", 0755), fill(".");
    ok(syscall(SYS_pivot_root, ".", "old")), chdir("/"), ok(mount("proc", "/proc", "proc", 0, NULL)), read_some("/proc/self/mountinfo");
    ok(umount2("/old", MNT_DETACH)), rmdir("/old"), ok(mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL)), mkdir("/x", 0700);
}
int main(void) {
    pid_t p;
    alarm(30);
    if (!mkdtemp(dir) || chdir(dir))
        return 0;
    for (int how = 0; how < 5; how++) {
        if ((p = fork()) == 0) {
            alarm(9), ok(unshare(CLONE_NEWNS | (how == 4 ? CLONE_NEWUSER : how == 3 ? CLONE_NEWPID : 0)));
            ok(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
            if (how == 3 && (p = fork()) > 0)
                waitpid(p, NULL, 0), _exit(0);
            how == 2 ? new_calls() : how == 3 ? pivoted() : old_calls(how), _exit(worked & 127);
        }
        waitpid(p, &worked, 0);
    }
    for (char const* name = "abcd"; *name; name++)
        rmdir((char[]){*name, 0});
    return rmdir(dir), printf("mount_moves: %s\n", worked ? "moved" : "stayed") < 0;
}
