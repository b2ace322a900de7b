/* pipes: three children in a pipeline, SIGPIPE, polling, splice/tee, CLOEXEC over exec, eventfd, SCM_RIGHTS */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char big[65536];
static pid_t stage(int in, int out, const char *path, const char *arg)
{
	pid_t p = fork();
	if (p || alarm(5)) return p;
	if (in >= 0) dup2(in, 0);
	if (out >= 0) dup2(out, 1);
	if (path) { execl(path, path, arg, (char *)NULL); _exit(127); }
	while (read(0, big, sizeof big) > 0) ;
	_exit(0);
}
int main(void)
{
	int a[2], b[2], s[2], ev;
	struct timespec t = { 0, 10000000 }; struct timeval tv = { 0, 10000 };
	alarm(9); pipe2(a, O_CLOEXEC); pipe2(b, O_CLOEXEC);
	stage(-1, a[1], "/bin/echo", "-");			/* echo | cat | a reader without exec */
	stage(a[0], b[1], "/bin/cat", "-");
	close(a[0]); close(a[1]); close(b[1]);
	stage(b[0], -1, NULL, NULL); close(b[0]); while (wait(NULL) > 0) ;
	pipe2(a, O_CLOEXEC); close(a[0]);			/* nobody reads */
	stage(-1, a[1], "/bin/echo", "gone");			/* dies of SIGPIPE after an exec */
	if (!fork()) { signal(SIGPIPE, SIG_IGN); write(a[1], "x", 1); _exit(0); }	/* EPIPE */
	close(a[1]); wait(NULL); wait(NULL); pipe(a); fcntl(a[1], F_SETPIPE_SZ, 4096);		/* a writer asleep in a full pipe dies of SIGPIPE */
	if (!fork()) { close(a[0]); write(a[1], big, sizeof big); _exit(0); }
	close(a[1]); nanosleep(&t, NULL); read(a[0], big, 100); close(a[0]); wait(NULL);
	pipe(a); fcntl(a[0], F_SETFD, FD_CLOEXEC); fcntl(a[1], F_SETFD, FD_CLOEXEC);
	pid_t p = stage(-1, -1, "/bin/sleep", "1");
	close(a[1]); read(a[0], big, 1); close(a[0]);		/* end of file comes from the exec */
	if (p > 0) { kill(p, SIGTERM); waitpid(p, NULL, 0); }
	pipe(a); pipe(b); ev = eventfd(0, EFD_SEMAPHORE);
	fd_set r; FD_ZERO(&r); FD_SET(a[0], &r); struct pollfd pf[2] = { { a[0], POLLIN, 0 }, { ev, POLLIN, 0 } };
	poll(pf, 2, 10); ppoll(pf, 2, &t, NULL); select(a[0] + 1, &r, NULL, NULL, &tv);	/* all time out */
	if (!fork()) { nanosleep(&t, NULL); write(a[1], "data", 4); eventfd_write(ev, 2); _exit(0); }
	poll(pf, 1, 1000); poll(pf + 1, 1, 1000); eventfd_t v; eventfd_read(ev, &v); wait(NULL);
	struct iovec io = { big, 4096 };
	tee(a[0], b[1], 4096, 0); splice(b[0], NULL, a[1], NULL, 4, 0); vmsplice(b[1], &io, 1, SPLICE_F_NONBLOCK);
	close(a[1]); read(a[0], big, 64); poll(pf, 1, 100);	/* POLLHUP */
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s);
	union { struct cmsghdr h; char c[CMSG_SPACE(sizeof(int))]; } u = { { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr m = { NULL, 0, &io, 1, &u, sizeof u, 0 };
	io.iov_len = 1; memcpy(CMSG_DATA(&u.h), &b[1], sizeof(int));
	if (!fork()) { sendmsg(s[1], &m, 0); sendmsg(s[1], &m, MSG_NOSIGNAL); _exit(0); }	/* fds in flight at exit */
	recvmsg(s[0], &m, MSG_CMSG_CLOEXEC); wait(NULL);
	return 0;						/* with one fd still in flight in the queue */
}
