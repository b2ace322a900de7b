/* old_pages: a cache ages its pages: which were used, which are in memory, which of them may become one large page; it cools, pages
 * out, collapses, splits and looks at anonymous memory, a file's and a shared one's, alone and while children share it */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, LARGE = 2 << 20, COLLAPSE = 25 };
static int const rw = PROT_READ | PROT_WRITE;
static long volatile sum;

static void look(char* m, size_t bytes) {
    unsigned char in[512];
    unsigned long long entry[128];
    static char b[3000];
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    sum += mincore(m, bytes < LARGE ? bytes : LARGE, in), (void)!pread(fd, entry, sizeof entry, (off_t)((size_t)m / PAGE * 8)),
        close(fd);
    fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC), (void)!read(fd, b, sizeof b), close(fd);
}
static void forget(char const* what) { /* 1: all, 2: anonymous, 3: files', 4: soft-dirty */
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    (void)!write(fd, what, 1), close(fd);
}
static void use(char* m, int from, int to, int step, int write) {
    for (int i = from; i < to; i += step)
        write ? (void)m[(size_t)i * PAGE]++ : (void)(sum += m[(size_t)i * PAGE]);
}
static char* aligned(int flags, int fd) {
    char* m = mmap(NULL, 3 * LARGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    m = (char*)(((size_t)m + LARGE - 1) & ~((size_t)LARGE - 1));
    return mmap(m, 2 * LARGE, rw, flags | MAP_FIXED, fd, 0);
}
static void age(char* m, int round) {
    use(m, 0, 300, 1 + round, 1), look(m, 200 * PAGE), forget("1"), use(m, 10, 90, 3, 0), madvise(m, 120 * PAGE, MADV_COLD);
    use(m, 0, 60, 2, round % 2), madvise(m + 32 * PAGE, 64 * PAGE, MADV_PAGEOUT), look(m, 100 * PAGE), use(m, 16, 80, 1, 0);
    forget(round % 2 ? "2" : "3"), madvise(m + 160 * PAGE, 48 * PAGE, MADV_FREE), use(m, 160, 200, 5, 1), forget("4");
    use(m, 0, 40, 1, 1), look(m, 64 * PAGE);
}
static void become_large(char* m) {
    madvise(m, LARGE, MADV_HUGEPAGE), use(m, 0, 512, 3, 1), madvise(m, LARGE, COLLAPSE), madvise(m, LARGE, MADV_COLD);
    forget("1"), use(m, 0, 512, 100, 0), look(m, LARGE), madvise(m, LARGE, MADV_COLD), madvise(m, LARGE, MADV_PAGEOUT);
    use(m, 3, 500, 9, 0), madvise(m, LARGE, COLLAPSE), mprotect(m + 64 * PAGE, 16 * PAGE, PROT_READ), madvise(m, LARGE, COLLAPSE);
    mprotect(m, LARGE, rw), madvise(m + 128 * PAGE, 5 * PAGE, MADV_DONTNEED), madvise(m, LARGE, COLLAPSE), use(m, 120, 140, 1, 1);
    mlock(m + 200 * PAGE, 3 * PAGE), madvise(m, LARGE, COLLAPSE), munlock(m, LARGE), madvise(m + 256 * PAGE, 100 * PAGE, MADV_FREE);
}
static void with_children(char* m) {
    char b[PAGE];
    struct iovec mine = {b, sizeof b}, theirs = {m + 7 * PAGE, sizeof b};
    pid_t p = fork();
    if (p == 0)
        use(m, 0, 200, 4, 1), forget("1"), use(m, 0, 100, 1, 0), madvise(m, 64 * PAGE, MADV_COLD), madvise(m, LARGE, COLLAPSE),
            _exit(0);
    madvise(m, 64 * PAGE, MADV_PAGEOUT), forget("1"), use(m, 0, 64, 1, 0), madvise(m, LARGE, COLLAPSE);
    process_vm_readv(p, &mine, 1, &theirs, 1, 0), waitpid(p, NULL, 0), look(m, 64 * PAGE), use(m, 0, 200, 3, 1);
}
int main(void) {
    char name[] = "/tmp/old_pagesXXXXXX";
    int file = mkstemp(name), mem = memfd_create("old", 0);
    alarm(30), unlink(name), ftruncate(file, 2 * LARGE), ftruncate(mem, 2 * LARGE);
    char *own = aligned(MAP_PRIVATE | MAP_ANONYMOUS, -1), *shared = aligned(MAP_SHARED, mem), *of_file = aligned(MAP_PRIVATE, file);
    age(own, 0), age(shared, 1), age(of_file, 0), become_large(own), with_children(own), with_children(of_file);
    madvise(of_file, LARGE, COLLAPSE), madvise(shared, LARGE, COLLAPSE), munmap(own + 50 * PAGE, 30 * PAGE);
    mremap(own, 50 * PAGE, 90 * PAGE, MREMAP_MAYMOVE), munmap(shared, 2 * LARGE), munmap(of_file, LARGE);
    return printf("old_pages: %s\n", sum ? "aged" : "young") < 0;
}
