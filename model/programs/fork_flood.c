/* fork_flood: grandchildren by the dozen, in a pid namespace that is killed whole, in groups killed by one signal, in a tree three
 * deep whose root goes first, and by vfork; in between many files are opened and closed at once */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int forks;

static void nap(void) {
    alarm(10), pause(), _exit(0);
}
static void tree(int depth, int width) {
    for (int i = 0; i < width; i++)
        if (fork() == 0) {
            if (depth > 1)
                tree(depth - 1, width);
            nap();
        }
}
static void drain(void) {
    while (wait(NULL) > 0)
        forks++;
}
static void many_files(int n) {
    int first = -1, last = -1;
    for (int i = 0; i < n; i++) {
        int fd = i % 3 == 1 ? socket(AF_UNIX, SOCK_DGRAM, 0) : open(i % 3 ? "/tmp" : "/dev/null", O_RDONLY);
        first = first < 0 ? fd : first, last = fd > last ? fd : last;
    }
    syscall(SYS_close_range, first, last, 0);
}
int main(void) {
    pid_t p;
    int fd[2];
    alarm(50), setpgid(0, 0), prctl(PR_SET_CHILD_SUBREAPER, 1), setrlimit(RLIMIT_NOFILE, &(struct rlimit){1024, 4096});
    if ((p = fork()) == 0)
        setpgid(0, 0), tree(2, 5), nap();
    usleep(150000), kill(-p, SIGTERM), drain(), many_files(90);
    if (unshare(CLONE_NEWPID) == 0 && (p = fork()) == 0)
        tree(2, 4), tree(1, 9), nap();
    usleep(100000), kill(p, SIGKILL), drain(), many_files(40);
    for (int i = 0; i < 8; i++) {
        (void)!pipe(fd);
        if ((p = vfork()) == 0)
            execl(i % 4 ? "/bin/true" : "/no/such", "true", NULL), _exit(127);
        i % 2 ? waitpid(p, NULL, 0) : 0, close(fd[0]), close(fd[1]);
    }
    drain();
    if ((p = fork()) == 0) {
        for (int i = 0; i < 30; i++)
            if (fork() == 0)
                i % 2 ? nap() : _exit(i);
        usleep(20000), kill(0, 0), raise(SIGKILL);
    }
    waitpid(p, NULL, 0), usleep(30000), kill(-1, 0);
    for (int i = 0; i < 40; i++)
        if (waitpid(-1, NULL, WNOHANG) <= 0)
            usleep(1000);
    signal(SIGTERM, SIG_IGN), kill(0, SIGTERM), drain();
    return printf("fork_flood: %s\n", forks > 40 ? "many" : "few") < 0;
}
