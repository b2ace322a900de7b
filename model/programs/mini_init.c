/* mini_init: a supervisor: three services, one crashes and is restarted, orphans are reaped, shutdown by TERM then KILL */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static struct svc { const char *name; char *argv[4]; pid_t pid; int starts; } svc[3] = {
	{ "logger",   { "sleep", "4", NULL } },
	{ "flaky",    { "bash", "-c", "kill -SEGV $$", NULL } },
	{ "stubborn", { "bash", "-c", "trap '' TERM; exec sleep 4", NULL } },	/* SIG_IGN survives the exec */
};
static sigset_t set;
static void start(struct svc *s)
{
	s->starts++;
	if ((s->pid = fork()) != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	int fd = open("/dev/null", O_RDWR);
	dup2(fd, 0), dup2(fd, 1), dup2(fd, 2);
	if (chdir("/") == 0)
		execvpe(s->argv[0], s->argv, (char *[]){ "PATH=/sbin:/bin", "TERM=linux", NULL });
	_exit(127);
}
static int reap(int respawn)				/* returns how many services still live */
{
	siginfo_t si = { 0 };
	int st, live = 0;
	if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0 && si.si_pid)	/* a look before the reaping */
		dprintf(1, "init: pid %d code %d status %d\n", si.si_pid, si.si_code, si.si_status);
	for (pid_t p; (p = waitpid(-1, &st, WNOHANG)) > 0; )
		for (int i = 0; i < 3; i++)
			if (svc[i].pid == p && (svc[i].pid = 0, respawn) && svc[i].starts < 3)
				start(&svc[i]);			/* three starts, then "respawning too fast" */
	for (int i = 0; i < 3; i++)
		live += svc[i].pid > 0;
	return live;
}
int main(void)
{
	struct timespec t = { 0, 150000000 };
	int i, sig = 0;
	alarm(5), prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&set), sigaddset(&set, SIGCHLD), sigaddset(&set, SIGTERM), sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < 3; i++) start(&svc[i]);
	if (fork() == 0) { if (fork() == 0) usleep(50000); _exit(0); }	/* a daemon: its second fork is our orphan */
	if (fork() == 0) { usleep(300000); kill(getppid(), SIGTERM); _exit(0); }	/* "telinit 0" */
	for (i = 0; i < 20 && sig != SIGTERM; i++) { sig = sigtimedwait(&set, NULL, &t); reap(1); }
	for (i = 0; i < 3; i++) if (svc[i].pid > 0) kill(svc[i].pid, SIGTERM);
	for (i = 0; i < 3 && reap(0); i++) sigtimedwait(&set, NULL, &t);
	for (i = 0; i < 3; i++) if (svc[i].pid > 0) kill(-svc[i].pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0);			/* all that is left is dying */
	return 0;
}
