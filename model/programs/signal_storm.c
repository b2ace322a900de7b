/* signal_storm: five that signal one another while they sit in reads, waits, futexes, polls, sleeps
 * and locks, with SA_RESTART and without; stops amid */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAYS = 12 };
static int pp[2], sp[2], lk;
static sem_t* sem;
static volatile sig_atomic_t hits;
static int sysv, queue;
static void hit(int s) {
    (void)s;
    hits++;
}
static int sit(int how) /* EINTR or what came */
{
    char c;
    struct pollfd pl = {pp[0], POLLIN, 0};
    struct timespec ts = {0, 90000000}, at;
    struct sembuf sb = {0, -1, 0};
    sigset_t none;
    pid_t p;
    struct {
        long type;
        char text[8];
    } mb;
    struct timeval tv = {0, 90000};
    sigemptyset(&none), clock_gettime(CLOCK_REALTIME, &at), at.tv_nsec += 90000000;
    if (at.tv_nsec > 999999999)
        at.tv_sec++, at.tv_nsec -= 1000000000;
    switch (how) {
    case 0:
        return (int)read(pp[0], &c, 1);
    case 1:
        return (int)recv(sp[0], &c, 1, 0);
    case 2:
        return poll(&pl, 1, 90);
    case 3:
        return nanosleep(&ts, &ts);
    case 4:
        return sem_timedwait(sem, &at);
    case 5:
        if ((p = fork()) == 0)
            usleep(60000), _exit(0);
        return waitpid(p, NULL, 0) == p ? 0 : (hits += 10, wait(NULL), -1);
    case 6:
        return flock(lk, LOCK_EX);
    case 7:
        return sigsuspend(&none);
    case 8:
        return semop(sysv, &sb, 1);
    case 9:
        return (int)msgrcv(queue, &mb, 8, 0, 0);
    case 10:
        return setsockopt(sp[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv),
               (int)recv(sp[0], &c, 1, 0);
    default:
        return clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
    }
}
static void sitter(int how, int flags) {
    struct sigaction sa = {.sa_handler = hit, .sa_flags = flags};
    int r;
    alarm(5), sigaction(SIGUSR1, &sa, NULL), lk = open("/tmp/signal_storm", O_RDWR), r = sit(how),
                                             r = r < 0 && errno == EINTR ? 50
                                                 : r < 0                 ? 60
                                                                         : r;
    _exit(r + (hits ? 100 : 0));
}
int main(void) {
    pid_t p[WAYS];
    int st, mine = open("/tmp/signal_storm", O_RDWR | O_CREAT | O_CLOEXEC, 0600), sum = 0;
    struct sigaction sa = {.sa_handler = hit, .sa_flags = SA_NOCLDSTOP};
    sem = mmap(NULL, 4096, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pipe(pp) || socketpair(AF_UNIX, SOCK_DGRAM, 0, sp) || sem_init(sem, 1, 0))
        return 0;
    sysv = semget(IPC_PRIVATE, 1, 0600), queue = msgget(IPC_PRIVATE, 0600), alarm(18),
    sigaction(SIGCHLD, &sa, NULL), flock(mine, LOCK_EX);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < WAYS; i++)
            if ((p[i] = fork()) == 0)
                sitter(i, round ? 0 : SA_RESTART);
        usleep(60000);
        for (int i = 0; i < WAYS; i++)
            kill(p[i], SIGUSR1);
        for (int i = 0; i < WAYS; i += 4)
            kill(p[i], SIGSTOP), usleep(1500),
                kill(p[i], SIGCONT); /* some are woken a second time */
        usleep(15000);
        if (round == 0) { /* what they wait for */
            struct {
                long type;
                char text[8];
            } mb = {1, "m"};
            struct sembuf sb = {0, 1, 0};
            sum += (int)write(pp[1], "x", 1), sum += (int)send(sp[1], "y", 1, 0),
                flock(mine, LOCK_UN), semop(sysv, &sb, 1), msgsnd(queue, &mb, 2, 0), sem_post(sem),
                usleep(100000);
        }
        kill(p[7], SIGUSR1), kill(p[5], SIGUSR1);
        for (int i = 0; i < WAYS; i++) {
            while (waitpid(p[i], &st, WNOHANG) == 0) {
                usleep(30000), kill(p[i], hits > 40 ? SIGKILL : SIGUSR1), hits++;
            }
            printf("%d ", WIFEXITED(st) ? WEXITSTATUS(st) : -WTERMSIG(st));
        }
        printf("\n"), flock(mine, LOCK_EX);
    }
    semctl(sysv, 0, IPC_RMID), msgctl(queue, IPC_RMID, NULL), unlink("/tmp/signal_storm");
    return sum < 0;
}
