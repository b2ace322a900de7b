/* collector: the memory of a language with garbage collection: objects in spaces that are filled, marked by a child on a snapshot,
 * guarded against writes by protection and a handler, copied to another space page by page, and given back; small spaces and one in
 * large pages */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, SMALL = 96, LARGE = 512 };
struct space {
    char* at;
    int pages, used;
};
static struct space young[2], old;
static unsigned char* marks; /* shared with the child that marks */
static int volatile faults;
static char* watched;
static size_t watched_size;

static struct space reserve(int pages, int large) {
    struct space s = {mmap(NULL, (size_t)(pages + LARGE) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
                      pages, 0};
    if (large)
        s.at = (char*)(((size_t)s.at + LARGE * PAGE - 1) & ~((size_t)LARGE * PAGE - 1));
    mprotect(s.at, (size_t)pages * PAGE, PROT_READ | PROT_WRITE);
    if (large)
        madvise(s.at, (size_t)pages * PAGE, MADV_HUGEPAGE);
    return s;
}
static void barrier(int s, siginfo_t* info, void* context) { /* a page that is written is no longer watched */
    char* page = (char*)((size_t)info->si_addr & ~(size_t)(PAGE - 1));
    (void)s, (void)context;
    if (page < watched || page >= watched + watched_size)
        _exit(3);
    faults++, mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}
static void allocate(struct space* s, int objects, int size) {
    for (int i = 0; i < objects; i++, s->used += size) {
        if (s->used + size > s->pages * PAGE)
            s->used = 0;
        memset(s->at + s->used, i, 48);
    }
}
static void mark(struct space const* s, int generation) {
    pid_t p = fork();
    if (p == 0) {
        for (int i = 0; i < s->pages; i++)
            marks[i] = (unsigned char)(marks[i] | s->at[i * PAGE] << generation % 3);
        if (generation == 2) /* marks in the objects: copies of them */
            for (int i = 0; i < s->pages; i += 3)
                s->at[i * PAGE + 40] = 1;
        _exit(0);
    }
    watched = s->at, watched_size = (size_t)s->pages * PAGE, mprotect(watched, watched_size, PROT_READ);
    for (int i = 0; i < s->pages; i += 5 + generation)
        s->at[i * PAGE + 64]++;
    waitpid(p, NULL, 0), mprotect(watched, watched_size, PROT_READ | PROT_WRITE);
}
static void evacuate(struct space* from, struct space* to, int how) {
    for (int i = 0; i < from->pages && i < to->pages; i += 1 + marks[i] % 3) {
        if (how == 0)
            memcpy(to->at + i * PAGE, from->at + i * PAGE, PAGE);
        else if (i % 8 == 0) /* whole pages change their place */
            mremap(from->at + i * PAGE, PAGE * (1 + i % 3), PAGE * (1 + i % 3), MREMAP_MAYMOVE | MREMAP_FIXED, to->at + i * PAGE),
                mmap(from->at + i * PAGE, PAGE * (1 + i % 3), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                     0);
    }
    size_t half = (size_t)from->pages / 2 * PAGE;
    madvise(from->at, half, MADV_DONTNEED), madvise(from->at + half, half, how ? MADV_FREE : MADV_DONTNEED), from->used = 0;
}
static void* mutator(void* arg) {
    struct space own = reserve(40, 0);
    for (int i = 0; i < 3; i++)
        allocate(&own, 60, 3000), madvise(own.at, 16 * PAGE, MADV_FREE), usleep(400);
    return munmap(own.at, 40 * PAGE), arg;
}
int main(void) {
    struct sigaction action = {.sa_sigaction = barrier, .sa_flags = SA_SIGINFO | SA_NODEFER};
    pthread_t t[2];
    alarm(20), sigaction(SIGSEGV, &action, NULL),
        marks = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    young[0] = reserve(SMALL, 0), young[1] = reserve(SMALL, 0), old = reserve(LARGE, 1);
    for (int generation = 0; generation < 5; generation++) {
        struct space *from = &young[generation % 2], *to = &young[1 - generation % 2];
        allocate(from, 200, 900 + 400 * generation), allocate(&old, 30 * generation, 17000);
        if (generation % 2)
            for (int i = 0; i < 2; i++)
                pthread_create(&t[i], NULL, mutator, NULL);
        mark(generation == 3 ? &old : from, generation), evacuate(from, to, generation % 2);
        if (generation % 2)
            for (int i = 0; i < 2; i++)
                pthread_join(t[i], NULL);
        if (generation == 3) /* compacts the large space */
            evacuate(&old, from, 0), mprotect(old.at + 100 * PAGE, 37 * PAGE, PROT_NONE), munmap(old.at + 300 * PAGE, 50 * PAGE),
                old.pages = 100;
    }
    munmap(young[0].at, SMALL * PAGE / 2), munmap(old.at, 260 * PAGE);
    return printf("collector: %s\n", faults > 10 ? "collected" : "idle") < 0;
}
