/* limits: every resource limit that ends in a signal or an errno, in children; priorities, oom_score_adj, coredump_filter, personality */
#define _GNU_SOURCE
#include <errno.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#define TRY(x) (errno = 0, (void)(x), dprintf(1, "  %s: %s\n", #x, errno ? strerrorname_np(errno) : "ok"))
static char dir[] = "/tmp/limXXXXXX";
static int put(const char *f, const char *s) { int fd = open(f, O_WRONLY); return fd < 0 ? -1 : write(fd, s, strlen(s)) > 0 ? close(fd) : -1; }
static void lim(int r, rlim_t soft, rlim_t hard) { if (setrlimit(r, &(struct rlimit){ soft, hard })) dprintf(1, "  setrlimit %d: %m\n", r); }
static void user(void) { if (setgid(4242) || setuid(4242)) dprintf(1, "  setuid: %m\n"); }	/* without root's exceptions */
static void *spin(void *x) { for (time_t end = time(NULL) + 3; time(NULL) < end; ) for (volatile int i = 0; i < 200000; i++); return x; }
static int eat(int n) { volatile char b[2000]; b[0] = n; return n < 1 << 24 ? eat(n + 1) + b[0] : 0; }
static int got; static void xfsz(int s) { got = s; }
static void cpu(void) { pthread_t t; lim(RLIMIT_CPU, 1, 2); for (int i = 0; i < 3; i++) pthread_create(&t, NULL, spin, NULL); spin(NULL); }
static void rttime(void) { lim(RLIMIT_RTTIME, 20000, 60000), TRY(sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ 1 })); if (!errno) spin(NULL); }
static void nproc(void) {				/* a setuid over the limit is let through, a later fork or exec is not */
	int q[2]; char b; lim(RLIMIT_NPROC, 0, 0); if (pipe(q) == 0 && fork() == 0) user(), write(q[1], "x", 1), usleep(100000), _exit(0);
	read(q[0], &b, 1), user(); pid_t p; TRY(p = fork()); if (p == 0) _exit(0); TRY(execl("/bin/true", "true", NULL)); }
static void fsize(void) {
	int fd = open("big", O_CREAT | O_RDWR, 0600), r, e; char b[64] = ""; signal(SIGXFSZ, xfsz), lim(RLIMIT_FSIZE, 32, RLIM_INFINITY), write(fd, b, 64), r = write(fd, b, 64), e = errno;
	lim(RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY), dprintf(1, "  %d %s signal %d\n", r, strerrorname_np(e), got), lim(RLIMIT_FSIZE, 32, 32), signal(SIGXFSZ, SIG_DFL), ftruncate(fd, 64); }
static void nofile(void) { lim(RLIMIT_NOFILE, 4, 4), TRY(dup(1)), TRY(dup(1)), TRY(dup2(1, 9)), TRY(open("/", O_RDONLY)); int p[2]; TRY(pipe(p)); }
static void stack(void) { lim(RLIMIT_STACK, 1 << 18, 1 << 18), eat(0); }
static void args(void) { lim(RLIMIT_STACK, 1 << 18, 1 << 18); char *a = malloc(100000); memset(a, 'a', 99999), a[99999] = 0, TRY(execl("/bin/true", a, a, a, NULL)); }
static void as(void) { lim(RLIMIT_AS, 1 << 23, 1 << 23), TRY(mmap(NULL, 1 << 25, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)); pthread_t t; dprintf(1, "  thread: %d\n", pthread_create(&t, NULL, spin, NULL)); }
static void data(void) { lim(RLIMIT_DATA, 4096, 4096), TRY(sbrk(1 << 20)); }
static void memlock(void) { char *p = mmap(NULL, 1 << 17, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); lim(RLIMIT_MEMLOCK, 1 << 16, 1 << 16), user(), TRY(mlock(p, 4096)), TRY(mlock(p, 1 << 17)), TRY(mlockall(MCL_CURRENT)); }
static void sigpend(void) {
	sigset_t m; timer_t t; sigfillset(&m), sigprocmask(SIG_BLOCK, &m, NULL), user(), lim(RLIMIT_SIGPENDING, 2, 2);
	for (int i = 0; i < 3; i++) TRY(sigqueue(getpid(), SIGRTMIN, (union sigval){ i }));
	TRY(kill(getpid(), SIGUSR1)), TRY(timer_create(CLOCK_MONOTONIC, NULL, &t)); }	/* a kill has no queue to overflow */
