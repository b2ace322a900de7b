/* shell_pipes: bash as scripts use it: a pipe, subshells, a here-document, redirections,
 * substitutions, exec */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char const* scripts[] = {
    "set -o pipefail; echo one two | (read -r a b; echo $b; exit 3); echo $?; x=$( (exit 3); echo "
    "sub $? ); echo \"$x\"; { echo group; } 2>&1; cd /tmp\n"
    "cat <<E >/tmp/shell_pipes.1; exec 5</tmp/shell_pipes.1 6>/tmp/shell_pipes.2; read -r a <&5; "
    "echo $a >&6; umask 077; echo \"${a:-none}\" >>/tmp/shell_pipes.2\nfirst\nsecond\nE\n"
    "exec 5<&- 6>&-; read -r b </tmp/shell_pipes.2; echo $b; read -r l < <(echo subst); echo $l; "
    "for f in shell_pipes.*; do echo $f; done; exec rm -f shell_pipes.1 shell_pipes.2",
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
            execlp("bash", i % 4 ? "bash" : "sh", "-c", scripts[i], "script", "arg", NULL),
                _exit(127);
        }
        for (close(p[1]); (r = read(p[0], b, sizeof b)) > 0; all += r)
            if (getenv("SHOW") && write(2, b, r) < 0)
                break;
        close(p[0]), waitpid(c, &st, 0),
            printf("%d ", WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
    }
    return printf("%s\n", all > 20 ? "said much" : "said little") < 0;
}
