/* ring_post: a post office on an io_uring: letters go by pipes and sockets, with chains, timeouts that are renewed, polls that are
 * taken back, buffers and files that are known beforehand; timers of all clocks ring meanwhile, and a child leaves with the office
 * open */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct office {
    struct io_uring_params is;
    char *sq, *cq;
    struct io_uring_sqe* sqe;
    int fd;
};
static int delivered;
static sig_atomic_t volatile rang;

static void ring_bell(int s) {
    (void)s, rang++;
}
static int opened(struct office* o, unsigned flags) {
    memset(o, 0, sizeof *o), o->is.flags = flags, o->fd = (int)syscall(SYS_io_uring_setup, 16, &o->is);
    if (o->fd < 0)
        return 0;
    o->sq = mmap(NULL, o->is.sq_off.array + o->is.sq_entries * 4, 3, MAP_SHARED, o->fd, IORING_OFF_SQ_RING);
    o->cq = mmap(NULL, o->is.cq_off.cqes + o->is.cq_entries * 16, 3, MAP_SHARED, o->fd, IORING_OFF_CQ_RING);
    o->sqe = mmap(NULL, o->is.sq_entries * sizeof *o->sqe, 3, MAP_SHARED, o->fd, IORING_OFF_SQES);
    return o->sq != MAP_FAILED && o->cq != MAP_FAILED && o->sqe != MAP_FAILED;
}
static struct io_uring_sqe* letter(struct office* o, int op, int fd, void const* addr, unsigned len, unsigned flags) {
    unsigned *tail = (unsigned*)(o->sq + o->is.sq_off.tail), i = *tail & (o->is.sq_entries - 1);
    struct io_uring_sqe* e = memset(&o->sqe[i], 0, sizeof *e);
    e->opcode = (unsigned char)op, e->fd = fd, e->addr = (size_t)addr, e->len = len, e->flags = (unsigned char)flags;
    e->user_data = (unsigned long long)op, ((unsigned*)(o->sq + o->is.sq_off.array))[i] = i;
    return __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE), e;
}
static void post(struct office* o, unsigned n, unsigned wait_for) {
    syscall(SYS_io_uring_enter, o->fd, n, wait_for, wait_for ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
    unsigned *head = (unsigned*)(o->cq + o->is.cq_off.head), done = *(unsigned*)(o->cq + o->is.cq_off.tail) - *head;
    *head += done, delivered += (int)done;
}
static void letters(struct office* o) {
    struct __kernel_timespec soon = {0, 2000000}, late = {5, 0};
    char text[64] = "dear reader", back[64];
    struct iovec v[2] = {{text, 20}, {text + 20, 20}}, r = {back, sizeof back};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    int p[2], s[2];
    (void)!pipe2(p, O_CLOEXEC), socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s);
    letter(o, IORING_OP_WRITE, p[1], text, 12, IOSQE_IO_LINK), letter(o, IORING_OP_READ, p[0], back, 12, 0), post(o, 2, 2);
    letter(o, IORING_OP_READ, p[0], back, 30, 0), letter(o, IORING_OP_READ, s[1], back, 30, 0), post(o, 2, 0),
        (void)!write(p[1], text, 9);
    letter(o, IORING_OP_SENDMSG, s[0], &m, 1, 0), post(o, 1, 3);
    letter(o, IORING_OP_RECV, s[1], back, 20, IOSQE_IO_LINK), letter(o, IORING_OP_LINK_TIMEOUT, -1, &soon, 1, 0), post(o, 2, 2);
    letter(o, IORING_OP_POLL_ADD, s[1], NULL, 0, 0)->poll32_events = POLLIN, letter(o, IORING_OP_TIMEOUT, -1, &late, 1, 0)->off = 0;
    post(o, 2, 0), letter(o, IORING_OP_POLL_REMOVE, -1, (void*)(long)IORING_OP_POLL_ADD, 0, 0);
    letter(o, IORING_OP_TIMEOUT_REMOVE, -1, (void*)(long)IORING_OP_TIMEOUT, 0, 0), post(o, 2, 4);
    letter(o, IORING_OP_ACCEPT, s[0], NULL, 0, 0), letter(o, IORING_OP_READV, p[0], &r, 1, IOSQE_ASYNC), post(o, 2, 1);
    letter(o, IORING_OP_ASYNC_CANCEL, -1, (void*)(long)IORING_OP_READV, 0, 0), post(o, 1, 2);
    letter(o, IORING_OP_CLOSE, p[0], NULL, 0, IOSQE_IO_HARDLINK), letter(o, IORING_OP_WRITE, p[1], text, 5, 0), post(o, 2, 2);
    close(p[1]), close(s[0]), close(s[1]);
}
static void known_beforehand(struct office* o) {
    static char pages[8192] __attribute__((aligned(4096)));
    struct iovec v = {pages, sizeof pages};
    int p[2], e = eventfd(0, EFD_CLOEXEC);
    (void)!pipe2(p, O_CLOEXEC), syscall(SYS_io_uring_register, o->fd, IORING_REGISTER_BUFFERS, &v, 1);
    syscall(SYS_io_uring_register, o->fd, IORING_REGISTER_FILES, p, 2),
        syscall(SYS_io_uring_register, o->fd, IORING_REGISTER_EVENTFD, &e, 1);
    letter(o, IORING_OP_WRITE_FIXED, 1, pages, 100, IOSQE_FIXED_FILE | IOSQE_IO_LINK),
        letter(o, IORING_OP_READ_FIXED, 0, pages, 100, IOSQE_FIXED_FILE);
    post(o, 2, 2), letter(o, IORING_OP_READ, 0, pages, 10, IOSQE_FIXED_FILE), post(o, 1, 0), close(p[0]), close(p[1]), close(e);
}
static void clocks(void) {
    static clockid_t const of[] = {CLOCK_REALTIME,       CLOCK_MONOTONIC,          CLOCK_BOOTTIME,
                                   CLOCK_REALTIME_ALARM, CLOCK_PROCESS_CPUTIME_ID, CLOCK_TAI};
    struct itimerspec often = {{0, 700000}, {0, 500000}}, left;
    struct timespec r, nap = {0, 900000};
    unsigned long long n;
    signal(SIGALRM, ring_bell), signal(SIGPROF, ring_bell), signal(SIGVTALRM, ring_bell);
    for (int i = 0; i < 6; i++) {
        timer_t t;
        int fd = timerfd_create(of[i], TFD_CLOEXEC);
        clock_getres(of[i], &r), clock_gettime(of[i], &r);
        if (timer_create(of[i], NULL, &t) == 0) {
            timer_settime(t, 0, &often, NULL), clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
            for (int volatile k = 0; k < 400000; k++)
                ;
            timer_gettime(t, &left), rang += timer_getoverrun(t) > 3, timer_delete(t);
        }
        if (fd >= 0)
            timerfd_settime(fd, 0, &often, NULL), (void)!read(fd, &n, sizeof n), timerfd_gettime(fd, &left), close(fd);
    }
    setitimer(ITIMER_PROF, &(struct itimerval){{0, 2000}, {0, 1000}}, NULL),
        setitimer(ITIMER_VIRTUAL, &(struct itimerval){{0, 0}, {0, 3000}}, NULL);
    for (int volatile k = 0; k < 3000000; k++)
        ;
    setitimer(ITIMER_PROF, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
}
int main(void) {
    struct office a, b;
    alarm(30);
    if (opened(&a, 0)) {
        letters(&a), known_beforehand(&a);
        if (fork() == 0)
            close(a.fd), opened(&b, 0) ? letters(&b), known_beforehand(&b) : (void)0, _exit(0);
        opened(&b, 0) ? letters(&b) : (void)0, wait(NULL);
    }
    clocks();
    return printf("ring_post: %s, %s\n", delivered ? "delivered" : "closed", rang ? "rang" : "still") < 0;
}
