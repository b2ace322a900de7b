/* ring_files: io_uring without a library: files, pipes, sockets, timeouts, polls, links of requests, cancelled ones, registered files
 * and buffers, a ring that is polled, one that a child inherits, one left behind with work in it; and the older aio */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct io_uring_params p;
static struct io_uring_sqe* sqes;
static char *sq, *cq, text[8192];
static int ring, done;

static int make(unsigned flags) {
    memset(&p, 0, sizeof p), p.flags = flags, ring = (int)syscall(SYS_io_uring_setup, 8, &p);
    if (ring < 0)
        return 0;
    sq = mmap(NULL, p.sq_off.array + 4 * p.sq_entries, 3, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
    cq = mmap(NULL, p.cq_off.cqes + 16 * p.cq_entries, 3, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
    sqes = mmap(NULL, p.sq_entries * sizeof *sqes, 3, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
    return sq != MAP_FAILED && cq != MAP_FAILED && sqes != MAP_FAILED;
}
static struct io_uring_sqe* ask(int op, int fd, void const* at, unsigned len) {
    unsigned* tail = (unsigned*)(sq + p.sq_off.tail);
    unsigned i = *tail & (p.sq_entries - 1);
    memset(&sqes[i], 0, sizeof sqes[i]), sqes[i].opcode = (__u8)op, sqes[i].fd = fd, sqes[i].addr = (size_t)at, sqes[i].len = len;
    ((unsigned*)(sq + p.sq_off.array))[i] = i, sqes[i].user_data = 100 + i, __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    return &sqes[i];
}
static void enter(unsigned n, unsigned least) {
    unsigned *head = (unsigned*)(cq + p.cq_off.head), *tail = (unsigned*)(cq + p.cq_off.tail);
    syscall(SYS_io_uring_enter, ring, n, least, least || p.flags & IORING_SETUP_IOPOLL ? IORING_ENTER_GETEVENTS : 0, NULL, 0L);
    for (; *head != __atomic_load_n(tail, __ATOMIC_ACQUIRE); (*head)++)
        done++;
}
static void files(void) {
    struct iovec v[2] = {{text, 1000}, {text + 1000, 3000}};
    int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600), regs[3] = {fd, -1, 0}, bash = open("/bin/bash", O_RDONLY);
    ask(IORING_OP_NOP, -1, NULL, 0), ask(IORING_OP_WRITEV, fd, v, 2), enter(2, 2), ask(IORING_OP_FSYNC, fd, NULL,
        0)->flags = IOSQE_IO_LINK;
    ask(IORING_OP_READ, fd, text, 500)->flags = IOSQE_IO_LINK, ask(IORING_OP_FALLOCATE, fd, (void*)9000, 0), enter(3, 3);
    ask(IORING_OP_READ, bash, text, 4000)->flags = IOSQE_ASYNC, enter(1, 1), ask(IORING_OP_WRITE, bash, text, 10), enter(1, 1);
    syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, regs, 3), syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
        v, 2);
    ask(IORING_OP_READ_FIXED, 0, text, 100)->flags = IOSQE_FIXED_FILE, ask(IORING_OP_WRITE_FIXED, 0, text, 64)->flags = IOSQE_FIXED_FILE;
    enter(2, 2), ask(IORING_OP_STATX, AT_FDCWD, "/bin/bash", 0)->off = (size_t)text + 4000, ask(IORING_OP_OPENAT, AT_FDCWD, "/dev/null",
        0);
    enter(2, 2), ask(IORING_OP_CLOSE, bash, NULL, 0), enter(1, 1), syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL,
        0);
    close(fd);
}
static void waits(void) {
    struct __kernel_timespec soon = {0, 3000000}, late = {5, 0};
    int s[2], q[2], e = eventfd(0, 0);
    socketpair(AF_UNIX, SOCK_STREAM, 0, s), (void)!pipe(q), syscall(SYS_io_uring_register, ring, IORING_REGISTER_EVENTFD, &e, 1);
    ask(IORING_OP_TIMEOUT, -1, &soon, 1)->off = 1, enter(1, 1), ask(IORING_OP_POLL_ADD, q[0], NULL, 0)->poll_events = POLLIN, enter(1, 0);
    (void)!write(q[1], "x", 1), enter(0, 1), ask(IORING_OP_RECV, s[0], text, 20), enter(1, 0), ask(IORING_OP_SEND, s[1], "hello", 5),
        enter(1, 2);
    ask(IORING_OP_READ, q[0], text, 1), enter(1, 1), ask(IORING_OP_READ, q[0], text, 9)->user_data = 7, enter(1, 0);
    ask(IORING_OP_ASYNC_CANCEL, -1, (void*)7, 0), enter(1, 2), ask(IORING_OP_RECV, s[0], text, 9)->flags = IOSQE_IO_LINK;
    ask(IORING_OP_LINK_TIMEOUT, -1, &soon, 1), enter(2, 2), ask(IORING_OP_TIMEOUT, -1, &late, 1)->user_data = 9, enter(1, 0);
    ask(IORING_OP_TIMEOUT_REMOVE, -1, (void*)9, 0), enter(1, 2), ask(IORING_OP_SHUTDOWN, s[0], NULL, 2), enter(1, 1);
    close(s[0]), close(s[1]), close(q[0]), close(q[1]), close(e), ask(IORING_OP_POLL_ADD, 0, NULL, 0)->poll_events = POLLPRI, enter(1, 0);
}
static void older(void) {
    aio_context_t c = 0;
    struct iocb one = {.aio_lio_opcode = IOCB_CMD_PREAD, .aio_buf = (size_t)text, .aio_nbytes = 600}, two, *list[2] = {&one, &two};
    struct io_event ev[2];
    int q[2];
    (void)!pipe(q), one.aio_fildes = (unsigned)open("/bin/true", O_RDONLY), two = (struct iocb){.aio_lio_opcode = IOCB_CMD_POLL,
        .aio_buf = POLLIN};
    two.aio_fildes = (unsigned)q[0], syscall(SYS_io_setup, 4, &c), syscall(SYS_io_submit, c, 2L, list);
    done += (int)syscall(SYS_io_getevents, c, 1L, 2L, ev, NULL), (void)!write(q[1], "x", 1), syscall(SYS_io_getevents, c, 1L, 2L, ev,
        NULL);
    two.aio_fildes = (unsigned)q[1], syscall(SYS_io_cancel, c, &two, ev), syscall(SYS_io_destroy, c);
}
int main(void) {
    alarm(15);
    if (make(0)) {
        files(), waits();
        if (fork() == 0) /* the child has the ring, too */
            ask(IORING_OP_NOP, -1, NULL, 0), enter(1, 1), _exit(0);
        wait(NULL), close(ring);
    }
    if (make(IORING_SETUP_SQPOLL))
        ask(IORING_OP_NOP, -1, NULL, 0), usleep(3000), enter(0, 1), close(ring);
    if (make(IORING_SETUP_CQSIZE))
        files();
    if (fork() == 0)
        make(0) ? files(), waits() : (void)0, execl("/bin/true", "true", NULL);
    wait(NULL), older();
    return printf("ring_files: %s\n", done > 10 ? "many" : "few") < 0;
}
