/* mini_shell: a pipeline in its process group, ^Z, bg, fg and ^C over a pty, a here-document, a background job, trap */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static int tty = -1;
static void trap(int s) { dprintf(1, "trap %d\n", s); }
static void child(char **argv, pid_t pg, int in, int out)	/* between (v)fork and exec */
{
	int sigs[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };
	setpgid(0, pg), alarm(3);			/* the alarm stays over the exec */
	for (int i = 0; i < 5; i++) signal(sigs[i], SIG_DFL);
	dup2(in, 0), dup2(out, 1);			/* EBADF for -1: as it was */
	execvp(argv[0], argv), _exit(127);
}
static pid_t job(const char *cmd)			/* vfork: when it returns the job has done its exec */
{
	char *argv[] = { "bash", "-c", (char *)cmd, NULL };
	pid_t p = vfork();
	if (p == 0) child(argv, 0, tty, -1);
	return p > 0 ? p : (_exit(0), 0);
}
static void wj(pid_t p, int fl, const char *s) { int st = -1; p = waitpid(p, &st, fl); dprintf(1, "%s: %d %#x\n", s, p > 0, st); }
static void shell(void)
{
	char *a[3][4] = { { "echo", "a b c" }, { "cat" }, { "wc", "-w" } }, f[] = "/tmp/hereXXXXXX";
	int i, in = -1, pp[2] = { -1, -1 }, m = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC); pid_t pg = 0, p; posix_spawnattr_t at;
	posix_spawn_file_actions_t fa; setsid(), alarm(5), signal(SIGHUP, trap), signal(SIGUSR1, trap);
	if (m >= 0 && !grantpt(m) && !unlockpt(m)) tty = open(ptsname(m), O_RDWR | O_CLOEXEC);	/* the first tty of a session leader: its own */
	signal(SIGTTOU, SIG_IGN), signal(SIGTTIN, SIG_IGN), signal(SIGTSTP, SIG_IGN), signal(SIGINT, SIG_IGN);
	for (i = 0; i < 3; i++, in = pp[0]) {		/* echo | cat | wc */
		if (i == 2) pp[0] = pp[1] = -1; else if (pipe2(pp, O_CLOEXEC)) break;
		if ((p = fork()) == 0) child(a[i], pg, in, pp[1]);
		if (!pg) pg = p;
		setpgid(p, pg), tcsetpgrp(tty, pg), close(in), close(pp[1]);
	}
	for (i = 0; i < 3; i++) wj(-pg, WUNTRACED, "pipeline");
	if ((in = mkstemp(f)) >= 0) unlink(f), write(in, "here-document\n", 14), lseek(in, 0, SEEK_SET);
	posix_spawnattr_init(&at), posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP), posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	if (posix_spawnp(&p, "cat", &fa, &at, a[1], environ) == 0) wj(p, WUNTRACED, "cat <<E");
	posix_spawnp(&p, "no-such-command", &fa, &at, a[1], environ);
	p = job("exec sleep 2"), tcsetpgrp(tty, p);
	if (write(m, "\032", 1) != 1) kill(-p, SIGTSTP);	/* ^Z: the line discipline stops the foreground group */
	wj(p, WUNTRACED, "^Z"), tcsetpgrp(tty, getpgrp()), kill(-p, SIGCONT), wj(p, WCONTINUED, "bg"), tcsetpgrp(tty, p);
	if (write(m, "\003", 1) != 1) kill(-p, SIGINT);
	wj(p, WUNTRACED, "^C"), tcsetpgrp(tty, getpgrp());
	p = job("read x"), wj(p, WUNTRACED, "read in the background");	/* SIGTTIN */
	kill(-p, SIGTERM), kill(-p, SIGCONT), wj(p, WUNTRACED, "kill %1");	/* TERM waits for CONT */
	p = job("trap 'exit 5' TERM; kill -USR1 $PPID; kill -TERM $$"), wj(p, WUNTRACED | WCONTINUED, "trap");
	p = job("trap 'exit 6' HUP; sleep 0.1 & wait"), close(m), wj(p, 0, "hangup");	/* closing the pty: SIGHUP for us */
	_exit(0);
}
int main(void) { pid_t p = fork(); alarm(5); if (p == 0) shell(); wj(p, 0, "shell"); return 0; }
