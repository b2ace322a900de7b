/* fifo_relay: FIFOs opened from both sides, blocking and not, a pipe made small and full, vmsplice,
 * tee, readers that leave, O_ASYNC, a killed writer */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/fifoXXXXXX", block[8192];
static volatile sig_atomic_t pipes, ios;
static void on(int s) {
    if (s == SIGPIPE)
        pipes++;
    else
        ios++;
}
static int put(int fd, size_t n) {
    return (int)write(fd, block, n);
}
static int get(int fd, size_t n) {
    char b[8192];
    return (int)read(fd, b, n);
}
static void relay(char const* in,
                  char const* out) /* one stage: opens block until the neighbour comes */
{
    int a = open(in, O_RDONLY), b = open(out, O_WRONLY), n;
    alarm(5);
    while ((n = get(a, 3000)) > 0)
        if (put(b, n) < 0)
            break;
    _exit(0);
}
int main(void) {
    int p[2], q[2], n = 0, total = 0, fd;
    pid_t c[4];
    struct pollfd pl[2];
    alarm(15), memset(block, 'f', sizeof block), signal(SIGPIPE, on), signal(SIGIO, on);
    if (!mkdtemp(dir) || chdir(dir) || mkfifo("a", 0600) || mkfifo("b", 0600) || mkfifo("c", 0600))
        return 0;
    printf("no reader: %s\n",
           open("a", O_WRONLY | O_NONBLOCK) < 0 && errno == ENXIO ? "ENXIO" : "?");
    if (!(c[0] = fork()))
        relay("a", "b");
    if (!(c[1] = fork()))
        relay("b", "c");
    if (!(c[2] = fork())) {
        fd = open("a", O_WRONLY), alarm(5);
        for (int i = 0; i < 5; i++)
            put(fd, 5000);
        _exit(0);
    }
    fd = open("c", O_RDONLY | O_NONBLOCK);
    pl[0] = (struct pollfd){fd, POLLIN, 0};
    for (int i = 0; i < 60 && total < 25000; i++) {
        poll(pl, 1, 100);
        if ((n = get(fd, 4096)) > 0)
            total += n;
    }
    for (int i = 0; i < 3; i++)
        waitpid(c[i], NULL, 0);
    n = poll(pl, 1, 10), printf("relayed %d, then %#x\n", total, pl[0].revents), close(fd);
    if (pipe2(p, O_NONBLOCK) || pipe(q))
        return 0;
    fcntl(p[1], F_SETPIPE_SZ, 4096);
    for (n = 0; put(p[1], 1000) > 0;)
        n++;
    ioctl(p[0], FIONREAD, &total),
        printf("%d writes, %d bytes, %d of capacity\n", n, total, fcntl(p[1], F_GETPIPE_SZ));
    fcntl(p[1], F_SETFL, 0);
    if (!(c[0] = fork()))
        alarm(3), put(p[1], 6000), _exit(0); /* waits for room, twice */
    if (!(c[1] = fork()))
        alarm(3), put(p[1], 8000), _exit(0); /* waits, is killed */
    usleep(20000), kill(c[1], SIGKILL), waitpid(c[1], NULL, 0), fcntl(p[0], F_SETFL, 0);
    for (n = 0; n < 8; n++)
        get(p[0], 1500);
    struct iovec v[2] = {{block, 4096}, {block + 4096, 100}};
    waitpid(c[0], NULL, 0), fcntl(p[0], F_SETFL, O_NONBLOCK);
    while (get(p[0], 8192) > 0)
        ;
    fcntl(p[1], F_SETPIPE_SZ, 65536), n = (int)vmsplice(p[1], v, 2, 0),
                                      total = (int)tee(p[0], q[1], 4096, 0), get(p[0], 8192);
    printf("vmspliced %d, teed %d, spliced %d\n", n, total,
           (int)splice(q[0], NULL, p[1], NULL, 2000, SPLICE_F_MOVE));
    writev(q[1], v, 2), preadv(q[0], v, 2, 0), readv(q[0], v, 2);
    fcntl(p[0], F_SETOWN, getpid()), fcntl(p[0], F_SETFL, O_ASYNC | O_NONBLOCK), put(p[1], 1),
        put(p[1], 1);
    if (!(c[0] = fork()))
        alarm(3), close(p[0]), close(q[0]), put(q[1], 1), pause(), _exit(0);
    pl[0] = (struct pollfd){p[1], POLLOUT, 0}, pl[1] = (struct pollfd){q[0], POLLIN | POLLRDHUP, 0},
    poll(pl, 2, 50);
    usleep(10000), close(p[0]),
        n = put(p[1], 10), poll(pl, 2, 0),
        printf("broken: %d, SIGPIPE %d, SIGIO %d, %#x\n", n, pipes, ios, pl[0].revents);
    signal(SIGPIPE, SIG_DFL), close(q[0]), kill(c[0], SIGTERM), waitpid(c[0], NULL, 0);
    if (!(c[0] = fork()))
        put(q[1], 4), _exit(0); /* dies by SIGPIPE */
    waitpid(c[0], &n, 0), unlink("a"), unlink("b"), fd = open("c", O_RDWR), unlink("c"), put(fd, 7),
                                                    rmdir(dir);
    return printf("by signal %d\n", WTERMSIG(n)) < 0;
}
