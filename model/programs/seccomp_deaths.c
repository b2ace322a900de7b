/* Deaths and non-deaths by seccomp: strict mode and each filter action on getppid. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int listener = -2;
static void on_sys(int s, siginfo_t *i, void *u) { (void)s; (void)i; (void)u; }
static int filter(unsigned action, unsigned flags)
{
    struct sock_filter f[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0 /* nr */), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
    struct sock_fprog prog = { 4, f }; prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}
static void *killed(void *a) { filter(SECCOMP_RET_KILL_THREAD, 0); getppid(); return a; }
static void *calls(void *a) { usleep(10000); getppid(); return a; }
static void *notified(void *a)          /* one call is answered, the next one never */
{
    listener = filter(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (listener >= 0) { getppid(); getppid(); } return a;
}
static void run(int how)
{
    struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO }; pthread_t t;
    struct seccomp_notif n = { 0 }; struct seccomp_notif_resp r = { .val = 42 };
    if (how == 4 || how >= 9) if (pthread_create(&t, NULL, how == 4 ? killed : how == 9 ? calls : notified, NULL)) _exit(0);
    switch (how) {
    case 0: prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); getppid(); break;   /* SIGKILL */
    case 1: prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); syscall(SYS_exit, 0); break;
    case 2: filter(SECCOMP_RET_KILL_PROCESS, 0); getppid(); break;
    case 3: filter(SECCOMP_RET_KILL_THREAD, 0); getppid(); break;           /* the only thread */
    case 4: pthread_join(t, NULL); break;                                   /* the second of two */
    case 5: filter(SECCOMP_RET_ERRNO | 1, 0); filter(SECCOMP_RET_LOG, SECCOMP_FILTER_FLAG_LOG); getppid(); break;
    case 6: sigaction(SIGSYS, &sa, NULL); filter(SECCOMP_RET_TRAP, 0); getppid(); break;
    case 7: filter(SECCOMP_RET_TRAP, 0); getppid(); break;                  /* no handler */
    case 8: filter(SECCOMP_RET_TRACE, 0); getppid(); break;                 /* no tracer: ENOSYS */
    case 9: filter(SECCOMP_RET_KILL_PROCESS, SECCOMP_FILTER_FLAG_TSYNC); pthread_join(t, NULL); break;
    case 10: for (int i = 0; listener == -2 && i < 200; i++) usleep(1000);
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0) { r.id = n.id; ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r); }
        usleep(10000);                                      /* exits with the other thread held */
    }
    _exit(how);
}
int main(void)
{
    int st = 0, deaths = 0; struct rlimit none = { 0, 0 }; setrlimit(RLIMIT_CORE, &none); alarm(5);
    for (int how = 0; how < 11; how++) {
        if (fork() == 0) { alarm(3); run(how); }
        wait(&st); deaths += !!WIFSIGNALED(st);
    }
    printf("seccomp_deaths: %d of 11 children killed\n", deaths); return 0;
}
