/* ways to start a program: vfork, posix_spawn with attributes, system, popen, clone3, a death between vfork and exec */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *sh[] = { "bash", "-c",
	"set -- $(/bin/echo a b); /bin/true && (/bin/false || exit $#) | /bin/cat; /bin/sleep 0.01 & wait; exec /bin/true", NULL };
static char *slp[] = { "sleep", "0.01", NULL }, *tru[] = { "true", NULL };
static void on(int s) { }
static void reap(pid_t p) { if (p > 0) waitpid(p, NULL, __WALL); }
static void spawn(const char *path, char **argv, posix_spawn_file_actions_t *fa, posix_spawnattr_t *at)
{
	pid_t p; if (!posix_spawn(&p, path, fa, at, argv, environ)) reap(p);
}
int main(void)
{
	char line[64]; pid_t p; sigset_t m;
	alarm(9); signal(SIGUSR1, on); if (!(p = vfork())) _exit(3);
	reap(p);
	if (!(p = vfork())) { execl("/no/such", "such", (char *)NULL); _exit(127); }
	reap(p);
	if (!(p = vfork())) { execv("/bin/bash", sh); _exit(127); }
	reap(p);
	if (!(p = vfork())) { kill(getpid(), SIGKILL); execv("/bin/true", tru); _exit(127); }	/* dies before its exec */
	reap(p);
	if (!(p = fork())) { signal(SIGTERM, SIG_DFL); raise(SIGTERM); execv("/bin/true", tru); _exit(127); }
	reap(p);
	posix_spawnattr_t at; posix_spawn_file_actions_t fa;
	posix_spawnattr_init(&at); posix_spawn_file_actions_init(&fa);
	sigemptyset(&m); sigaddset(&m, SIGUSR2); posix_spawnattr_setsigmask(&at, &m);
	sigaddset(&m, SIGPIPE); signal(SIGPIPE, SIG_IGN); posix_spawnattr_setsigdefault(&at, &m);
	posix_spawnattr_setpgroup(&at, 0); posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK
		| POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_RESETIDS);
	posix_spawn_file_actions_addopen(&fa, 5, "/dev/null", O_RDWR, 0); posix_spawn_file_actions_adddup2(&fa, 5, 0);
	posix_spawn_file_actions_addclose(&fa, 5); posix_spawn_file_actions_addchdir_np(&fa, "/tmp");
	spawn("/bin/sleep", slp, &fa, &at);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSID); spawn("/no/such", tru, NULL, &at);	/* the child dies, the error comes back */
	posix_spawn_file_actions_addclose(&fa, 900); posix_spawn_file_actions_addopen(&fa, 6, "/no/file", O_RDONLY, 0);
	spawn("/bin/true", tru, &fa, NULL);			/* a file action fails */
	if (system("/bin/false; kill -USR1 $PPID; exit 2") < 0) return 0;
	FILE *f = popen("/bin/echo one; kill -TERM $$", "re");
	if (f) { while (fgets(line, sizeof line, f)) ; pclose(f); }
	if ((f = popen("read x; exit 4", "w"))) { fputs("word\n", f); pclose(f); }
	if ((f = popen("exit 0", "w"))) { usleep(60000); fputs("late\n", f); pclose(f); }	/* EPIPE */
	int pfd = -1;
	struct clone_args ca = { .flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_PARENT_SETTID, .exit_signal = SIGUSR1 };
	ca.pidfd = (size_t)&pfd; ca.parent_tid = (size_t)&p;
	long r = syscall(SYS_clone3, &ca, sizeof ca);		/* tells its end with SIGUSR1 instead of SIGCHLD */
	if (!r) { execv("/bin/true", tru); _exit(127); }
	reap(r);
	if (!(p = vfork())) { execv("/bin/sleep", slp); _exit(127); }
	return 0;						/* leaving an orphan that sleeps 10 ms more */
}
