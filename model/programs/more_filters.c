/* more_filters: seccomp and socket filters of many sizes, long chains of jumps, by load, mask, shift and arithmetic; over fork,
 * threads and exec, synchronised, logged, killed; and the interpreter's twin: SO_ATTACH_FILTER on a pair of sockets */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter code[64];
static unsigned short n;
static int answered;

static void op(unsigned short what, unsigned char t, unsigned char f, unsigned k) {
    code[n++] = (struct sock_filter){what, t, f, k};
}
static int put(unsigned flags) {
    struct sock_fprog p = {n, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), answered++;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}
static void start(void) {
    n = 0, op(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch)), op(BPF_JMP | BPF_JEQ | BPF_K, 1, 0,
        AUDIT_ARCH_AARCH64);
    op(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW), op(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
}
static void list(int width, unsigned action) { /* calls that are refused, one by one */
    for (int i = 0; i < width; i++)
        op(BPF_JMP | BPF_JEQ | BPF_K, (unsigned char)(width - i), 0, (unsigned)(SYS_getpgid + (i % 2 ? 200 + i : i == 0 ? 0 : 300 + i)));
    op(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW), op(BPF_RET | BPF_K, 0, 0, action);
}
static void arithmetic(void) {
    op(BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xfff), op(BPF_ST, 0, 0, 3), op(BPF_LDX | BPF_MEM, 0, 0, 3), op(BPF_ALU | BPF_ADD | BPF_X, 0, 0,
        0);
    op(BPF_ALU | BPF_RSH | BPF_K, 0, 0, 1), op(BPF_ALU | BPF_MUL | BPF_K, 0, 0, 3), op(BPF_ALU | BPF_DIV | BPF_K, 0, 0, 3),
        op(BPF_MISC | BPF_TAX, 0, 0, 0);
    op(BPF_LD | BPF_W | BPF_ABS, 0, 0, 16), op(BPF_ALU | BPF_OR | BPF_X, 0, 0, 0), op(BPF_ALU | BPF_XOR | BPF_K, 0, 0, 5),
        op(BPF_ALU | BPF_NEG, 0, 0, 0);
    op(BPF_MISC | BPF_TXA, 0, 0, 0), op(BPF_JMP | BPF_JGE | BPF_K, 0, 2, 154), op(BPF_JMP | BPF_JGT | BPF_K, 1, 0, 156),
        op(BPF_JMP | BPF_JSET | BPF_K, 0, 1, 1);
    op(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW), op(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}
static void* beside(void* arg) {
    for (int i = 0; i < 4; i++)
        syscall(SYS_getpgid, 0), usleep(500);
    return arg;
}
static void caught(int s, siginfo_t* i, void* u) {
    (void)s, (void)u, answered += i->si_code > 0;
}
static void member(int how) {
    struct sigaction sa = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
    pthread_t t;
    alarm(5), sigaction(SIGSYS, &sa, NULL);
    for (int i = 0; i <= how % 3; i++) {
        start();
        if (i == 1)
            arithmetic();
        else
            list(2 + 5 * how, how == 4 ? SECCOMP_RET_TRAP : how == 5 ? SECCOMP_RET_KILL_THREAD : SECCOMP_RET_ERRNO | 5);
        put(0);
    }
    if (how == 2)
        pthread_create(&t, NULL, beside, NULL), start(), list(3, SECCOMP_RET_ERRNO | ENOSYS), put(SECCOMP_FILTER_FLAG_TSYNC),
            pthread_join(t, NULL);
    if (how == 3)
        start(), list(9, SECCOMP_RET_LOG), put(SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW), execl("/bin/true", "true",
            NULL);
    if (how == 6)
        start(), list(1, SECCOMP_RET_KILL_PROCESS), put(0), n = 0, op(BPF_RET | BPF_K, 0, 0, 77), put(0), op(BPF_LD | BPF_W | BPF_ABS, 0,
            0, 999), put(0);
    if (fork() == 0)
        syscall(SYS_getpgid, 0), getpriority(0, 0), _exit(0);
    wait(NULL), syscall(SYS_getpgid, 0), _exit(how);
}
static void on_sockets(void) {
    struct sock_fprog p = {0, code};
    char b[50];
    int s[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
    for (int i = 0; i < 3; i++) {
        n = 0, op(BPF_LD | BPF_W | BPF_LEN, 0, 0, 0), op(BPF_JMP | BPF_JGT | BPF_K, 0, 1, 5 + (unsigned)i), op(BPF_RET | BPF_K, 0, 0, 8);
        op(BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0), op(BPF_LD | BPF_B | BPF_IND, 0, 0, 0), op(BPF_RET | BPF_A, 0, 0, 0), p.len = n;
        setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof p), send(s[0], "a longer one", 12, 0), send(s[0], "xyz", (size_t)i, 0);
        while (recv(s[1], b, sizeof b, MSG_DONTWAIT) >= 0)
            answered++;
    }
    setsockopt(s[1], SOL_SOCKET, SO_LOCK_FILTER, &(int){1}, 4), setsockopt(s[1], SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, 4);
}
int main(void) {
    int st, killed = 0;
    alarm(20), on_sockets();
    for (int how = 0; how < 7; how++) {
        if (fork() == 0)
            member(how);
        wait(&st), killed += WIFSIGNALED(st);
    }
    return printf("more_filters: %s, %s\n", answered ? "some" : "none", killed ? "one was killed" : "none was killed") < 0;
}
