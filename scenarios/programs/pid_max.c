/* No pid is left. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* pid_max belongs to a pid namespace since 6.14; before, it is the whole machine's, and lowering it would starve everybody
   else: then this program does not try. */
static int lower_own_pid_max(void) {
    if (mount("proc", "/proc", "proc", 0, NULL) < 0)
        return -1;
    int file = open("/proc/sys/kernel/pid_max", O_WRONLY);
    if (file < 0)
        return -1;
    ssize_t written = write(file, "301", 3);
    close(file);
    return written == 3 ? 0 : -1;
}

static int run_out_of_pids(void) {
    pid_t children[400];
    int made = 0;
    while (made < 400) {
        pid_t child = fork();
        if (child == 0) {
            pause();
            _exit(0);
        }
        if (child < 0)
            break;
        children[made++] = child;
    }
    int error = errno;
    for (int i = 0; i < made; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    return made < 400 && error == EAGAIN ? 0 : 1;
}

int main(void) {
    struct {
        int major, minor;
    } kernel = {0, 0};
    int file = open("/proc/sys/kernel/osrelease", O_RDONLY);
    char text[64] = "";
    if (file >= 0 && read(file, text, sizeof text - 1) > 0) {
        kernel.major = text[0] - '0';
        kernel.minor = strchr(text, '.') ? (int)(strchr(text, '.')[1] - '0') : 0;
        if (strchr(text, '.') && strchr(text, '.')[2] >= '0' && strchr(text, '.')[2] <= '9')
            kernel.minor = kernel.minor * 10 + (strchr(text, '.')[2] - '0');
    }
    if (kernel.major < 6 || (kernel.major == 6 && kernel.minor < 14))
        return 77; /* not here */
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
        return 77;
    pid_t init = fork();
    if (init == 0)
        _exit(lower_own_pid_max() ? 77 : run_out_of_pids());
    int status;
    waitpid(init, &status, 0);
    return WEXITSTATUS(status);
}
