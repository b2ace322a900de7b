/* jobs on a pseudo-terminal: controlling tty, SIGTTIN, SIGTTOU, ^C, ^Z, SIGWINCH, TIOCNOTTY, hang-up, orphaned group */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int cmd[2], tty;
static pid_t job(char what)
{
	char c[8]; pid_t p = fork();
	if (p) { if (p < 0) _exit(0); setpgid(p, p); return p; }
	setpgid(0, 0); alarm(3); close(cmd[1]); signal(SIGTTOU, SIG_DFL);
	if (what == 'r') read(tty, c, sizeof c);
	if (what == 'o') tcsetpgrp(tty, getpgrp());
	if (what == 'n') { ioctl(tty, TIOCNOTTY); open("/dev/tty", O_RDWR); }
	if (what == 'w') usleep(900000);
	_exit(0);
}
static int leader(const char *name)
{
	pid_t p;
	alarm(4); signal(SIGTTOU, SIG_IGN); setsid(); setsid();					/* the second: EPERM */
	tty = open(name, O_RDWR | O_NOCTTY); ioctl(tty, TIOCSCTTY, 0); tcgetsid(tty); tcsetpgrp(tty, getpgrp());
	p = job('r'); waitpid(p, NULL, WUNTRACED);		/* stopped by SIGTTIN */
	tcsetpgrp(tty, p); kill(-p, SIGCONT); write(cmd[1], "hi\n", 3); waitpid(p, NULL, 0);
	p = job('w'); tcsetpgrp(tty, p); write(cmd[1], "\003", 1); waitpid(p, NULL, 0);		/* SIGINT */
	p = job('w'); tcsetpgrp(tty, p); write(cmd[1], "\032", 1); waitpid(p, NULL, WUNTRACED);	/* SIGTSTP */
	tcsetpgrp(tty, getpgrp()); kill(-p, SIGCONT); waitpid(p, NULL, WCONTINUED); kill(-p, SIGKILL); waitpid(p, NULL, 0);
	p = job('n'); waitpid(p, NULL, 0);
	p = job('o'); waitpid(p, NULL, WUNTRACED);		/* stopped by SIGTTOU, left so */
	p = job('w'); tcsetpgrp(tty, p);			/* in the foreground when the line drops */
	struct winsize ws = { 40, 100, 0, 0 }; ioctl(tty, TIOCSWINSZ, &ws);
	close(cmd[1]); return pause();				/* until SIGHUP */
}
static int forsaken(const char *name)				/* a leader that gives its terminal up */
{
	alarm(4); setsid(); signal(SIGTTOU, SIG_IGN);
	tty = open(name, O_RDWR);				/* controlling without TIOCSCTTY */
	pid_t p = job('w'); tcsetpgrp(tty, p); ioctl(tty, TIOCNOTTY); waitpid(p, NULL, 0);	/* SIGHUP */
	return 0;
}
int main(void)
{
	char c; alarm(9); prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (int round = 0; round < 2; round++) {
		int m = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		char *name = m < 0 || grantpt(m) || unlockpt(m) || pipe(cmd) ? NULL : ptsname(m);
		if (!name) return 0;
		if (!fork()) { close(m); close(cmd[0]); _exit(round ? leader(name) : forsaken(name)); }
		close(cmd[1]);
		while (read(cmd[0], &c, 1) == 1) write(m, &c, 1);	/* type what the leader asks for */
		close(cmd[0]); close(m); while (wait(NULL) > 0) ;	/* the hang-up */
	}
	return 0;						/* after reaping the orphans of the session */
}
