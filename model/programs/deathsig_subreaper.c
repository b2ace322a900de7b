/* Parent-death signals, a subreaper with orphans, and an orphaned process group. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing(int s) { (void)s; }
static void orphan(int sig, int ms)     /* a child that outlives this process */
{
    if (fork() != 0) return;
    alarm(2); prctl(PR_SET_NAME, "orphan"); prctl(PR_SET_PDEATHSIG, sig);
    usleep(ms * 1000); _exit(3);
}
static void *forker(void *a) { orphan(SIGTERM, 300); usleep(10000); return a; }
static void run(int how)
{
    pthread_t t; int fd, st; pid_t p;
    switch (how) {
    case 0: orphan(SIGUSR1, 50); usleep(10000); break;      /* handled */
    case 1: orphan(SIGKILL, 300); usleep(10000); break;     /* killed with its parent */
    case 2: if (fork() == 0) { orphan(0, 20); _exit(0); } wait(NULL); break;     /* double fork */
    case 3: if (!pthread_create(&t, NULL, forker, NULL)) pthread_join(t, NULL);
        wait(NULL); break;                                  /* the parent thread's end counts */
    case 4: prctl(PR_SET_PDEATHSIG, SIGTERM);               /* lost by fork and by setuid */
        if (fork() && setuid(65534) == 0) { } prctl(PR_GET_PDEATHSIG, &st); wait(NULL); break;
    case 5: prctl(PR_SET_DUMPABLE, 0); prctl(PR_GET_DUMPABLE); fd = open("/proc/self/comm", O_WRONLY);
        if (fd >= 0) { if (write(fd, "renamed by proc", 15) < 0) errno = 0; close(fd); }
        prctl(PR_SET_DUMPABLE, 1); prctl(PR_SET_DUMPABLE, 2); break;        /* 2: EINVAL */
    case 6: prctl(PR_SET_PDEATHSIG, SIGTERM); execl("/bin/true", "true", NULL); break;
    case 7: prctl(PR_SET_CHILD_SUBREAPER, 1);               /* a nested subreaper, not inherited */
        if (fork() == 0) { prctl(PR_GET_CHILD_SUBREAPER, &st); orphan(0, 10); _exit(0); }
        do wait(NULL); while (errno == EINTR || wait(NULL) > 0); break;
    case 8: setsid();                                       /* the group's only tie is its leader */
        if ((p = fork()) == 0) {
            setpgid(0, 0);
            for (int i = 0; i < 2; i++)                     /* 0: SIGHUP kills; 1: handled */
                if ((p = fork()) == 0) { alarm(2); if (i) signal(SIGHUP, nothing); raise(SIGSTOP); _exit(4); }
                else waitpid(p, &st, WUNTRACED);
            _exit(0);                                       /* SIGHUP and SIGCONT to the group */
        }
        waitpid(p, NULL, 0);
    }
    _exit(0);
}
int main(void)
{
    char name[16]; int reaped = 0;
    alarm(5); signal(SIGUSR1, nothing);
    prctl(PR_SET_CHILD_SUBREAPER, 1); prctl(PR_SET_PDEATHSIG, 99);          /* EINVAL */
    prctl(PR_SET_NAME, "a name that is cut at fifteen"); prctl(PR_GET_NAME, name);
    for (int how = 0; how < 9; how++) {
        if (fork() == 0) { alarm(3); run(how); }
        while (wait(NULL) > 0 || errno == EINTR) reaped++;  /* the child and its orphans */
    }
    printf("deathsig_subreaper: %d reaped as '%s'\n", reaped, name); return 0;
}
