/* tracer_team: attaching to and seizing running processes and threads: group stops, injected and
 * swallowed signals, peeks, registers, syscall info, a tracer's death */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static long volatile word = 1;
static volatile sig_atomic_t got;
static pid_t volatile* tid;
static void on(int s) {
    got = s;
}
static void* second(void* p) {
    tid[0] = (pid_t)syscall(SYS_gettid);
    while (word < 9)
        usleep(2000);
    return p;
}
static void debuggee(int how) {
    pthread_t t;
    alarm(8), signal(SIGUSR1, on);
    if (how == 1)
        pthread_create(&t, NULL, second, NULL);
    if (how == 2)
        for (;;) {
            pid_t p = fork();
            if (p == 0)
                _exit(1);
            waitpid(p, NULL, 0), usleep(3000);
        }
    while (word < 7)
        usleep(2000);
    if (how == 1)
        word = 9, pthread_join(t, NULL);
    _exit((int)word);
}
static pid_t start(int how) {
    pid_t p = fork();
    if (p == 0)
        debuggee(how);
    usleep(15000);
    return p;
}
static int wait_for(pid_t p) /* a while, not for ever: what comes first differs */
{
    int st = -1;
    for (int i = 0; i < 150 && waitpid(p, &st, __WALL | WNOHANG) == 0; i++)
        usleep(2000);
    return st;
}
static void look(pid_t p) {
    unsigned char regs[1024];
    struct iovec v = {regs, sizeof regs};
    siginfo_t si;
    sigset_t m;
    struct __ptrace_peeksiginfo_args a = {0, 0, 1};
    ptrace(PTRACE_GETREGSET, p, NT_PRSTATUS, &v), ptrace(PTRACE_SETREGSET, p, NT_PRSTATUS, &v),
        v.iov_len = sizeof regs, ptrace(PTRACE_GETREGSET, p, NT_FPREGSET, &v);
    ptrace(PTRACE_GETSIGINFO, p, 0, &si), ptrace(PTRACE_GETSIGMASK, p, sizeof(long), &m),
        ptrace(PTRACE_PEEKSIGINFO, p, &a, &si);
    errno = 0, word = ptrace(PTRACE_PEEKDATA, p, &word, 0) > 0 ? word : word + 0,
    ptrace(PTRACE_PEEKUSER, p, 1 << 20, 0), ptrace(PTRACE_POKEDATA, p, (void*)8, 1);
}
int main(void) {
    pid_t p, q;
    int st, n = 0;
    unsigned long msg;
    char info[128];
    alarm(18), tid = mmap(NULL, 4096, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    p = start(0), ptrace(PTRACE_ATTACH, p, 0, 0), wait_for(p), look(p);
    for (int i = 0; i < 6; i++)
        ptrace(PTRACE_SYSCALL, p, 0, 0),
            st = wait_for(p),
            ptrace((enum __ptrace_request)0x420e /* GET_SYSCALL_INFO */, p, sizeof info, info);
    kill(p, SIGUSR1), kill(p, SIGUSR2), ptrace(PTRACE_CONT, p, 0, 0);
    for (int i = 0; i < 2; i++)
        st = wait_for(p),
        ptrace(PTRACE_CONT, p, 0,
               WSTOPSIG(st) == SIGUSR1 ? SIGUSR1 : 0); /* one passes, one is swallowed */
    kill(p, SIGSTOP), st = wait_for(p), ptrace(PTRACE_POKEDATA, p, (void*)&word, 7),
                      ptrace(PTRACE_DETACH, p, 0, 0), kill(p, SIGCONT),
                      printf("poked: %d\n", WEXITSTATUS(wait_for(p)));
    tid[0] = 0, p = start(1);
    for (int i = 0; i < 500 && tid[0] == 0; i++)
        usleep(1000); /* both threads, each for itself */
    q = tid[0], n += ptrace(PTRACE_SEIZE, p, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT) == 0,
    n += ptrace(PTRACE_SEIZE, q, 0, PTRACE_O_TRACECLONE) == 0;
    ptrace(PTRACE_INTERRUPT, p, 0, 0), st = wait_for(p), ptrace(PTRACE_INTERRUPT, q, 0, 0),
                                       st = wait_for(q), look(q), ptrace(PTRACE_CONT, q, 0, 0);
    ptrace(PTRACE_CONT, p, 0, 0), kill(p, SIGSTOP),
        st = wait_for(p), ptrace(PTRACE_CONT, p, 0, WSTOPSIG(st)), st = wait_for(p),
        ptrace(PTRACE_LISTEN, p, 0, 0); /* the group stops, and listens */
    usleep(3000), kill(p, SIGCONT), waitpid(q, &st, __WALL | WNOHANG), usleep(3000);
    ptrace(PTRACE_INTERRUPT, p, 0, 0),
        st = wait_for(p), ptrace(PTRACE_SINGLESTEP, p, 0, 0), st = wait_for(p),
        ptrace(PTRACE_POKEDATA, p, (void*)&word, 9), kill(p, SIGKILL);
    for (int i = 0; i < 90 && (q = waitpid(-1, &st, __WALL | WNOHANG)) >= 0;
         usleep(q ? 0 : 3000), i++)
        if (q == 0)
            continue;
        else if (q == p && !WIFSTOPPED(st))
            break;
        else if (WIFSTOPPED(st))
            ptrace(PTRACE_GETEVENTMSG, q, 0, &msg), ptrace(PTRACE_CONT, q, 0, 0);
    p = start(2),
    ptrace(PTRACE_SEIZE, p, 0, PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL); /* children come attached */
    for (int i = 0; i < 12; i++) {
        q = waitpid(-1, &st, __WALL);
        if (q < 0)
            break;
        if (!WIFSTOPPED(st))
            continue;
        ptrace(PTRACE_GETEVENTMSG, q, 0, &msg),
            ptrace(PTRACE_CONT, q, 0, st >> 16 || WSTOPSIG(st) == SIGSTOP ? 0 : WSTOPSIG(st)), n++;
    }
    kill(p, SIGKILL);
    while (waitpid(-1, &st, __WALL) > 0)
        ;
    p = start(0), q = start(0);
    if (fork() == 0) { /* a tracer that dies: one of its two goes with it */
        ptrace(PTRACE_ATTACH, p, 0, 0), ptrace(PTRACE_SEIZE, q, 0, PTRACE_O_EXITKILL), usleep(4000),
            printf("%ld ", ptrace(PTRACE_ATTACH, q, 0, 0)), _exit(0);
    }
    usleep(40000),
        printf("attached %d times; twice: %ld\n", n > 4, ptrace(PTRACE_ATTACH, getpid(), 0, 0)),
        kill(p, SIGCONT), kill(p, SIGTERM);
    while (waitpid(-1, &st, __WALL) > 0)
        ;
    return 0;
}
