/* rings: an io_uring with reads, timeouts, links, a poll and a cancel, one left full at exit; AIO;
 * leases broken by others; close_range; O_DIRECT; a fork with rings */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/close_range.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct io_uring_params pr;
static char *sq, *cq;
static struct io_uring_sqe* sqe;
static int ring, pp[2], file;
static char buf[3][512];
static volatile sig_atomic_t broken;
static void on(int s, siginfo_t* si, void* u) {
    (void)s, (void)u;
    broken = si->si_fd + 1;
}
static int make(unsigned flags) {
    memset(&pr, 0, sizeof pr), pr.flags = flags, pr.sq_thread_idle = 20,
                               ring = (int)syscall(SYS_io_uring_setup, 8, &pr);
    if (ring < 0)
        return 0;
    sq = mmap(NULL, pr.sq_off.array + pr.sq_entries * 4, 3, MAP_SHARED | MAP_POPULATE, ring,
              IORING_OFF_SQ_RING),
    cq = mmap(NULL, pr.cq_off.cqes + pr.cq_entries * 16, 3, MAP_SHARED | MAP_POPULATE, ring,
              IORING_OFF_CQ_RING);
    sqe = mmap(NULL, pr.sq_entries * sizeof *sqe, 3, MAP_SHARED | MAP_POPULATE, ring,
               IORING_OFF_SQES);
    return sq != MAP_FAILED && cq != MAP_FAILED && sqe != MAP_FAILED;
}
static void add(int opcode, int fd, void const* addr, unsigned len, long off, unsigned flags,
                unsigned long long user) {
    unsigned *tail = (unsigned*)(sq + pr.sq_off.tail), i = *tail & (pr.sq_entries - 1);
    memset(&sqe[i], 0, sizeof *sqe), sqe[i].opcode = opcode, sqe[i].fd = fd,
                                     sqe[i].addr = (size_t)addr, sqe[i].len = len, sqe[i].off = off,
                                     sqe[i].flags = flags, sqe[i].user_data = user;
    if (opcode == IORING_OP_POLL_ADD)
        sqe[i].poll32_events = POLLIN;
    ((unsigned*)(sq + pr.sq_off.array))[i] = i, __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
}
static int enter(unsigned submit, unsigned wanted) {
    return (int)syscall(SYS_io_uring_enter, ring, submit, wanted,
                        wanted ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
}
static int reap(void) {
    unsigned *head = (unsigned*)(cq + pr.cq_off.head),
             n = *(unsigned*)(cq + pr.cq_off.tail) - *head;
    *head += n;
    return (int)n;
}
static int work(void) {
    struct __kernel_timespec ts = {0, 5000000};
    struct iovec v = {buf[0], 100};
    int n = 0;
    add(IORING_OP_NOP, -1, NULL, 0, 0, 0, 1),
        add(IORING_OP_WRITEV, file, &v, 1, 0, IOSQE_IO_LINK, 2),
        add(IORING_OP_READ, file, buf[1], 50, 10, 0, 3), enter(3, 3), n += reap();
    add(IORING_OP_READ, pp[0], buf[1], 10, 0, 0, 4),
        add(IORING_OP_POLL_ADD, pp[0], NULL, 0, 0, 0, 5),
        add(IORING_OP_TIMEOUT, -1, &ts, 1, 0, 0, 6), enter(3, 1), n += reap();
    if (write(pp[1], "0123456789ab", 12) == 12)
        enter(0, 1), n += reap();
    add(IORING_OP_READ, pp[0], buf[2], 2, 0, IOSQE_ASYNC, 7),
        add(IORING_OP_READ, pp[0], buf[2], 9, 0, 0, 8),
        add(IORING_OP_ASYNC_CANCEL, -1, (void*)8, 0, 0, 0, 9), enter(3, 2), n += reap();
    add(IORING_OP_FSYNC, file, NULL, 0, 0, IOSQE_ASYNC, 10),
        add(IORING_OP_OPENAT, AT_FDCWD, "/dev/null", 0, 0, 0, 11),
        add(IORING_OP_READ, 999, buf[2], 1, 0, 0, 12), enter(3, 3), n += reap();
    return n;
}
static void aio(void) {
    aio_context_t c = 0;
    struct iocb cb[2], *list[2] = {&cb[0], &cb[1]};
    struct io_event ev[2];
    int e = eventfd(0, EFD_NONBLOCK);
    memset(cb, 0, sizeof cb), cb[0].aio_fildes = cb[1].aio_fildes = file,
                              cb[0].aio_lio_opcode = IOCB_CMD_PWRITE,
                              cb[0].aio_buf = (size_t)buf[0], cb[0].aio_nbytes = 512;
    cb[1].aio_lio_opcode = IOCB_CMD_POLL, cb[1].aio_fildes = pp[0], cb[1].aio_buf = POLLIN,
    cb[0].aio_flags = IOCB_FLAG_RESFD, cb[0].aio_resfd = e;
    if (syscall(SYS_io_setup, 4, &c) == 0 && syscall(SYS_io_submit, c, 2, list) > 0)
        syscall(SYS_io_getevents, c, 1, 2, ev, NULL),
            syscall(SYS_io_cancel, c, &cb[1], ev); /* the ring goes with the process */
}
int main(void) {
    struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
    char name[] = "/tmp/ringsXXXXXX";
    int st, n, l;
    pid_t p;
    alarm(12), sigaction(SIGRTMIN + 2, &sa, NULL), sigaction(SIGIO, &sa, NULL);
    if ((file = mkstemp(name)) < 0 || pipe(pp))
        return 0;
    n = make(0) ? work() : 0, printf("%s ", n > 8 ? "completed" : n ? "some" : "no ring");
    if ((p = fork()) == 0) {
        n = ring >= 0 ? enter(0, 0) : 0, close_range(3, 6, CLOSE_RANGE_CLOEXEC),
        close_range(20, ~0u, CLOSE_RANGE_UNSHARE), execl("/bin/true", "true", NULL);
    }
    waitpid(p, &st, 0);
    if ((p = fork()) == 0) { /* ends with requests under way, a polling thread and workers */
        alarm(4);
        if (make(IORING_SETUP_SQPOLL)) {
            add(IORING_OP_READ, pp[0], buf[1], 10, 0, IOSQE_ASYNC, 1),
                add(IORING_OP_POLL_ADD, pp[0], NULL, 0, 0, 0, 2),
                syscall(SYS_io_uring_enter, ring, 2, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0),
                usleep(30000);
        }
        aio(), _exit(0);
    }
    waitpid(p, &st, 0), aio(), close(pp[1]), l = open(name, O_RDONLY), close(file),
                                             fcntl(l, F_SETSIG, SIGRTMIN + 2),
                                             printf("lease %d ", fcntl(l, F_SETLEASE, F_RDLCK));
    if ((p = fork()) == 0)
        alarm(3), st = open(name, O_RDWR | O_NONBLOCK), n = errno,
                  _exit(open(name, O_RDWR | O_TRUNC) >= 0
                            ? (st < 0 && n == EWOULDBLOCK ? 1 : 2)
                            : 3); /* refused, then waits for the lease's end */
    for (int i = 0; i < 60 && !broken; i++)
        usleep(5000);
    fcntl(l, F_GETLEASE), usleep(3000), fcntl(l, F_SETLEASE, F_UNLCK), waitpid(p, &st, 0),
        printf("%d ", WIFEXITED(st) ? WEXITSTATUS(st) : -1);
    file = open(name, O_RDWR | O_DSYNC), pwrite(file, buf, 100, 0),
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED), readahead(file, 0, 4096),
    sync_file_range(file, 0, 100, SYNC_FILE_RANGE_WRITE), close(file), unlink(name);
    fcntl(l, F_NOTIFY, DN_CREATE), close(l),
        l = open("/tmp", O_RDONLY | O_DIRECTORY),
        fcntl(l, F_NOTIFY, DN_CREATE | DN_DELETE | DN_MULTISHOT),
        close(open("/tmp/rings.x", O_CREAT | O_RDWR, 0600)), unlink("/tmp/rings.x");
    return close_range(3, ~0u, 0), printf("ended\n") < 0;
}
