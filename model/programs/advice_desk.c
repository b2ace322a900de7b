/* advice_desk: an allocator, a database and a virtual machine ask the kernel for favours about their memory: to fill it ahead, to
 * forget, cool, page out and free it, to guard, merge, wipe and keep it, in pieces, from another process, and where there is
 * nothing */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, READ_AHEAD = 22, WRITE_AHEAD = 23, COLLAPSE = 25, GUARD = 102, UNGUARD = 103 };
static int const rw = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS;
static int granted, refused;
static long volatile sum;

static void ask(void* m, size_t pages, int advice) {
    madvise(m, pages * PAGE, advice) == 0 ? granted++ : refused++;
}
static void touch(char* m, int pages, int step) {
    for (int i = 0; i < pages; i += step)
        m[i * PAGE]++;
}
static void allocator(void) {
    char* heap = mmap(NULL, 600 * PAGE, rw, anon | MAP_NORESERVE, -1, 0);
    for (int round = 0; round < 4; round++) {
        touch(heap + round * 70 * PAGE, 90, 1 + round), ask(heap + round * 70 * PAGE, 20, MADV_FREE),
            ask(heap + 15 * PAGE, 3, MADV_DONTNEED);
        touch(heap + round * 70 * PAGE, 30, 4), ask(heap + (round * 70 + 40) * PAGE, 13, round % 2 ? MADV_DONTNEED : MADV_FREE);
        ask(heap + (round * 64 + 30) * PAGE, 1, GUARD), ask(heap + (round * 64 + 90) * PAGE, 4, GUARD);
    }
    if (fork() == 0) /* what is guarded is so in a child, too */
        touch(heap + 31 * PAGE, 9, 1), ask(heap, 128, UNGUARD), touch(heap + 28 * PAGE, 8, 1), touch(heap + 90 * PAGE, 4, 1),
            _exit(0);
    wait(NULL), ask(heap + 94 * PAGE, 2, UNGUARD), touch(heap + 94 * PAGE, 1, 1), ask(heap, 600, UNGUARD), ask(heap + 1, 1, GUARD);
    munmap(heap + 300 * PAGE, 20 * PAGE), ask(heap, 600, GUARD), ask(heap, 600, MADV_DONTNEED), munmap(heap, 600 * PAGE);
}
static void database(void) {
    int fd = open("/tmp/advice_desk.db", O_CREAT | O_RDWR | O_TRUNC, 0600), text = open("/bin/bash", O_RDONLY);
    ftruncate(fd, 100 * PAGE), unlink("/tmp/advice_desk.db");
    char *m = mmap(NULL, 100 * PAGE, rw, MAP_SHARED, fd, 0), *own = mmap(NULL, 100 * PAGE, rw, MAP_PRIVATE, fd, 0),
         *code = mmap(NULL, 60 * PAGE, PROT_READ, MAP_PRIVATE, text, 0);
    ask(m, 40, MADV_SEQUENTIAL), touch(m, 40, 3), ask(m + 40 * PAGE, 60, MADV_RANDOM), touch(m + 40 * PAGE, 60, 7),
        ask(m, 100, MADV_WILLNEED);
    ask(m, 10, MADV_REMOVE), ask(m + 5 * PAGE, 20, MADV_COLD), ask(m, 30, MADV_PAGEOUT), ask(own, 30, READ_AHEAD),
        touch(own, 30, 2);
    ask(own + 10 * PAGE, 20, WRITE_AHEAD), ask(own, 20, MADV_DONTNEED), touch(own, 20, 5), ask(own, 40, MADV_PAGEOUT),
        ask(own, 9, MADV_FREE);
    ask(code, 60, READ_AHEAD), ask(code, 30, MADV_DONTNEED), sum += code[9 * PAGE], ask(code, 20, WRITE_AHEAD),
        ask(code, 60, MADV_COLD);
    ask(code, 5, MADV_REMOVE), ask(code, 60, COLLAPSE), ask(m, 100, COLLAPSE), ask(code + 10 * PAGE, 4, GUARD),
        ask(m, 100, MADV_NORMAL);
    posix_fadvise(fd, 0, 50 * PAGE, POSIX_FADV_DONTNEED), posix_fadvise(fd, 0, 0, POSIX_FADV_NOREUSE), readahead(text, 0, 9 * PAGE);
    msync(m, 100 * PAGE, MS_ASYNC), msync(m, 9 * PAGE, MS_SYNC | MS_INVALIDATE), close(fd), close(text), ask(m, 100, 77);
}
static void machine(void) {
    char* ram = mmap(NULL, 1024 * PAGE, rw, anon, -1, 0);
    ask(ram, 1024, MADV_HUGEPAGE), ask(ram, 1024, MADV_DONTDUMP), ask(ram, 100, MADV_DONTFORK),
        ask(ram + 200 * PAGE, 8, MADV_WIPEONFORK);
    touch(ram + 100 * PAGE, 120, 1), ask(ram + 512 * PAGE, 512, COLLAPSE), ask(ram + 600 * PAGE, 3, MADV_DONTNEED),
        ask(ram, 64, MADV_MERGEABLE);
    memset(ram, 5, 40 * PAGE), ask(ram + 20 * PAGE, 20, MADV_UNMERGEABLE), touch(ram, 30, 3);
    if (fork() == 0)
        sum += ram[201 * PAGE], ask(ram, 10, MADV_DOFORK), ask(ram + 200 * PAGE, 4, MADV_KEEPONFORK), _exit(0);
    wait(NULL), ask(ram + 50 * PAGE, 90, MADV_DOFORK), ask(ram + 202 * PAGE, 3, MADV_KEEPONFORK),
        ask(ram + 700 * PAGE, 90, MADV_DODUMP);
    prctl(68 /* PR_SET_MEMORY_MERGE */, 1, 0, 0, 0), ask(ram, 1024, MADV_NOHUGEPAGE), ask(ram, 1024, MADV_PAGEOUT),
        ask(ram, 12, MADV_HWPOISON);
}
static void for_another(void) {
    char* m = mmap(NULL, 80 * PAGE, rw, anon, -1, 0);
    struct iovec parts[3] = {{m, 10 * PAGE}, {m + 20 * PAGE, 30 * PAGE}, {m + 70 * PAGE, 20 * PAGE}};
    static int const advice[] = {MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED, MADV_DONTNEED, COLLAPSE, GUARD, UNGUARD};
    touch(m, 80, 2);
    pid_t p = fork();
    if (p == 0)
        touch(m, 40, 1), alarm(4), pause();
    int fd = (int)syscall(SYS_pidfd_open, p, 0), self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    usleep(3000);
    for (int i = 0; i < 7; i++)
        for (size_t k = 1; k < 4; k++)
            syscall(SYS_process_madvise, i % 2 ? self : fd, parts, k, advice[i], 0) >= 0 ? granted++ : refused++;
    kill(p, SIGKILL), syscall(SYS_process_mrelease, fd, 0), waitpid(p, NULL, 0),
        syscall(SYS_process_madvise, fd, parts, 1, MADV_COLD, 0);
    setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0, 0}), mlock(m, PAGE), ask(m, 80, MADV_FREE);
}
int main(void) {
    static void (*const clients[])(void) = {allocator, database, machine, for_another};
    alarm(20);
    for (int i = 0; i < 8; i++) {
        if (fork() == 0)
            alarm(6), i > 3 ? allocator() : (void)0, clients[i % 4](), _exit(0);
        wait(NULL);
    }
    return database(), for_another(), printf("advice_desk: %s\n", granted > 30 ? "granted" : "refused") < 0;
}
