/* exec_chain: one program in eight lives: each execs itself anew, with pending signals, timers,
 * threads, locks, closing files, a script, a stop, fewer rights */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char self[256], life[16];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void on(int s) {
    (void)s;
}
static void again(int n) {
    char* v[] = {"exec_chain", life, NULL};
    snprintf(life, sizeof life, "%d", n), execv(self, v), _exit(99);
}
static void* waits(void* p) {
    pthread_mutex_lock(&lock);
    return p;
}
static void* spins(void* p) {
    for (int i = 0; i < 20000; i++)
        usleep(500);
    return p;
}
static void* execs(void* p) {
    usleep(5000), again((int)(long)p);
    return NULL;
}
static int script(int n) {
    char text[320];
    int fd = open("/tmp/exec_chain.sh", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755),
        len = snprintf(text, sizeof text, "#!%s %d\n", self, n);
    if (write(fd, text, len) != len)
        return -1;
    return close(fd), execl("/tmp/exec_chain.sh", "script", NULL);
}
int main(int argc, char** argv) {
    int n = argc > 1 ? atoi(argv[1]) : 0, st;
    pthread_t t;
    sigset_t m, old;
    struct itimerval it = {{0, 0}, {0, 60000}};
    struct rlimit rl;
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len < 0)
        return 1;
    alarm(12 - n), printf("life %d of %s\n", n, argc > 0 ? "it" : "nobody"), fflush(stdout);
    switch (n) {
    case 0:
        sigemptyset(&m), sigaddset(&m, SIGUSR1), sigaddset(&m, SIGRTMIN),
            sigprocmask(SIG_BLOCK, &m, NULL), raise(SIGUSR1),
            sigqueue(getpid(), SIGRTMIN, (union sigval){7});
        signal(SIGUSR2, on), signal(SIGPIPE, SIG_IGN), open("/dev/null", O_RDONLY | O_CLOEXEC),
            open("/dev/zero", O_RDONLY), again(1); /* mask and pending stay */
        break;
    case 1:
        signal(SIGUSR1, on), signal(SIGRTMIN, on), sigemptyset(&m),
            sigprocmask(SIG_SETMASK, &m, &old), printf("kept: %d\n", sigismember(&old, SIGUSR1));
        pthread_mutex_lock(&lock), pthread_create(&t, NULL, waits, NULL),
            pthread_create(&t, NULL, spins, NULL), usleep(3000), again(2); /* the others die */
        break;
    case 2:
        pthread_create(&t, NULL, execs, (void*)3L), pthread_create(&t, NULL, spins, NULL), pause();
        break; /* a thread takes the leader's place */
    case 3:
        setitimer(ITIMER_REAL, &it, NULL), signal(SIGALRM, SIG_IGN), mlockall(MCL_CURRENT),
            mmap(NULL, 1 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        pthread_create(&t, NULL, execs, (void*)4L),
            pthread_exit(NULL); /* the leader is dead already */
    case 4:
        signal(SIGALRM, SIG_DFL), alarm(8);
        if (fork() == 0) { /* a child that stops just before, and is let go */
            raise(SIGSTOP), prctl(PR_SET_NAME, "stopped"), again(8);
        }
        waitpid(-1, &st, WUNTRACED), kill(-1, 0), kill(0, SIGCONT), wait(&st), script(5);
        break;
    case 5:
    case 6:
        unlink("/tmp/exec_chain.sh"), rl = (struct rlimit){64, 64}, setrlimit(RLIMIT_NOFILE, &rl),
                                      n = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        prctl(PR_SET_KEEPCAPS, 1), nice(3), snprintf(life, sizeof life, "7"), umask(077);
        if (syscall(SYS_execveat, n, "", (char*[]){"by_fd", life, NULL}, environ, AT_EMPTY_PATH))
            again(7);
        break;
    case 7:
        signal(SIGCHLD, SIG_IGN);
        if (vfork() == 0)
            execl(self, "exec_chain", "9", NULL), _exit(1);
        setresgid(1234, 1234, 1234), setresuid(1234, 1234, 1234),
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), execl(self, "exec_chain", "8", NULL);
        break;
    case 8:
        usleep(2000), execl("/no/such", "no", NULL), execl("/tmp", "no", NULL);
        return 0;
    default:
        return getppid() == 1;
    }
    return 0;
}
