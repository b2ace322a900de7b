/* A user namespace mapped from outside, joined by others, ids changed, RLIMIT_NPROC. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int up[2], down[2], ok = 1;
static int file(pid_t p, const char *which, const char *text)       /* writes it, or opens it to read */
{
    char name[64]; snprintf(name, sizeof name, "/proc/%d/%s", p, which);
    int fd = open(name, text ? O_WRONLY : O_RDONLY);
    if (fd >= 0 && text) { if (write(fd, text, strlen(text)) < 0) ok = 0; close(fd); }
    return fd;
}
static int spawn(void) { pid_t p = fork(); if (p == 0) _exit(0); return p > 0 ? waitpid(p, NULL, 0) : -1; }
static void step(int out, int in) { char c = 0; if (write(out, &c, 1) != 1 || read(in, &c, 1) != 1) _exit(1); }
int main(void)
{
    int st = 0; char c; pid_t p, q; gid_t groups[] = { 0, 3, 4 }; struct rlimit none_else = { 0, 0 };
    struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 }; struct __user_cap_data_struct none[2] = { { 0 } }, caps[2];
    alarm(5); if (pipe(up) || pipe(down)) return 0;
    if ((p = fork()) == 0) {
        alarm(4); close(up[0]); close(down[1]);
        ok = !unshare(CLONE_NEWUSER | CLONE_NEWUTS); spawn();               /* still unmapped: uid 65534 */
        step(up[1], down[0]);                                               /* now mapped */
        syscall(SYS_capget, &h, caps); if (setgroups(3, groups) || sethostname("inside", 6)) ok = 0;
        spawn(); if (setresgid(5, 5, 5) || setresuid(5, 5, 0)) ok = 0;      /* root is kept in reserve */
        spawn(); step(up[1], down[0]);                                      /* the others have joined and left */
        unshare(CLONE_NEWUSER); unshare(CLONE_NEWUSER);                     /* nested; the second unmapped: EPERM */
        syscall(SYS_capset, &h, none); spawn(); _exit(ok);
    }
    close(up[1]); close(down[0]);
    if (read(up[0], &c, 1) == 1) {
        file(p, "uid_map", "0 100000 10\n5 100000 5\n");                    /* EINVAL: they overlap */
        file(p, "uid_map", "0 0 1\n1 100001 99\n"); file(p, "gid_map", "0 0 1\n1 100001 99\n");
        file(p, "uid_map", "0 0 1\n"); file(p, "setgroups", "deny");        /* EPERM: only once, too late */
        int user = file(p, "ns/user", NULL), uts = file(p, "ns/uts", NULL), pfd = syscall(SYS_pidfd_open, p, 0);
        if (write(down[1], &c, 1) != 1 || read(up[0], &c, 1) != 1) ok = 0;
        if ((q = fork()) == 0) {        /* EINVAL: not that kind; joins; EINVAL: is in it */
            setns(user, CLONE_NEWUTS); setns(user, 0); setns(user, 0); setns(uts, CLONE_NEWUTS); spawn(); _exit(0); }
        waitpid(q, NULL, 0); if ((q = fork()) == 0) { setns(pfd, CLONE_NEWUTS | CLONE_NEWUSER); spawn(); execl("/bin/true", "true", NULL); _exit(0); }
        waitpid(q, NULL, 0); if (write(down[1], &c, 1) != 1) ok = 0;
    }
    close(down[1]); waitpid(p, &st, 0);
    if ((p = fork()) == 0) {            /* another uid, allowed no further process */
        setgroups(1, groups + 1); setrlimit(RLIMIT_NPROC, &none_else);
        if ((q = fork()) == 0) { usleep(20000); if (!setuid(54321)) execl("/bin/true", "true", NULL); _exit(8); }      /* EAGAIN */
        if (setresuid(54321, 54321, 54321)) _exit(2);
        st = spawn() < 0; unshare(CLONE_NEWUSER); if (setresuid(0, 0, 0)) waitpid(q, NULL, 0);      /* EAGAIN, EINVAL */
        _exit(st);
    }
    waitpid(p, &st, 0); printf("user_namespace: fork past RLIMIT_NPROC %s\n", WEXITSTATUS(st) ? "refused" : "allowed"); return 0;
}
