/* vfork_chain: vfork in a vfork, from threads, with a parent killed meanwhile, stopped between
 * vfork and exec; spawns side by side from threads */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;
static int volatile shared;
static char *slow[] = {"sleep", "0.05", NULL}, *quick[] = {"true", NULL};
static int reap(pid_t p) {
    int st = 0;
    return p > 0 && waitpid(p, &st, 0) == p ? WIFSIGNALED(st) ? 100 + WTERMSIG(st) : WEXITSTATUS(st)
                                            : -1;
}
static void* spawner(void* arg) {
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    sigset_t all;
    pid_t p;
    long n = (long)arg;
    posix_spawn_file_actions_init(&fa), posix_spawnattr_init(&at), sigfillset(&all);
    if (n & 1)
        posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0),
            posix_spawnattr_setsigmask(&at, &all),
            posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK);
    if (n & 2)
        posix_spawn_file_actions_adddup2(&fa, 1, 9), posix_spawnattr_setpgroup(&at, 0),
            posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    if (posix_spawnp(&p,
                     n & 4   ? "no-such-program"
                     : n & 1 ? "sleep"
                             : "true",
                     &fa, &at, n & 1 ? slow : quick, environ) == 0)
        n = reap(p);
    return posix_spawnattr_destroy(&at), posix_spawn_file_actions_destroy(&fa), (void*)n;
}
static void* vforker(void* arg) {
    pid_t p = vfork(); /* only this thread waits, the others run on */
    if (p == 0) {
        execv("/bin/sleep", slow), _exit(1);
    }
    shared++, reap(p);
    return arg;
}
static void in_turn(int n) /* each in the memory of the one before */
{
    pid_t p = vfork();
    if (p == 0) {
        shared++;
        if (n > 0)
            in_turn(n - 1);
        if (n & 1)
            execv("/bin/true", quick);
        _exit(n);
    }
    reap(p);
}
static void killed_parent(void) /* the child of a vfork outlives its parent */
{
    if (vfork() == 0) {
        execv("/bin/sleep", slow), _exit(1);
    }
    pid_t me = getpid();
    if (vfork() == 0) {
        kill(me, SIGKILL), usleep(3000), execv("/bin/sleep", slow), _exit(1);
    }
    _exit(0);
}
int main(void) {
    pthread_t t[5];
    int volatile sum = 0;
    pid_t p;
    alarm(12), signal(SIGUSR1, SIG_IGN);
    in_turn(3);
    if ((p = fork()) == 0)
        killed_parent();
    sum += reap(p);
    if ((p = fork()) == 0) { /* the one in between stops itself: its parent waits on */
        if (vfork() == 0) {
            raise(SIGSTOP), execv("/bin/true", quick), _exit(2);
        }
        _exit(3);
    }
    usleep(30000), kill(p, SIGTERM), usleep(5000), kill(p, SIGKILL),
        sum += reap(p); /* a vfork's wait is for killers alone */
    for (long i = 0; i < 5; i++)
        pthread_create(&t[i], NULL, i < 2 ? vforker : spawner, (void*)i);
    for (int i = 0; i < 5; i++)
        pthread_join(t[i], NULL);
    if ((p = vfork()) == 0) {
        signal(SIGUSR1, SIG_DFL), kill(getpid(), SIGUSR1), _exit(4);
    } /* dies without an exec */
    sum += reap(p);
    if ((p = vfork()) == 0) {
        alarm(0), close(0), setpgid(0, 0), execl("/bin/sh", "sh", "-c", "kill -TERM $$", NULL),
            _exit(5);
    }
    sum += reap(p), sum += system("exit 3") == 0x300;
    for (long i = 5; i < 8; i++)
        spawner((void*)i);
    printf("vfork_chain: %d steps in one memory, %s\n", shared > 3,
           sum > 300 ? "killed as told" : "?");
    fflush(stdout), pthread_create(&t[0], NULL, vforker, NULL),
        usleep(1000); /* ends while a thread's vfork may be under way */
    _exit(0);
}
