/* sandbox: a build or browser sandbox: all namespaces, a new root, fresh proc, no capabilities, seccomp, exec */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define LOG(x) dprintf(1, (x) < 0 ? "%s: %m\n" : "%s: ok\n", #x)
#define ON(n, act) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, n, 0, 1), BPF_STMT(BPF_RET | BPF_K, act)
static int put(const char *f, const char *s) { int fd = open(f, O_WRONLY), r = write(fd, s, strlen(s)); close(fd); return r; }
static void on_sys(int s, siginfo_t *si, void *u) { dprintf(1, "SIGSYS %d code %d\n", s, si->si_code); }
static int wt(pid_t p) { int st = -1; return waitpid(p, &st, 0) < 0 ? -1 : st; }
static void filter(void) {
	struct sock_filter f[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0 /* nr */),
		ON(__NR_uname, SECCOMP_RET_ERRNO | EPERM), ON(__NR_sethostname, SECCOMP_RET_TRAP),
		ON(__NR_mount, SECCOMP_RET_KILL_PROCESS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog fp = { sizeof(f) / sizeof(*f), f }; LOG(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &fp));
}
static void inside(const char *root) {			/* pid 1 of the sandbox */
	const char *d[] = { "bin", "lib", "lib64", "usr" }; char to[512];
	pid_t p = dprintf(1, "pid %d\n", getpid()); signal(SIGALRM, _exit), alarm(4);	/* pid 1 needs a handler */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("none", root, "tmpfs", 0, "size=1m") || chdir(root)) _exit(0);
	for (int i = 0; i < 4; i++)
		to[0] = '/', strcpy(to + 1, d[i]), mkdir(d[i], 0755), mount(to, d[i], NULL, MS_BIND, NULL),
		mount(NULL, d[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID, NULL);
	mkdir("proc", 0555), LOG(mount("proc", "proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
	if (syscall(SYS_pivot_root, ".", ".") == 0) LOG(umount2(".", MNT_DETACH));
	else LOG(mount(".", "/", NULL, MS_MOVE, NULL));	/* an initramfs has no parent to pivot on */
	LOG(chroot(".")), chdir("/"), LOG(sethostname("box", 3)), LOG(access("/proc/1/exe", F_OK));
	kill(1, SIGTERM), kill(1, SIGKILL), prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN);	/* such signals do not come to a pid 1 */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), prctl(PR_SET_DUMPABLE, 0), prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	LOG(syscall(SYS_capset, (__u32[2]){ _LINUX_CAPABILITY_VERSION_3 }, (__u32[6]){ 0 }));
	sigaction(SIGSYS, &(struct sigaction){ .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO }, NULL), filter();
	LOG(syscall(SYS_uname, to)), sethostname("x", 1);
	if ((p = fork()) == 0) mount("a", "/", "tmpfs", 0, ""), _exit(0); else dprintf(1, "killed by seccomp: %#x\n", wt(p));
	if ((p = fork()) == 0) execl("/bin/echo", "echo", "hello", NULL), _exit(127); else dprintf(1, "exec: %#x\n", wt(p));
	fork() == 0 ? sleep(3), _exit(0) : _exit(5);	/* the sleeper dies with its init */
}
int main(void) {
	char root[] = "/tmp/sbxXXXXXX", map[32]; pid_t p = -1, b; alarm(5);
	if (mkdtemp(root) && (b = fork()) == 0) {
		snprintf(map, sizeof(map), "0 %d 1", getuid()), LOG(unshare(CLONE_NEWUSER)), put("/proc/self/setgroups", "deny");
		LOG(put("/proc/self/uid_map", map)), LOG(put("/proc/self/gid_map", map)), LOG(unshare(CLONE_NEWIPC)), LOG(unshare(CLONE_NEWNET));
		LOG(unshare(CLONE_NEWCGROUP)), LOG(unshare(CLONE_NEWTIME)), LOG(put("/proc/self/timens_offsets", "monotonic 86400 0\n"));
		if (unshare(CLONE_NEWNS | CLONE_NEWUTS) == 0 && unshare(CLONE_NEWPID) == 0 && (p = fork()) == 0) inside(root);
		dprintf(1, "sandbox: %#x\n", wt(p)), LOG(fork()), _exit(0);	/* no fork in a pid namespace whose init is gone */
	}
	return dprintf(1, "done: %#x\n", wt(-1)), rmdir(root), 0;
}
