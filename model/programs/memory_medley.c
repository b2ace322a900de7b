/* memory_medley: userfaultfd served by a thread, process_vm both ways, KSM, mlock in its kinds,
 * memfd seals, pkeys refused, moved stacks, pagemap, a fork amid each */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define P 4096ul
static char *area, *source;
static int uffd = -1;
static int volatile served, sum;
static int given;
static char* map(int n, int flags) {
    return mmap(NULL, n * P, 3, flags | MAP_ANONYMOUS, -1, 0);
}
static int reap(pid_t p) {
    int st = 0;
    return waitpid(p, &st, 0) == p ? WIFSIGNALED(st) ? WTERMSIG(st) : WEXITSTATUS(st) : -1;
}
static void* serve(void* arg) /* gives pages to those who touch what is not there */
{
    struct uffd_msg msg;
    struct pollfd pl = {uffd, POLLIN, 0};
    while (poll(&pl, 1, 150) > 0 && read(uffd, &msg, sizeof msg) == sizeof msg) {
        if (msg.event != UFFD_EVENT_PAGEFAULT)
            continue;
        unsigned long at = msg.arg.pagefault.address & ~(P - 1);
        struct uffdio_copy c = {.dst = at, .src = (size_t)source, .len = P};
        struct uffdio_zeropage z = {.range = {at, P}};
        served++, served & 1 ? ioctl(uffd, UFFDIO_COPY, &c) : ioctl(uffd, UFFDIO_ZEROPAGE, &z);
    }
    return arg;
}
static void faults(void) {
    struct uffdio_api api = {.api = UFFD_API,
                             .features = UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP};
    pthread_t t;
    char* m = map(16, MAP_PRIVATE);
    struct uffdio_range w = {(size_t)m, 16 * P};
    struct uffdio_register r = {.range = {(size_t)m, 16 * P}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &r)) {
        close(uffd);
        return;
    }
    pthread_create(&t, NULL, serve, NULL);
    for (int i = 0; i < 6; i++)
        sum += m[i * P];
    if (fork() == 0)
        sum += m[9 * P], _exit(0); /* the child has no such servant */
    wait(NULL), madvise(m, 2 * P, MADV_DONTNEED), sum += m[0], munmap(m + 12 * P, 2 * P),
        ioctl(uffd, UFFDIO_UNREGISTER, &w), sum += m[10 * P], pthread_join(t, NULL), close(uffd),
        munmap(m, 12 * P);
}
static void across(void) {
    static char here[3 * 4096];
    char* there = map(4, MAP_PRIVATE);
    pid_t p;
    int fd;
    char path[32];
    memset(there, 't', 3 * P), mprotect(there + 3 * P, P, PROT_NONE);
    if ((p = fork()) == 0)
        pause(), _exit(0);
    struct iovec l[2] = {{here, 100}, {here + 5000, 5000}},
                 r[2] = {{there + 10, 3000}, {there + 2 * P, 2 * P}};
    sum += (int)process_vm_readv(p, l, 2, r, 2, 0), sum += (int)process_vm_writev(p, l, 2, r, 1, 0),
        r[0].iov_base = &given, sum += (int)process_vm_writev(p, l, 1, r, 1, 1),
        snprintf(path, sizeof path, "/proc/%d/mem", p);
    fd = open(path, O_RDWR), sum += (int)pread(fd, here, 5000, (off_t)(size_t)there),
    sum += (int)pwrite(fd, here, 8, (off_t)(size_t)(there + P)), close(fd),
    fd = (int)syscall(SYS_pidfd_open, p, 0);
    r[0] = (struct iovec){there, 2 * P},
    sum += (int)syscall(SYS_process_madvise, fd, r, 1, MADV_COLD, 0),
    sum += (int)syscall(SYS_process_mrelease, fd, 0), kill(p, SIGKILL),
    sum += (int)syscall(SYS_process_mrelease, fd, 0), reap(p), close(fd), munmap(there, 4 * P);
}
static void locks(int how) {
    char *m = map(12, how & 1 ? MAP_SHARED : MAP_PRIVATE), *k;
    m[0] = 1;
    mlock(m, 4 * P), mlock2(m + 4 * P, 4 * P, MLOCK_ONFAULT),
        m[5 * P] = 1, munlock(m + 2 * P, 4 * P), mprotect(m + P, P, PROT_READ),
              mlockall(MCL_FUTURE),
              k = mmap(NULL, 3 * P, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (fork() == 0)
        m[0] = 2, m[9 * P] = 3, _exit(0); /* locks are not for children */
    wait(NULL), mremap(m, 12 * P, 20 * P, MREMAP_MAYMOVE), munlockall(), munmap(k, 3 * P),
        k = mmap(NULL, 8 * P, 3,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE | MAP_LOCKED, -1, 0),
        mremap(k, 8 * P, 4 * P, MREMAP_MAYMOVE);
}
int main(void) {
    char *a, *b, in[16];
    int fd;
    unsigned long long page;
    alarm(12), source = map(1, MAP_PRIVATE), memset(source, 's', P), faults(),
               printf("served %d, ", served > 2), across(), locks(0), locks(1);
    area = map(64, MAP_PRIVATE);
    for (int i = 0; i < 64; i++)
        memset(area + i * P, 5, P);
    madvise(area, 64 * P, MADV_MERGEABLE), prctl(67 /* MEMORY_MERGE */, 1, 0, 0, 0), usleep(2000);
    if (fork() == 0)
        area[P] = 1, madvise(area, 32 * P, MADV_UNMERGEABLE), execl("/bin/true", "true", NULL);
    wait(NULL);
    fd = memfd_create("sealed", MFD_ALLOW_SEALING), ftruncate(fd, 4 * P),
    a = mmap(NULL, 4 * P, 3, MAP_SHARED, fd, 0), a[P] = 1,
    printf("%d ", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0),
    b = mmap(NULL, 2 * P, 3, MAP_PRIVATE, fd, 0), munmap(a, 4 * P);
    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), fcntl(fd, F_GET_SEALS),
        printf("%d %d ", write(fd, in, 1) < 0, ftruncate(fd, P) < 0),
        b[0] = 3, mprotect(b, P, PROT_READ), close(fd);
    printf("%ld %ld ", syscall(SYS_pkey_alloc, 0, 0) < 0 ? -1L : 0L,
           syscall(SYS_mbind, area, 4 * P, 0, NULL, 0, 0)),
        fd = open("/proc/self/pagemap", O_RDONLY),
        pread(fd, &page, 8, (off_t)((size_t)area / P * 8)), close(fd),
        mincore(area, 16 * P, (unsigned char*)in);
    fd = open("/dev/zero", O_RDWR), a = mmap(NULL, 4 * P, 3, MAP_PRIVATE, fd, 0), a[0] = 1,
    b = mmap(NULL, 4 * P, 3, MAP_SHARED, fd, 0), b[P] = 1, close(fd);
    if (fork() == 0) {
        a[P] = b[P]++, munmap(a, P), _exit(0);
    }
    wait(NULL);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0),
        prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, area, 8 * P, "named"),
        prctl(PR_SET_MM, 8 /* ARG_START */, area, 0, 0),
        printf("%d\n", prctl(65 /* SET_MDWE */, 1, 0, 0, 0) == 0 &&
                           mmap(NULL, P, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    return mprotect(area, 3 * P, PROT_EXEC | PROT_READ), 0;
}
