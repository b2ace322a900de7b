/* small_group: families in a memory cgroup that is nearly full: forks, threads, pipes, sockets and mappings are charged page by page;
 * a limit met by each of them, one that is lowered meanwhile, a group that is removed while somebody still holds its pages */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/small_groupXXXXXX", group[80];

static int put(char const* folder, char const* name, char const* text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC), n = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
    return fd < 0 ? -1 : (close(fd), n);
}
static void* touch(void* arg) {
    char* m = mmap(NULL, 96 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; m != MAP_FAILED && i < 96 << 10; i += 4096)
        m[i] = 1;
    return arg;
}
static void sockets_and_pipes(void) {
    static char block[16384];
    int fd[8][2];
    for (int i = 0; i < 8; i++)
        if ((i % 2 ? pipe2(fd[i], O_NONBLOCK) : socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd[i])) == 0)
            for (int k = 0; k < 6; k++)
                if (write(fd[i][1], block, sizeof block) < 0)
                    break;
    for (int i = 0; i < 4; i++)
        read(fd[i][0], block, sizeof block), close(fd[i][0]), close(fd[i][1]);
}
static void member(int how) {
    static char block[16384];
    pthread_t t[3];
    int fd, st;
    alarm(10), put(group, "cgroup.procs", "0");
    if (how == 0)
        for (int i = 0; i < 5; i++)
            if (fork() == 0)
                touch(NULL), _exit(0);
    if (how == 1) {
        for (int i = 0; i < 3; i++)
            pthread_create(&t[i], NULL, touch, NULL);
        for (int i = 0; i < 3; i++)
            pthread_join(t[i], NULL);
    }
    if (how == 2)
        sockets_and_pipes();
    if (how == 3 || how == 5) { /* a file of tmpfs cannot go, one that is sparse need not come */
        fd = open("/tmp/small_group.file", O_RDWR | O_CREAT | O_TRUNC, 0600), unlink("/tmp/small_group.file");
        for (int i = 0; i < (how == 3 ? 6 : 20) && write(fd, block, sizeof block) > 0; i++)
            if (i % 7 == 6)
                ftruncate(fd, i << 13), lseek(fd, 0, SEEK_END);
    }
    if (how == 4)
        for (int i = 0; i < 9; i++) {
            char* m = mmap(NULL, 48 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | (i % 3 ? 0 : MAP_POPULATE), -1, 0);
            memset(m, i, 32 << 10), i % 2 ? munmap(m, 32 << 10) : madvise(m, 32 << 10, MADV_DONTNEED);
            mprotect(m + (32 << 10), 16 << 10, PROT_READ);
        }
    while (wait(&st) > 0)
        ;
    _exit(how);
}
int main(void) {
    static char const* limits[] = {"max", "900000", "700000", "500000", "800000", "600000"};
    int st, killed = 0;
    pid_t p;
    alarm(40);
    if (!mkdtemp(root))
        return 0;
    mount("none", root, "cgroup2", 0, NULL), put(root, "cgroup.subtree_control", "+memory +pids");
    for (int round = 0; round < 5; round++) {
        snprintf(group, sizeof group, "%s/g%d", root, round), mkdir(group, 0755), put(group, "memory.max", limits[round]);
        if ((p = fork()) == 0)
            member(round);
        waitpid(p, &st, 0), killed += WIFSIGNALED(st);
        if ((p = fork()) == 0)
            member((round + 3) % 6);
        usleep(3000), put(group, "memory.max", "500000"), waitpid(p, &st, 0), killed += WIFSIGNALED(st), rmdir(group);
    }
    umount2(root, MNT_DETACH), rmdir(root);
    return printf("small_group: %s\n", killed ? "some did not fit" : "all fitted") < 0;
}
