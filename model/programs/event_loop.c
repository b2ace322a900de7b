/* event_loop: epoll over signalfd, timerfd, eventfd, pidfd, a pipe, a socketpair and inotify; ends by its own SIGINT */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
enum { SIG, TIMER, EVENT, PID, PIPE, SOCK, NOTIFY, N };
static char dir[] = "/tmp/loopXXXXXX", file[64], buf[4096];
static int fd[N], pp[2], sp[2], rt;
static void on_rt(int s, siginfo_t *si, void *u) { rt += si->si_code == POLL_IN; }
static void child(void)
{
	uint64_t one = 1; char c[CMSG_SPACE(sizeof(int))] = "";
	struct msghdr mh = { .msg_iov = &(struct iovec){ "fd", 2 }, .msg_iovlen = 1, .msg_control = c, .msg_controllen = sizeof(c) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);
	alarm(4), prctl(PR_SET_PDEATHSIG, SIGKILL), usleep(15000), write(pp[1], "pipe", 4), write(fd[EVENT], &one, 8);
	cm->cmsg_level = SOL_SOCKET, cm->cmsg_type = SCM_RIGHTS, cm->cmsg_len = CMSG_LEN(sizeof(int)), memcpy(CMSG_DATA(cm), &pp[1], sizeof(int));
	sendmsg(sp[1], &mh, 0), close(open(file, O_CREAT | O_WRONLY, 0600)), unlink(file);
	for (int i = 0; i < 3; i++) sigqueue(getppid(), SIGRTMIN + 1, (union sigval){ i }), kill(getppid(), SIGUSR1);	/* queued, merged */
	usleep(15000), _exit(7);
}
int main(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC), n, i, t, ticks = 0, run = 1, st = -1; struct epoll_event ev[4]; sigset_t m;
	struct msghdr mh = { .msg_iov = &(struct iovec){ buf, 64 }, .msg_iovlen = 1, .msg_control = buf + 64, .msg_controllen = 64 };
	struct signalfd_siginfo si[4]; siginfo_t info = { 0 };
	if (alarm(5), mkdtemp(dir)) snprintf(file, sizeof(file), "%s/f", dir);
	sigfillset(&m), sigdelset(&m, SIGALRM), sigdelset(&m, SIGRTMIN), sigprocmask(SIG_BLOCK, &m, NULL);
	sigaction(SIGRTMIN, &(struct sigaction){ .sa_sigaction = on_rt, .sa_flags = SA_SIGINFO }, NULL);
	pipe2(pp, O_NONBLOCK), socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sp);
	fcntl(pp[0], F_SETOWN, getpid()), fcntl(pp[0], F_SETSIG, SIGRTMIN), fcntl(pp[0], F_SETFL, O_ASYNC | O_NONBLOCK);
	fd[SIG] = signalfd(-1, &m, SFD_NONBLOCK), fd[TIMER] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), fd[EVENT] = eventfd(0, EFD_NONBLOCK);
	fd[PIPE] = pp[0], fd[SOCK] = sp[0], fd[NOTIFY] = inotify_init1(IN_NONBLOCK), inotify_add_watch(fd[NOTIFY], dir, IN_ALL_EVENTS);
	timerfd_settime(fd[TIMER], 0, &(struct itimerspec){ { 0, 20000000 }, { 0, 20000000 } }, NULL);
	pid_t p = fork(); if (p == 0) child();
	fd[PID] = pidfd_open(p, 0), close(pp[1]), close(sp[1]);
	for (i = 0; i < N; i++) epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &(struct epoll_event){ i == PIPE ? EPOLLIN | EPOLLET : EPOLLIN, { .u32 = i } });
	for (i = 0; i < 60 && run; i++) for (n = epoll_pwait(ep, ev, 4, 500, i % 2 ? NULL : &m), t = 0; t < n; t++) {
		int k = ev[t].data.u32, r = k == SIG ? read(fd[SIG], si, sizeof(si)) : k == SOCK ? recvmsg(fd[k], &mh, 0) : k == PID ? 0 : read(fd[k], buf, 256);
		dprintf(1, "fd %d events %#x bytes %d\n", k, ev[t].events, r);
		for (int j = 0; k == SIG && j < r / (int)sizeof(*si); j++) run &= si[j].ssi_signo != SIGINT, dprintf(1, "signal %d\n", si[j].ssi_signo);
		if (k == TIMER && (++ticks > 11 || (ticks > 3 && info.si_pid))) raise(SIGINT);
		if (k == PID) waitid(P_PIDFD, fd[PID], &info, WEXITED), epoll_ctl(ep, EPOLL_CTL_DEL, fd[PID], NULL);
		if (k == SOCK && r <= 0) close(fd[SOCK]);	/* the close takes it out of the set */
	}
	if (info.si_pid == 0 && p > 0) kill(p, SIGKILL), waitpid(p, &st, 0);
	return dprintf(1, "child %d sigio %d\n", info.si_status, rt), rmdir(dir), 0;
}
