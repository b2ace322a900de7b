/* container_init: a container runtime: cgroup2, clone3 into a cgroup, the pids limit, freeze, thaw, cgroup.kill */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static char top[] = "/tmp/cgXXXXXX", buf[256];
static int put(const char *f, const char *s) { int fd = open(f, O_WRONLY), r = write(fd, s, strlen(s)); close(fd); return r; }
static void rd(int fd) { int n = pread(fd, buf, 255, 0); buf[n > 0 ? n : 0] = 0; }
static void see(const char *f) { int fd = open(f, O_RDONLY); rd(fd), close(fd); }
static void wait_event(const char *s)			/* bounded poll for a line in cgroup.events */
{
	struct pollfd p = { open("box/cgroup.events", O_RDONLY), POLLPRI, 0 }; int i = 0;
	for (rd(p.fd); i < 5 && !strstr(buf, s); i++) poll(&p, 1, 30), rd(p.fd);
	close(p.fd), dprintf(1, "%s: %d polls, %s\n", s, i, strstr(buf, s) ? "yes" : "no");
}
static void container(int fd)				/* pid 1 of its namespace */
{
	int n = 0, e = 0; pid_t p;
	signal(SIGALRM, _exit), alarm(4), dprintf(1, "container init: pid %d, %d\n", getpid(), sethostname("box", 3));
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	for (; !e && n < 5; n++)			/* a small fork bomb, against pids.max 4 */
		if ((p = fork()) == 0) sleep(3), _exit(0); else if (p < 0) e = errno;
	dprintf(1, "forks %d: %s\n", n, strerror(e)), write(fd, "r", 1), close(fd);
	while (waitpid(-1, NULL, 0) > 0);
	_exit(0);
}
static void runtime(void)
{
	int pids, pidfd = -1, pp[2]; uint64_t tid = 1; siginfo_t si = { 0 }; pid_t p;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("none", top, "cgroup2", 0, NULL)
	    || chdir(top) || mkdir("box", 0755) || pipe2(pp, O_CLOEXEC)) return;
	see("cgroup.subtree_control"), pids = !strstr(buf, "pids") && put("cgroup.subtree_control", "+pids") > 0, put("box/pids.max", "4");
	struct clone_args ca = { .flags = CLONE_INTO_CGROUP | CLONE_PIDFD | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNS | CLONE_CLEAR_SIGHAND,
		.pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD, .cgroup = open("box", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.set_tid = (uintptr_t)&tid, .set_tid_size = 1 };
	if ((p = syscall(SYS_clone3, &ca, sizeof(ca))) == 0) container(pp[1]);
	if (p > 0) {
		close(pp[1]), read(pp[0], buf, 1), see("box/pids.events"), dprintf(1, "pids events: %s\n", buf);
		dprintf(1, "rmdir: %d\n", rmdir("box")), put("box/cgroup.freeze", "1"), wait_event("frozen 1"), kill(p, SIGUSR1);
		put("box/cgroup.freeze", "0"), wait_event("frozen 0"), put("box/cgroup.freeze", "1"), wait_event("frozen 1");
		if (put("box/cgroup.kill", "1") < 0) kill(p, SIGKILL);	/* a kill reaches the frozen */
		dprintf(1, "waitid %d ", waitid(P_PIDFD, pidfd, &si, WEXITED)), dprintf(1, "code %d status %d\n", si.si_code, si.si_status);
		wait_event("populated 0");
	}
	rmdir("box");
	if (pids) put("cgroup.subtree_control", "-pids");
}
int main(void) { alarm(5); if (mkdtemp(top)) { if (fork() == 0) runtime(), _exit(0); wait(NULL), rmdir(top); } return 0; }
