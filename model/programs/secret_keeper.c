/* secret_keeper: an agent that holds keys for others: each in locked pages between guards, not dumped, wiped in a child; read-only
 * but while it is used; asked over a socket by children that sign with it, by one that may not; the program locks its own text as
 * well */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, KEYS = 6 };
struct key {
    char *base, *data;
    size_t pages;
};
static struct key keys[KEYS];
static int answered;
extern char __executable_start[] __attribute__((weak)), etext[] __attribute__((weak));

static void make_key(struct key* k, size_t pages) {
    k->pages = pages, k->base = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
    k->data = k->base + PAGE;
    mprotect(k->data, pages * PAGE, PROT_READ | PROT_WRITE), mlock(k->data, pages * PAGE),
        madvise(k->data, pages * PAGE, MADV_DONTDUMP);
    madvise(k->data, pages * PAGE, MADV_WIPEONFORK), (void)!getrandom(k->data, 256, 0), mprotect(k->data, pages * PAGE, PROT_READ);
}
static void drop_key(struct key* k) {
    mprotect(k->data, k->pages * PAGE, PROT_READ | PROT_WRITE), explicit_bzero(k->data, k->pages * PAGE);
    munlock(k->data, PAGE), munmap(k->base, (k->pages + 2) * PAGE), k->base = NULL;
}
static void grow_key(struct key* k) { /* into a larger one; what is locked stays so */
    mprotect(k->base, (k->pages + 2) * PAGE, PROT_READ | PROT_WRITE), munlock(k->data, k->pages * PAGE);
    char* m = mremap(k->data, k->pages * PAGE, 2 * k->pages * PAGE, MREMAP_MAYMOVE);
    if (m != MAP_FAILED)
        mlock(m, k->pages * PAGE), mlock2(m + k->pages * PAGE, k->pages * PAGE, MLOCK_ONFAULT),
            m[k->pages * PAGE] = 1, mprotect(m, k->pages * PAGE, PROT_READ);
}
static unsigned sign(struct key const* k, char const* text) {
    unsigned sum = 0;
    mprotect(k->data, k->pages * PAGE, PROT_READ | PROT_WRITE), k->data[300]++;
    for (size_t i = 0; i < k->pages * PAGE; i += 61)
        sum = 31 * sum + (unsigned char)(k->data[i] ^ text[i % 4]);
    return mprotect(k->data, k->pages * PAGE, PROT_READ), sum;
}
static void client(int fd, int number) {
    char text[16];
    unsigned s;
    alarm(5), munlockall();
    for (int i = 0; i < 3; i++)
        snprintf(text, sizeof text, "%d %d sign", (number + i) % KEYS, i), (void)!write(fd, text, sizeof text),
            (void)!read(fd, &s, sizeof s);
    _exit(keys[number].base ? keys[number].data[5] : 0); /* wiped: nothing */
}
static void serve(int fd) {
    char text[16];
    unsigned s;
    while (read(fd, text, sizeof text) == sizeof text) {
        struct key* k = &keys[*text - '0'];
        s = k->base ? sign(k, text + 4) : 0, answered += s != 0, (void)!write(fd, &s, sizeof s);
    }
}
int main(void) {
    int fd[2], secret;
    alarm(20), prctl(PR_SET_DUMPABLE, 0), setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){256 << 10, 256 << 10});
    if ((size_t)etext > (size_t)__executable_start) { /* its own text, behind a mapping of the same file that is not */
        mlock(__executable_start, (size_t)(etext - __executable_start));
        int self = open("/proc/self/exe", O_RDONLY);
        char* m = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, self, 0);
        mlock(m + PAGE, PAGE), answered += m[0] == m[1], munlock(m, 2 * PAGE), munmap(m, PAGE), close(self);
    }
    for (size_t i = 0; i < KEYS; i++)
        make_key(&keys[i], 1 + i % 3);
    if ((secret = (int)syscall(447 /* memfd_secret */, 0)) >= 0)
        ftruncate(secret, PAGE), mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, secret, 0), close(secret);
    for (int i = 0; i < 4; i++) {
        socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd);
        if (fork() == 0)
            close(fd[0]), i == 3 ? (void)setresuid(1000, 1000, 1000) : (void)0, client(fd[1], i);
        close(fd[1]), serve(fd[0]), close(fd[0]), i == 1 ? drop_key(&keys[4]) : i == 2 ? grow_key(&keys[5]) : (void)0, wait(NULL);
    }
    for (int i = 0; i < 4; i++)
        drop_key(&keys[i]);
    mlockall(MCL_CURRENT), munlockall();
    return printf("secret_keeper: %s\n", answered > 5 ? "signed" : "silent") < 0;
}
