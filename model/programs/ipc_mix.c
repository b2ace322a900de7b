/* ipc_mix: SysV semaphores, shared memory and queues, POSIX queues that notify, record locks and
 * flocks with waiters that die, undo at exit, an ipc namespace */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int sem, shm, msg, fd;
static mqd_t mq;
static volatile sig_atomic_t told;
static char* mem;
struct letter {
    long type;
    char text[60];
};
static void on(int s, siginfo_t* si, void* u) {
    (void)s, (void)u;
    told += si->si_code == SI_MESGQ ? 1 : 0;
}
static int op(int n, int by, int flags) {
    struct sembuf b[2] = {{(unsigned short)n, (short)by, (short)flags}, {2, 0, IPC_NOWAIT}};
    struct timespec t = {0, 200000000};
    return semtimedop(sem, b, by == 0 ? 2 : 1, &t);
}
static int lock(int cmd, short type, off_t at) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 10};
    return fcntl(fd, cmd, &l);
}
static void child(int how) {
    struct letter l = {how + 1, ""};
    char buf[64];
    struct timespec t;
    unsigned prio;
    alarm(4);
    switch (how) {
    case 0:
        op(0, -1, SEM_UNDO), mem[0]++, usleep(5000), op(1, 3, SEM_UNDO),
            _exit(0); /* undone at its end: wakes the next */
    case 1:
        op(0, -1, 0), mem[0]++, op(0, 1, 0), shmdt(mem), _exit(0);
    case 2:
        op(1, -9, 0), _exit(errno == EAGAIN ? 2 : 3); /* in vain */
    case 3:
        msgrcv(msg, &l, sizeof l.text, -3, MSG_NOERROR), mem[1]++,
            msgrcv(msg, &l, sizeof l.text, 77, 0), _exit(errno == EIDRM ? 4 : 5);
    case 4:
        for (int i = 0; i < 6; i++)
            memset(l.text, 'a' + i, sizeof l.text), l.type = i + 1,
                                                    msgsnd(msg, &l, sizeof l.text, 0);
        _exit(0); /* waits for room */
    case 5:
        clock_gettime(CLOCK_REALTIME, &t), t.tv_sec++,
            mq_timedreceive(mq, buf, sizeof buf, &prio, &t), _exit((int)prio);
    case 6:
        lock(F_SETLKW, F_WRLCK, 0), usleep(20000), lock(F_SETLKW, F_RDLCK, 100),
            _exit(errno == EDEADLK ? 6 : 7);
    case 7:
        lock(F_SETLKW, F_WRLCK, 100), usleep(8000), lock(F_SETLKW, F_WRLCK, 0),
            lock(F_SETLK, F_UNLCK, 0), _exit(errno == EDEADLK ? 8 : 9); /* one of two: EDEADLK */
    case 8:
        lock(F_OFD_SETLKW, F_WRLCK, 200), flock(open("/tmp/ipc_mix", O_RDWR), LOCK_EX),
            _exit(0); /* never has the second: killed */
    }
}
int main(void) {
    pid_t p[9];
    int st;
    struct letter l = {2, "letter"};
    struct mq_attr at = {.mq_maxmsg = 2, .mq_msgsize = 64};
    struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct semid_ds ds;
    struct shmid_ds sd;
    struct msqid_ds md;
    char buf[64];
    alarm(12), sigaction(SIGUSR1, &sa, NULL);
    sem = semget(IPC_PRIVATE, 3, 0600), shm = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600),
    msg = msgget(IPC_PRIVATE, 0600), mem = shmat(shm, NULL, 0),
    fd = open("/tmp/ipc_mix", O_RDWR | O_CREAT, 0600);
    if (mem == (void*)-1 || sem < 0 || msg < 0)
        return 0;
    mq = mq_open("/kflow_ipc_mix", O_CREAT | O_RDWR, 0600, &at), msgctl(msg, IPC_STAT, &md),
    md.msg_qbytes = 180, msgctl(msg, IPC_SET, &md), semctl(sem, 0, SETVAL, 1);
    for (int i = 0; i < 9; i++) {
        if (i == 8)
            flock(open("/tmp/ipc_mix", O_RDWR), LOCK_SH), lock(F_OFD_SETLK, F_RDLCK, 200);
        if ((p[i] = fork()) == 0)
            child(i);
        usleep(4000);
    }
    usleep(20000), lock(F_OFD_SETLK, F_UNLCK, 200), semctl(sem, 1, GETALL, buf),
        semctl(sem, 0, IPC_STAT, &ds), printf("ncount %d, ", semctl(sem, 1, GETNCNT) >= 0);
    for (int i = 0; i < 5; i++)
        msgrcv(msg, &l, sizeof l.text, i == 2 ? 4 : 0, IPC_NOWAIT | MSG_NOERROR);
    if (mq != (mqd_t)-1) {
        mq_send(mq, "urgent", 6, 9), usleep(5000), mq_notify(mq, &e), mq_send(mq, "plain", 5, 1),
            mq_send(mq, "more", 4, 2), mq_receive(mq, buf, sizeof buf, NULL), mq_notify(mq, NULL),
            mq_getattr(mq, &at), mq_close(mq), mq_unlink("/kflow_ipc_mix");
    }
    usleep(10000), msgctl(msg, IPC_RMID, NULL), kill(p[8], SIGKILL);
    for (int i = 0; i < 9; i++)
        waitpid(p[i], &st, 0), printf("%d ", WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
    shmctl(shm, IPC_STAT, &sd), shmctl(shm, IPC_RMID, NULL),
        mem[2] = 1, shmctl(shm, SHM_LOCK, NULL), close(fd), unlink("/tmp/ipc_mix");
    if ((p[0] = fork()) == 0) { /* a namespace with things left in it */
        if (unshare(CLONE_NEWIPC))
            _exit(1);
        sem = semget(7, 1, IPC_CREAT | 0600), shm = shmget(8, 4096, IPC_CREAT | 0600),
        msg = msgget(9, IPC_CREAT | 0600), msgsnd(msg, &l, 4, 0), shmat(shm, NULL, SHM_RDONLY),
        op(0, 1, SEM_UNDO), _exit(0);
    }
    return waitpid(p[0], &st, 0), semctl(sem, 0, IPC_RMID),
           printf("notified %d, counted %d\n", told > 0, mem[0] > 0) < 0;
}
