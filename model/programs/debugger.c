/* debugger: breaks at a function of its child, steps, changes a variable, follows a fork, a vfork,
 * an exec and threads, catches a crash, reads it, lets it die */
#define _GNU_SOURCE
#include <elf.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __aarch64__
#define TRAP 0xd4200000UL /* brk #0 */
#define TRAP_SIZE 4
#else
#define TRAP 0xccUL
#define TRAP_SIZE 1
#endif
static int volatile value = 3;
static int stops, events[16];
__attribute__((noinline)) int target(int n) {
    __asm__ volatile("" ::: "memory");
    return n + value;
}
static void* thread(void* a) {
    return usleep(1000), a;
}
static void usr(int s) {
    value += s;
}
static void inferior(int how) {
    pthread_t t;
    pid_t p;
    struct rlimit rl = {0, 0};
    setrlimit(RLIMIT_CORE, &rl), alarm(8), signal(SIGUSR1, usr), ptrace(PTRACE_TRACEME, 0, 0, 0),
        raise(SIGSTOP);
    switch (how) {
    case 0:
        value = target(1) + target(2);
        break;
    case 1:
        if ((p = fork()) == 0)
            _exit(target(0));
        waitpid(p, NULL, 0);
        if (vfork() == 0)
            _exit(1);
        wait(NULL);
        break;
    case 2:
        pthread_create(&t, NULL, thread, NULL), pthread_join(t, NULL), raise(SIGUSR1),
            execl("/bin/true", "true", NULL);
        break;
    case 3:
        *(int volatile*)(size_t)(value & 4) = 1;
        break;
    case 4:
        for (int i = 0; i < 1000; i++)
            usleep(1000);
        break;
    }
    _exit(value & 63);
}
static unsigned long place(pid_t p, unsigned long at,
                           unsigned long code) /* the word that was there */
{
    unsigned long old = (unsigned long)ptrace(PTRACE_PEEKTEXT, p, at, 0),
                  mask = TRAP_SIZE == 4 ? 0xffffffffUL : 0xffUL;
    ptrace(PTRACE_POKETEXT, p, at, (old & ~mask) | (code & mask));
    return old;
}
static void back(pid_t p) /* the program counter, on machines that are past the trap */
{
    unsigned long r[40];
    struct iovec v = {r, sizeof r};
    ptrace(PTRACE_GETREGSET, p, NT_PRSTATUS, &v);
#ifndef __aarch64__
    r[16] -= 1;
#endif
    ptrace(PTRACE_SETREGSET, p, NT_PRSTATUS, &v);
}
static int run(int how) {
    int st = 0, sig;
    unsigned long at = (unsigned long)&target & ~7UL, was = 0, msg;
    pid_t p = fork(), q;
    siginfo_t si;
    if (p == 0)
        inferior(how);
    waitpid(p, &st, 0), ptrace(PTRACE_SETOPTIONS, p, 0,
                               PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                   PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACECLONE |
                                   PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT);
    if (how == 0 && ((unsigned long)&target & 7) == 0)
        was = place(p, at, TRAP);
    if (how == 4) {
        ptrace(PTRACE_CONT, p, 0, 0), usleep(10000), kill(p, SIGSTOP), waitpid(p, &st, 0),
            ptrace(PTRACE_KILL, p, 0, 0), kill(p, SIGKILL), usleep(1000),
            ptrace(PTRACE_CONT, p, 0, 0), waitpid(p, &st, 0);
        if (WIFSTOPPED(st))
            ptrace(PTRACE_CONT, p, 0, 0), waitpid(p, &st, 0);
        return WTERMSIG(st);
    }
    ptrace(PTRACE_CONT, p, 0, 0);
    while ((q = waitpid(-1, &st, __WALL)) > 0) {
        if (!WIFSTOPPED(st)) {
            if (q == p) {
                while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
                    ;
                return WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st);
            }
            continue;
        }
        stops++, sig = WSTOPSIG(st), events[st >> 16 & 15]++,
                 ptrace(PTRACE_GETEVENTMSG, q, 0, &msg), ptrace(PTRACE_GETSIGINFO, q, 0, &si);
        if (sig == SIGTRAP && st >> 16 == 0 &&
            was) { /* our trap: over it by hand, a few steps, and a changed variable */
            ptrace(PTRACE_POKETEXT, q, at, was), back(q), was = 0,
                                                          ptrace(PTRACE_POKEDATA, q, &value, 20L);
            for (int i = 0; i < 5; i++)
                ptrace(PTRACE_SINGLESTEP, q, 0, 0), waitpid(q, &st, 0);
            sig = 0;
        }
        if (sig == SIGTRAP || (sig == SIGSTOP && q != p))
            sig = 0;
        if (how == 3 && sig == SIGSEGV)
            back(q), sig = stops & 1 ? SIGSEGV : SIGUSR1; /* told otherwise: faults again */
        ptrace(PTRACE_CONT, q, 0, sig);
    }
    return 99;
}
int main(void) {
    alarm(14);
    for (int how = 0; how < 5; how++)
        printf("%d ", run(how)), fflush(stdout);
    return printf("fork %d vfork %d clone %d exec %d exit %d\n", events[1] > 0, events[2] > 0,
                  events[3] > 0, events[4] > 0, events[6] > 0) < 0;
}
