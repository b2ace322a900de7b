/* sysv_mail: queues, semaphores and shared memory of System V between a family: undone at exit, waited for with a limit, broken by
 * signals and by removal, looked up by others without rights, in another namespace; beside POSIX queues with a notice by signal and by
 * poll */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct letter {
    long kind;
    char text[3000];
};
static int queue, sems, shm, good, told;
static void ok(long r) {
    good += r >= 0;
}
static void notice(int s) {
    (void)s, told++;
}
static void worker(int how) {
    struct sembuf take[2] = {{0, -1, SEM_UNDO}, {1, 1, SEM_UNDO}}, give = {0, 1, SEM_UNDO}, zero = {2, 0, 0};
    struct timespec ts = {0, 4000000};
    struct letter l = {1 + how, "from a worker"};
    char* m = shmat(shm, NULL, how == 1 ? SHM_RDONLY : 0);
    alarm(5), signal(SIGUSR1, notice);
    switch (how) {
    case 0: ok(semop(sems, take, 2)), m[0]++, usleep(2000), ok(msgsnd(queue, &l, 100, 0)), ok(semop(sems, &give, 1)), ok(shmdt(m)); break;
    case 1: ok(semop(sems, take, 2)), ok(msgrcv(queue, &l, sizeof l.text, 0, 0)), abort(); /* what it took is given back */
    case 2: ok(semtimedop(sems, &zero, 1, &ts)), ok(semop(sems, take, 1)), m[5] = 1, ok(msgrcv(queue, &l, 5, -3, MSG_NOERROR)); break;
    case 3: ok(semop(sems, &zero, 1)), ok(msgrcv(queue, &l, 10, 77, 0)); break; /* until it is removed */
    case 4:
        for (int i = 0; i < 6; i++)
            ok(msgsnd(queue, &l, 2900, i > 4 ? 0 : IPC_NOWAIT));
        break;
    case 5: setresuid(1000, 1000, 1000), ok(semop(sems, take, 1)), ok(shmctl(shm, IPC_RMID, NULL)), ok(msgsnd(queue, &l, 1, 0)); break;
    default: ok(unshare(CLONE_NEWIPC)), ok(msgsnd(queue, &l, 1, 0)), ok(semget(77, 2, IPC_CREAT | 0600)), ok(shmget(5, 9000,
        IPC_CREAT | 0600));
    }
    _exit(how);
}
static void system_v(void) {
    struct msqid_ds q;
    struct semid_ds s;
    struct shmid_ds h;
    unsigned short all[4] = {1, 0, 1, 2};
    struct letter l;
    pid_t p[7];
    queue = msgget(IPC_PRIVATE, 0600), sems = semget(IPC_PRIVATE, 4, 0600), shm = shmget(IPC_PRIVATE, 40000, 0600);
    ok(semctl(sems, 0, SETALL, all)), ok(msgctl(queue, IPC_STAT, &q)), q.msg_qbytes = 6000, ok(msgctl(queue, IPC_SET, &q));
    for (int i = 0; i < 7; i++)
        if ((p[i] = fork()) == 0)
            worker(i);
    char* m = shmat(shm, NULL, 0);
    usleep(8000), m[9000] = 1, ok(semctl(sems, 0, GETALL, all)), ok(semctl(sems, 0, GETPID)), ok(semctl(sems, 0, GETNCNT)),
        ok(semctl(sems, 2, GETZCNT));
    kill(p[3], SIGUSR1), ok(semctl(sems, 2, SETVAL, 0)), ok(msgrcv(queue, &l, sizeof l.text, 2, IPC_NOWAIT | MSG_NOERROR));
    ok(shmctl(shm, IPC_STAT, &h)), ok(semctl(sems, 0, IPC_STAT, &s)), usleep(5000), ok(msgctl(queue, IPC_RMID, NULL)), ok(shmctl(shm,
        SHM_LOCK, NULL));
    ok(shmctl(shm, IPC_RMID, NULL)), ok(shmdt(m)), usleep(3000), ok(semctl(sems, 0, IPC_RMID));
    while (wait(NULL) > 0)
        ;
}
static void posix(void) {
    struct mq_attr a = {.mq_maxmsg = 3, .mq_msgsize = 64};
    struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    struct timespec ts;
    char b[64];
    unsigned rank;
    mqd_t q = mq_open("/sysv_mail", O_CREAT | O_RDWR, 0600, &a);
    struct pollfd p = {(int)q, POLLIN, 0};
    signal(SIGUSR2, notice), ok(mq_notify(q, &e)), ok(poll(&p, 1, 1));
    if (fork() == 0) {
        for (int i = 0; i < 5; i++)
            ok(mq_send(q, "ranked", 6, (unsigned)i % 3));
        _exit(0);
    }
    ok(poll(&p, 1, 100)), usleep(2000), clock_gettime(CLOCK_REALTIME, &ts), ts.tv_sec++;
    for (int i = 0; i < 5; i++)
        ok(mq_timedreceive(q, b, sizeof b, &rank, &ts));
    clock_gettime(CLOCK_REALTIME, &ts), ok(mq_timedreceive(q, b, sizeof b, &rank, &ts)), ok(mq_getattr(q, &a)), ok(mq_notify(q, &e));
    ok(mq_notify(q, NULL)), ok(mq_send(q, "left", 4, 1)), wait(NULL), ok(mq_unlink("/sysv_mail")), mq_close(q);
}
int main(void) {
    alarm(20), system_v(), posix();
    return printf("sysv_mail: %s, %s\n", good > 20 ? "sent" : "lost", told ? "told" : "untold") < 0;
}
