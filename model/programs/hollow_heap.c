/* hollow_heap: an interpreter whose heap is mostly holes: arenas that are reserved and hardly touched, stacks of coroutines between
 * guard pages, tables that grew once; it crashes in a signal's handler, in a snapshot, in a coroutine, and leaves its core */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { PAGE = 4096, ARENA = 512 << 10, ARENAS = 3, COROUTINES = 4 };
static char dir[] = "/tmp/hollowXXXXXX", was[200];
static char *arena[ARENAS], *stacks;
static ucontext_t scheduler, routine[COROUTINES];

static void pattern(char const* text) {
    int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY);
    if (fd >= 0)
        (void)!write(fd, text, strlen(text)), close(fd);
}
static char* reserve(size_t bytes) {
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}
static void interpret(int number) {
    for (int i = number; i < ARENA / PAGE; i += 11 + 6 * number)
        arena[number % ARENAS][i * PAGE] = (char)i;
    swapcontext(&routine[number], &scheduler);
    if (number == 3)
        __builtin_trap();
    arena[0][number * 7 * PAGE]++;
}
static void make_heap(void) {
    for (int i = 0; i < ARENAS; i++)
        arena[i] = reserve(ARENA);
    stacks = reserve(COROUTINES * 16 * PAGE);
    for (int i = 0; i < COROUTINES; i++) {
        mprotect(stacks + i * 16 * PAGE, PAGE, PROT_NONE), getcontext(&routine[i]);
        routine[i].uc_stack.ss_sp = stacks + (i * 16 + 1) * PAGE, routine[i].uc_stack.ss_size = 15 * PAGE;
        routine[i].uc_link = &scheduler, makecontext(&routine[i], (void (*)(void))interpret, 1, i);
    }
    for (int i = 0; i < COROUTINES; i++)
        swapcontext(&scheduler, &routine[i]);
}
static void in_handler(int s) {
    if (s == SIGUSR1)
        kill(getpid(), SIGILL);
}
static void* grow(void* arg) {
    char* m = malloc(300000);
    return m[150000] = 1, pause(), arg;
}
static void run(int how) {
    pthread_t t;
    alarm(8), setrlimit(RLIMIT_CORE, &(struct rlimit){how == 4 ? 1 << 20 : RLIM_INFINITY, RLIM_INFINITY}), make_heap();
    switch (how) {
    case 0: signal(SIGUSR1, in_handler), raise(SIGUSR1); break;
    case 1: swapcontext(&scheduler, &routine[3]); break;
    case 2: pthread_create(&t, NULL, grow, NULL), usleep(2000), stacks[16 * PAGE] = 1; break;
    case 3: /* a snapshot of the heap shares its pages with who goes on */
        if (fork() == 0)
            memset(arena[1], 1, 3 * PAGE), abort();
        memset(arena[1] + ARENA / 2, 2, 5 * PAGE), wait(NULL), raise(SIGQUIT);
        break;
    case 4: madvise(arena[2], ARENA / 2, MADV_DONTDUMP), munmap(arena[1] + 32 * PAGE, 32 * PAGE), raise(SIGBUS); break;
    default: free(malloc(2 << 20)), sbrk(60 * PAGE), raise(SIGFPE);
    }
    _exit(how);
}
int main(void) {
    struct stat st;
    int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY), status;
    long blocks = 0;
    if (fd >= 0)
        (void)!read(fd, was, sizeof was - 1), close(fd);
    alarm(40);
    if (!mkdtemp(dir) || chdir(dir))
        return 0;
    pattern("heap.core");
    for (int how = 0; how < 6; how++) {
        pid_t p = fork();
        if (p == 0)
            run(how);
        waitpid(p, &status, 0), blocks += stat("heap.core", &st) == 0 ? st.st_blocks : 0, unlink("heap.core");
    }
    pattern(was), chdir("/"), rmdir(dir);
    return printf("hollow_heap: %s\n", blocks ? "cores" : "no core") < 0;
}