static void msgq(void) { lim(RLIMIT_MSGQUEUE, 1000, 1000), user(), TRY(mq_open("/limits_c", O_CREAT | O_RDWR, 0600, &(struct mq_attr){ .mq_maxmsg = 10, .mq_msgsize = 1000 })), mq_unlink("/limits_c"); }
static void nice_(void) { lim(RLIMIT_NICE, 15, 15), user(), TRY(setpriority(PRIO_PROCESS, 0, 5)), TRY(setpriority(PRIO_PROCESS, 0, -10)), TRY(setpriority(PRIO_PROCESS, getppid(), 5)); }
static void rtprio(void) { lim(RLIMIT_RTPRIO, 5, 5), user(), TRY(sched_setscheduler(0, SCHED_RR, &(struct sched_param){ 3 })), TRY(sched_setscheduler(0, SCHED_RR, &(struct sched_param){ 9 })); }
static void core(void) { lim(RLIMIT_CORE, 1 << 20, 1 << 20), TRY(put("/proc/self/coredump_filter", "0x1")), abort(); }
static void oom(void) { TRY(put("/proc/self/oom_score_adj", "500")), user(), TRY(put("/proc/self/oom_score_adj", "400")), prctl(PR_SET_DUMPABLE, 1), TRY(put("/proc/self/oom_score_adj", "600")), TRY(put("/proc/self/oom_score_adj", "-900")), lim(RLIMIT_CORE, 9, RLIM_INFINITY); }
static void persona(void) { TRY(personality(ADDR_NO_RANDOMIZE)), execl("/bin/cat", "cat", "/proc/self/personality", NULL); }
int main(void) {
	static const struct { const char *name; void (*f)(void); } t[] = { { "CPU", cpu }, { "RTTIME", rttime }, { "NPROC", nproc }, { "FSIZE", fsize },
		{ "NOFILE", nofile }, { "STACK", stack }, { "STACK and args", args }, { "AS", as }, { "DATA", data }, { "MEMLOCK", memlock }, { "SIGPENDING", sigpend },
		{ "MSGQUEUE", msgq }, { "NICE", nice_ }, { "RTPRIO", rtprio }, { "CORE", core }, { "oom_score_adj", oom }, { "personality", persona } };
	int i, st; pid_t p, first = 0; struct rlimit old;
	if (alarm(5), !mkdtemp(dir) || chdir(dir)) return 0;
	for (i = 0; i < 17; i++) {
		if ((p = fork()) == 0) alarm(3), i != 14 ? lim(RLIMIT_CORE, 0, 0) : 0, t[i].f(), _exit(0);
		if (i == 0) first = p;				/* burns its second beside the others */
		else if (p > 0 && waitpid(p, &st, 0) == p) dprintf(1, "%s: signal %d%s status %d\n", t[i].name, WTERMSIG(st), WCOREDUMP(st) ? " core" : "", WEXITSTATUS(st));
	}
	if ((p = fork()) == 0) sleep(2), _exit(0);
	if (p > 0) TRY(prlimit(p, RLIMIT_NOFILE, &(struct rlimit){ 8, 8 }, &old)), TRY(setpriority(PRIO_PROCESS, p, 10)), dprintf(1, "priority %d\n", getpriority(PRIO_PROCESS, p)), kill(p, SIGKILL), waitpid(p, &st, 0);
	if (first > 0) waitpid(first, &st, 0), dprintf(1, "CPU: signal %d\n", WTERMSIG(st));
	return unlink("big"), unlink("core"), chdir("/"), rmdir(dir), 0;
}
