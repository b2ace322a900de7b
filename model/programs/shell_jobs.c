/* shell_jobs: bash as scripts use it: pipelines with pipefail, subshells, traps, coproc, wait -n, timeouts, redirections, process substitution, nested shells, ulimit */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *scripts[] = {
	"set -o pipefail; echo one two three | tr ' ' '\\n' | sort -r | head -n 1; seq 1 2000 | head -n 1 >/dev/null; echo $?",
	"x=$( (exit 3); echo sub $?; ( echo deeper; exit 4 ) ); echo \"$x\"; { echo group; } 2>&1 | cat",
	"trap 'echo usr1' USR1; trap 'echo bye' EXIT; (sleep 0.05; kill -USR1 $$) & wait; wait; kill -TERM $BASHPID; echo not here",
	"coproc cat; echo through >&${COPROC[1]}; read -r line <&${COPROC[0]}; echo $line; kill $COPROC_PID; wait $COPROC_PID; echo $?",
	"for i in 3 1 2; do (sleep 0.0$i; exit $i) & done; for i in 1 2 3; do wait -n; echo -n \"$? \"; done; echo",
	"timeout 0.1 sleep 5; echo $?; timeout -s KILL 0.1 bash -c 'trap \"\" TERM; sleep 5 & wait'; echo $?",
	"cat <<E >/tmp/shell_jobs.1; exec 5</tmp/shell_jobs.1 6>/tmp/shell_jobs.2; read -r a <&5; echo $a >&6; cat <&5 >>/tmp/shell_jobs.2; wc -l </tmp/shell_jobs.2; rm /tmp/shell_jobs.?\nfirst\nsecond\nE",
	"paste <(echo left; echo l2) <(echo right; echo r2) 2>/dev/null || cat <(echo subst)",
	"ulimit -n 20; ulimit -u; ulimit -c 0; umask 077; nice -n 5 true; bash -c 'bash -c \"kill -SEGV \\$\\$\"; exit $?'; echo $?",
	"set -m; sleep 5 & kill -STOP %1; wait -n -f 2>/dev/null & jobs >/dev/null; kill -CONT %1; kill %1; wait %1; echo $?; kill %2",
	"exec 3<>/dev/null; exec -a other bash -c 'echo $0; read -t 0.05 x </dev/zero; echo $?'",
	"cd /tmp && mkdir shell_jobs.d && pushd shell_jobs.d >/dev/null && touch a b && ls | while read -r f; do mv $f $f.x; done; ls; popd >/dev/null; rm -r shell_jobs.d; type nosuch || echo none",
};
int main(void)
{
	char b[512]; int n = sizeof scripts / sizeof *scripts, st, p[2]; ssize_t r; long all = 0; pid_t c; alarm(40);
	for (int i = 0; i < n; i++) {
		if (pipe(p)) return 0;
		if ((c = fork()) == 0) {
			alarm(10), dup2(p[1], 1), dup2(i % 2 ? p[1] : open("/dev/null", O_WRONLY), 2), close(p[0]), close(p[1]);
			if (i % 3 == 1) setsid();
			execlp("bash", i % 4 ? "bash" : "sh", "-c", scripts[i], "script", "arg", NULL), _exit(127);
		}
		for (close(p[1]); (r = read(p[0], b, sizeof b)) > 0; all += r) if (getenv("SHOW") && write(2, b, r) < 0) break;
		close(p[0]), waitpid(c, &st, 0), printf("%d ", WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
	}
	return printf("%s\n", all > 100 ? "said much" : "said little") < 0;
}
