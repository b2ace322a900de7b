/* identity: real, effective, saved and file-system ids, groups, capabilities kept, dropped and
 * ambient, threads that change together, set-id programs, key rings */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int volatile stay = 1;
static int denied;
static void* other(void* arg) {
    while (stay)
        usleep(1000);
    return (void*)(size_t)(arg ? geteuid() : getegid());
}
static int caps(unsigned effective, unsigned permitted, unsigned inheritable) {
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2] = {{effective, permitted, inheritable}, {0, 0, 0}};
    return (int)syscall(SYS_capset, &h, d);
}
static unsigned have(void) {
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2] = {{0, 0, 0}, {0, 0, 0}};
    return syscall(SYS_capget, &h, d) ? 0 : d[0].effective;
}
static int check(long r) {
    return r < 0 ? (denied++, 0) : 1;
}
static int life(int how) {
    gid_t groups[64];
    pthread_t t[2];
    void* r;
    int n = 0, fd;
    uid_t a, b, c;
    alarm(5);
    for (int i = 0; i < 64; i++)
        groups[i] = (gid_t)(5000 - i * 3);
    switch (how) {
    case 0:
        check(setgroups(64, groups)), n = getgroups(0, NULL), check(setgroups(3, groups)),
                                      check(setgid(100)), check(setuid(200)), check(setuid(0)),
                                      check(setgroups(1, groups));
        break;
    case 1:
        check(seteuid(200)), check(open("/etc/shadow-none", O_RDONLY)), check(seteuid(0)),
            check(setreuid(300, 301)), check(setreuid(301, 300)), check(seteuid(0)),
            getresuid(&a, &b, &c), n = (int)c;
        break;
    case 2:
        check(prctl(PR_SET_KEEPCAPS, 1)), check(setresuid(200, 200, 200)),
            n = have() == 0,
            check(caps(1 << CAP_SETUID | 1 << CAP_KILL, 1 << CAP_SETUID | 1 << CAP_KILL,
                       1 << CAP_KILL));
        check(kill(getppid(), 0)),
            check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)), check(setuid(0)),
            execl("/bin/true", "true", NULL);
        break;
    case 3:
        for (size_t i = 0; i < 2; i++)
            pthread_create(&t[i], NULL, other,
                           (void*)i); /* all threads are told by a signal, and change too */
        usleep(2000), check(setresgid(101, 102, 103)), check(setresuid(201, 202, 203)),
            check(setuid(9)), stay = 0;
        for (int i = 0; i < 2; i++)
            pthread_join(t[i], &r), n += (int)(size_t)r;
        break;
    case 4:
        n = setfsuid(77) + setfsgid(78), umask(0),
        fd = open("/tmp/identity.file", O_CREAT | O_RDWR, 0640), check(setfsuid(79)),
        check(open("/tmp/identity.file", O_RDWR)), setfsuid(0);
        check(fchown(fd, 5, 6)), check(fchmod(fd, 06755)),
            check(chown("/tmp/identity.file", 7, (gid_t)-1)), unlink("/tmp/identity.file");
        break;
    case 5:
        for (int i = 0; i < 8; i++)
            check(prctl(PR_CAPBSET_DROP, i, 0, 0, 0));
        check(prctl(PR_SET_SECUREBITS, 1 | 2 | 4, 0, 0, 0)), check(setuid(400)),
            check(caps(0, 0, 0)), check(caps(1, 1, 1)), n = have() != 0;
        break;
    case 6:
        check(syscall(SYS_keyctl, 1 /* JOIN_SESSION */, "kflow")),
            check(syscall(SYS_add_key, "user", "k", "value", 5, -3)), check(setsid()),
            check(setuid(500)), check(syscall(SYS_keyctl, 0, -3, 1));
        break;
    case 7:
        if (vfork() == 0) {
            execl("/tmp/identity.suid", "identity", "x", NULL), _exit(3);
        }
        wait(&n), check(setuid(600)), prctl(PR_SET_DUMPABLE, 1),
            n = prctl(PR_GET_DUMPABLE), execl("/tmp/identity.suid", "identity", "x", NULL);
        break;
    }
    return _exit(denied * 4 + (n & 3)), 0;
}
int main(int argc, char** argv) {
    char buf[4096];
    int st, in, out;
    ssize_t n;
    (void)argv;
    if (argc > 1)
        return geteuid() * 2 + prctl(PR_GET_DUMPABLE);
    alarm(10), in = open("/proc/self/exe", O_RDONLY),
               out = open("/tmp/identity.suid", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    while ((n = read(in, buf, sizeof buf)) > 0)
        if (write(out, buf, n) != n)
            break;
    if (fchown(out, 50, 60) == 0)
        fchmod(out, 06755);
    close(out), close(in);
    for (int how = 0; how < 8; how++) {
        pid_t p = fork();
        if (p == 0)
            life(how);
        if (waitpid(p, &st, 0) == p)
            printf("%d ", WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st));
    }
    return unlink("/tmp/identity.suid"), printf("\n") < 0;
}
