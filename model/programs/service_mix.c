/* service_mix: a service as another user: named sockets with credentials, queues, shared memory,
 * keys, groups, a loopback of its own, a ring, and clients that vanish */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/tmp/service_mix"};
static int sem, msg, shm;
static char* mem;
static mqd_t mq;
static volatile sig_atomic_t told;
static void on(int s) {
    told = s;
}
static void client(int how) {
    char b[64] = "request";
    struct iovec v = {b, 8};
    struct mmsghdr m[2] = {{.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}},
                           {.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}}};
    int s = socket(AF_UNIX, how == 3 ? SOCK_SEQPACKET : SOCK_STREAM, 0);
    struct sembuf op = {0, 1, SEM_UNDO};
    struct {
        long t;
        char x[16];
    } l = {how + 1, "letter"};
    alarm(4), connect(s, (struct sockaddr*)&at, sizeof at), semop(sem, &op, 1),
        msgsnd(msg, &l, 8, 0), mem[how]++, mq_send(mq, b, 8, (unsigned)how);
    if (how == 1)
        _exit(1);
    sendmmsg(s, m, 2, MSG_NOSIGNAL), shutdown(s, how ? SHUT_WR : SHUT_RD),
        recv(s, b, sizeof b, how ? MSG_WAITALL : MSG_DONTWAIT);
    if (how == 2)
        raise(SIGKILL);
    _exit(2);
}
static int ring(int fd) /* an accept and a read by a ring */
{
    struct io_uring_params p;
    memset(&p, 0, sizeof p);
    int r = (int)syscall(SYS_io_uring_setup, 4, &p), n;
    if (r < 0)
        return -1;
    char* q = mmap(NULL, p.sq_off.array + 16, 3, MAP_SHARED, r, IORING_OFF_SQ_RING);
    struct io_uring_sqe* e = mmap(NULL, 4 * sizeof *e, 3, MAP_SHARED, r, IORING_OFF_SQES);
    static struct __kernel_timespec ts = {0, 20000000};
    static char b[32];
    if (q == MAP_FAILED || e == MAP_FAILED)
        return -2;
    e[0] = (struct io_uring_sqe){.opcode = IORING_OP_ACCEPT, .fd = fd, .user_data = 1},
    e[1] =
        (struct io_uring_sqe){
            .opcode = IORING_OP_TIMEOUT, .fd = -1, .addr = (size_t)&ts, .len = 1, .user_data = 2},
    e[2] = (struct io_uring_sqe){
        .opcode = IORING_OP_READ, .fd = 0, .addr = (size_t)b, .len = 1, .flags = IOSQE_ASYNC};
    for (unsigned i = 0; i < 3; i++)
        ((unsigned*)(q + p.sq_off.array))[i] = i;
    __atomic_store_n((unsigned*)(q + p.sq_off.tail), 3, __ATOMIC_RELEASE),
        n = (int)syscall(SYS_io_uring_enter, r, 3, 1, IORING_ENTER_GETEVENTS, NULL, 0),
        syscall(SYS_io_uring_register, r, IORING_REGISTER_EVENTFD, &fd, 1);
    if (fork() == 0)
        close(r), _exit(0);
    return wait(NULL), close_range(20, 90, 0), n; /* left open: ends with the process */
}
static void lo(void) {
    struct ifreq r;
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    memset(&r, 0, sizeof r), strcpy(r.ifr_name, "lo");
    if (ioctl(s, SIOCGIFFLAGS, &r) == 0)
        r.ifr_flags |= IFF_UP, ioctl(s, SIOCSIFFLAGS, &r);
    close(s);
}
static int serve(void) {
    char b[128];
    int l = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), n = 0, on_ = 1;
    gid_t g[40];
    uid_t u[3];
    struct ucred c;
    socklen_t len = sizeof c;
    pid_t p[4];
    struct mq_attr a = {.mq_maxmsg = 8, .mq_msgsize = 64};
    struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    struct {
        long t;
        char x[16];
    } m;
    alarm(9), signal(SIGUSR2, on), unshare(CLONE_NEWIPC | CLONE_NEWNET), lo(),
        sem = semget(IPC_PRIVATE, 2, 0600), msg = msgget(IPC_PRIVATE, 0600),
        shm = shmget(IPC_PRIVATE, 8192, 0600), mem = shmat(shm, NULL, 0),
        mq = mq_open("/service", O_CREAT | O_RDWR, 0600, &a), mq_notify(mq, &e);
    if (mem == (void*)-1)
        return 9;
    for (int i = 0; i < 40; i++)
        g[i] = (gid_t)(900 + (i * 7) % 40);
    setgroups(40, g), n = getgroups(40, g), syscall(SYS_keyctl, 1, "service"),
                      syscall(SYS_add_key, "user", "token", "secret", 6, -3),
                      syscall(SYS_add_key, "user", "token", "other", 5, -3),
                      syscall(SYS_keyctl, 0, -3, 0), setfsuid(700), unlink(at.sun_path),
                      setfsuid(0), setsockopt(l, SOL_SOCKET, SO_PASSCRED, &on_, sizeof on_),
                      unlink(at.sun_path), bind(l, (struct sockaddr*)&at, sizeof at), listen(l, 2),
                      getsockname(l, (struct sockaddr*)b, &(socklen_t){sizeof b});
    chmod(at.sun_path, 0666), prctl(PR_SET_KEEPCAPS, 1), setresgid(700, 700, 0), setreuid(700, 0),
        setresuid(700, 700, 0), getresuid(&u[0], &u[1], &u[2]);
    for (int i = 0; i < 4; i++)
        if ((p[i] = fork()) == 0)
            client(i);
    n = ring(l), usleep(20000);
    for (int i = 0; i < 3; i++) {
        int s = accept4(l, NULL, NULL, SOCK_CLOEXEC);
        if (s < 0) {
            usleep(5000);
            continue;
        }
        getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &len), n += (int)recv(s, b, 8, MSG_PEEK),
            n += (int)recv(s, b, sizeof b, 0), n += (int)send(s, b, 5, MSG_NOSIGNAL),
            shutdown(s, SHUT_RDWR), close(s);
    }
    for (int i = 0; i < 4; i++)
        waitpid(p[i], NULL, 0), msgrcv(msg, &m, 16, 0, IPC_NOWAIT),
            mq_receive(mq, b, sizeof b, NULL);
    return semctl(sem, 0, GETVAL), mq_getattr(mq, &a), mq_unlink("/service"), setresuid(-1, 0, -1),
           unlink(at.sun_path), shmctl(shm, IPC_RMID, NULL), shmdt(mem), told == SIGUSR2 ? 5 : 6;
}
int main(void) {
    int st;
    pid_t p;
    alarm(12), signal(SIGPIPE, SIG_IGN);
    if ((p = fork()) == 0)
        _exit(serve());
    waitpid(p, &st, 0);
    return printf("service_mix: %d\n", WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st)) < 0;
}
