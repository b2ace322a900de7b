/* shell_jobs: bash as scripts use it: a trap in a wait, a coproc, wait -n, a job that is stopped, a
 * crash, a signal for itself */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char const* scripts[] = {
    "trap 'echo usr1' USR1; trap 'echo bye' EXIT; (kill -USR1 $$; exit 3) & wait; wait; coproc "
    "while read -r x; do echo $x; done; echo through >&${COPROC[1]}; "
    "read -r line <&${COPROC[0]}; echo $line; kill $COPROC_PID; wait $COPROC_PID; echo $?; for i "
    "in 3 1; do (exit $i) & done; wait -n; echo $?; wait; "
    "set -m; (read -t 5 x) & kill -STOP $!; kill -CONT $!; kill $!; wait $!; echo $?; ulimit -c 0; "
    "(kill -SEGV $BASHPID); echo $?; kill -TERM $BASHPID; echo not here",
};
int main(void) {
    char b[512];
    int n = sizeof scripts / sizeof *scripts, st, p[2];
    ssize_t r;
    long all = 0;
    pid_t c;
    alarm(30);
    for (int i = 0; i < n; i++) {
        if (pipe(p))
            return 0;
        if ((c = fork()) == 0) {
            alarm(10), dup2(p[1], 1), dup2(open("/dev/null", O_WRONLY), 2), close(p[0]),
                close(p[1]);
            execlp("bash", "bash", "-c", scripts[i], "script", "arg", NULL), _exit(127);
        }
        for (close(p[1]); (r = read(p[0], b, sizeof b)) > 0; all += r)
            if (getenv("SHOW") && write(2, b, r) < 0)
                break;
        close(p[0]), waitpid(c, &st, 0),
            printf("%d ", WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
    }
    return printf("%s\n", all > 20 ? "said much" : "said little") < 0;
}
