/* jail: own mounts, pivot_root into a tmpfs with a copy of one program, proc and devices in it, a
 * loopback, capabilities gone, a filter that refuses, then exec */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/jailXXXXXX";
static int quiet;
static void may(long r, char const* what) {
    if (r < 0 && !quiet)
        printf("%s: %s\n", what, strerror(errno)), fflush(stdout);
}
static void put(char const* path, char const* text) {
    int fd = open(path, O_WRONLY);
    may(fd < 0 ? -1 : write(fd, text, strlen(text)), path), close(fd);
}
static void refuse(unsigned nr, unsigned what) {
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, what),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    may(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &(struct sock_fprog){5, f}), "seccomp");
}
static void up(void) {
    struct ifreq r;
    int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memset(&r, 0, sizeof r), strcpy(r.ifr_name, "lo"),
        r.ifr_flags = IFF_UP | IFF_RUNNING, may(ioctl(s, SIOCSIFFLAGS, &r), "lo"), close(s);
}
static int inmate(int how) {
    struct stat st;
    pid_t p;
    int in, out, n = 0;
    alarm(6);
    may(mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL), "slave"),
        may(mount("jail", root, "tmpfs", MS_NOSUID, "size=4m,mode=755"), "tmpfs"),
        may(chdir(root), "root"), mkdir("proc", 0555), mkdir("old", 0700), mkdir("bin", 0755),
        mkdir("dev", 0755), mkdir("tmp", 01777);
    in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
    out = open("bin/self", O_WRONLY | O_CREAT | O_CLOEXEC, 0755), fstat(in, &st),
    may(sendfile(out, in, NULL, st.st_size), "copy"), close(in), close(out);
    close(open("dev/null", O_CREAT | O_RDWR, 0666)),
        may(mount("/dev/null", "dev/null", NULL, MS_BIND, NULL), "null"),
        may(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "proc");
    if (how == 0) {
        may(syscall(SYS_pivot_root, ".", "old"), "pivot_root"), may(chdir("/"), "/"),
            may(umount2("/old", MNT_DETACH), "old"), rmdir("/old");
    } else
        may(mount(".", "/", NULL, MS_MOVE, NULL), "move"), may(chroot("."), "chroot"),
            may(chdir("/"), "/");
    may(sethostname("jail", 4), "name"), up(),
        may(mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL), "read only"),
        may(mkdir("/x", 0700), "mkdir");
    for (int c = 0; c < 41; c += how ? 1 : 3)
        prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
    if ((p = fork()) == 0)
        setsid(), usleep(200000), _exit(0); /* is killed with its init */
    may(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs"),
        refuse(SYS_sethostname, SECCOMP_RET_ERRNO | EPERM),
        refuse(SYS_getcpu, how ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | ENOSYS),
        quiet = 1, n += sethostname("free", 4) < 0;
    if ((p = fork()) == 0) {
        syscall(SYS_getcpu, NULL, NULL, NULL), execl("/bin/self", "self", "inside", NULL),
            _exit(errno == ENOENT ? 40 : 41);
    } /* dynamic: its loader is not here */
    return waitpid(p, &in, 0), n += WIFSIGNALED(in) ? 10 : WEXITSTATUS(in),
           close(open("/proc/1/status", O_RDONLY)), n;
}
int main(int argc, char** argv) {
    int st, fd[2];
    char path[64], map[32];
    (void)argv;
    if (argc > 1)
        return 5;
    alarm(15), setvbuf(stdout, NULL, _IOLBF, 0);
    if (!mkdtemp(root) || pipe(fd))
        return 0;
    for (int how = 0; how < 2; how++) {
        pid_t p = fork();
        if (p == 0) {
            may(unshare((how ? CLONE_NEWUSER : 0) | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS |
                        CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP),
                "unshare");
            if (how)
                snprintf(path, sizeof path, "/proc/self/uid_map"),
                    snprintf(map, sizeof map, "0 0 1\n"), put(path, map),
                    put("/proc/self/setgroups", "deny"), put("/proc/self/gid_map", map);
            if ((p = fork()) == 0)
                _exit(inmate(how));
            waitpid(p, &st, 0), _exit(WIFSIGNALED(st) ? 90 : WEXITSTATUS(st));
        }
        waitpid(p, &st, 0),
            printf("jail %d: %d\n", how, WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
    }
    return rmdir(root) != 0;
}
