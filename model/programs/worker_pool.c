/* worker_pool: a prefork server on a Unix socket: three workers accept, TERM ends them gracefully, a hung one is killed */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile sig_atomic_t stop;
static int *served, lfd;				/* a shared scoreboard */
static void on_term(int s) { stop = s; }
static void worker(int slot, sigset_t *orig)
{
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_term }, NULL), signal(SIGPIPE, SIG_IGN), signal(SIGINT, SIG_IGN);
	prctl(PR_SET_NAME, "worker"), prctl(PR_SET_PDEATHSIG, SIGKILL), alarm(4);
	while (!stop) { struct pollfd p = { lfd, POLLIN, 0 };
		if (ppoll(&p, 1, &(struct timespec){ 3, 0 }, orig) <= 0) break;	/* TERM comes in only here */
		int c = accept4(lfd, NULL, NULL, SOCK_CLOEXEC);	/* all wake, one wins: EAGAIN for the others */
		if (c < 0) continue; else served[4]++;
		char b[16] = ""; struct ucred uc; socklen_t l = sizeof(uc);
		getsockopt(c, SOL_SOCKET, SO_PEERCRED, &uc, &l);
		ssize_t n = read(c, b, sizeof(b) - 1);
		for (int i = 0; n > 0 && b[0] == 'h' && i < 3; i++) sleep(1);	/* hung: TERM is blocked, so it stays pending */
		if (n > 0 && b[0] == 'e') usleep(20000);
		if (write(c, "ok", 2) < 0 && errno == EPIPE) served[3]++;	/* the client went away */
		served[slot]++, close(c); }
	_exit(10 + slot);
}
static void request(struct sockaddr_un *a, const char *req, int wait)
{
	char b[8]; int c = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(c, (void *)a, sizeof(*a)) == 0 && write(c, req, strlen(req)) > 0 && wait) read(c, b, sizeof(b));
	close(c);
}
int main(void)
{
	struct sockaddr_un a = { AF_UNIX, "\0worker_pool" };
	sigset_t m, orig; pid_t pid[3], p; int i, st, left = 3, one = 1;
	alarm(5), lfd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(lfd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(lfd, (void *)&a, sizeof(a)) || listen(lfd, 8)) return 0;
	served = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigemptyset(&m), sigaddset(&m, SIGTERM), sigaddset(&m, SIGCHLD), sigprocmask(SIG_BLOCK, &m, &orig);
	for (i = 0; i < 3; i++) if ((pid[i] = fork()) == 0) worker(i, &orig);
	for (i = 0; i < 3; i++) request(&a, "get", 1);
	request(&a, "early", 0), request(&a, "hang", 0), usleep(60000);
	for (i = 0; i < 3; i++) if (pid[i] > 0) kill(pid[i], SIGTERM);
	for (i = 0; i < 4 && left; i++) {		/* the grace period */
		sigtimedwait(&m, NULL, &(struct timespec){ 0, 80000000 });
		while ((p = waitpid(-1, &st, WNOHANG)) > 0) for (int j = 0; j < 3; j++) if (pid[j] == p) pid[j] = 0, left--;
	}
	for (i = 0; i < 3; i++) if (pid[i] > 0) kill(pid[i], SIGKILL), waitpid(pid[i], &st, 0), dprintf(1, "killed %d: %#x\n", i, st);
	dprintf(1, "served %d %d %d epipe %d\n", served[0], served[1], served[2], served[3]);
	return 0;
}
