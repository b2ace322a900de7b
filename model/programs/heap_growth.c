/* heap_growth: brk up and down, a heap beside RLIMIT_DATA, arenas of threads, a deep stack, alloca
 * in a fork, malloc_trim, a stack too deep */
#include <alloca.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void* list;
static void grow(int n, size_t size) {
    for (int i = 0; i < n; i++) {
        void** p = malloc(size);
        if (!p)
            return;
        *p = list;
        list = p;
        memset(p + 1, i, size / 2);
    }
}
static void shrink(int n) {
    for (; n && list; n--) {
        void* p = list;
        list = *(void**)p;
        free(p);
    }
}
static int deep(int n) {
    char volatile b[3000];
    b[n % 3000] = (char)n;
    return n ? deep(n - 1) + b[n % 3000] : 0;
}
static void* arena(void* arg) {
    void* p[40];
    for (int i = 0; i < 40; i++)
        if ((p[i] = malloc(100 << (i % 9))))
            memset(p[i], 1, 100);
    if (arg) {
        pid_t c = fork();
        if (c == 0)
            free(p[3]), _exit(0);
        waitpid(c, NULL, 0);
    } /* fork with another arena's lock */
    for (int i = 39; i >= 0; i -= 2)
        free(p[i]);
    return (void*)(size_t)deep(30);
}
static int child(int how) {
    int st = 0;
    struct rlimit rl;
    pid_t p = fork();
    if (p)
        return waitpid(p, &st, 0) == p ? WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st) : -99;
    alarm(4);
    switch (how) {
    case 0:
        shrink(30), malloc_trim(0), grow(10, 5000);
        break;
    case 1:
        rl = (struct rlimit){1 << 19, 1 << 19}, setrlimit(RLIMIT_DATA, &rl), grow(30, 20000);
        _exit(sbrk(4 << 20) == (void*)-1 &&
                      mmap(NULL, 4 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                  ? 11
                  : 12);
    case 2:
        rl = (struct rlimit){1 << 18, 1 << 18}, setrlimit(RLIMIT_STACK, &rl), deep(40), deep(200);
        break; /* the second dies */
    case 3:
        memset(alloca(90000), how, 90000);
        execl("/bin/true", "true", NULL);
        break;
    case 4:
        rl = (struct rlimit){8 << 20, 8 << 20}, setrlimit(RLIMIT_AS, &rl), grow(1, 16 << 20);
        _exit(fork() < 0 ? 13 : 14); /* may fork, has not room for more */
    }
    _exit(how);
}
int main(void) {
    pthread_t t[3];
    char *low = sbrk(0), *mark;
    alarm(12), mallopt(M_MMAP_THRESHOLD, 1 << 17), grow(20, 3000), grow(6, 50000);
    mark = sbrk(0), sbrk(64 * 4096) == (void*)-1 ? 0 : memset(mark, 3, 40 * 4096) != NULL;
    if (brk(mark + 10 * 4096) == 0)
        mark[9 * 4096] = 1; /* down, and up again over what was cut away */
    if (brk(mark + 30 * 4096) == 0)
        mark[29 * 4096] = 1;
    brk(mark), brk(low - 4096); /* below its beginning: not done */
    for (int how = 0; how < 3; how++)
        printf("%d ", child(how));
    for (size_t i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, arena, (void*)(i & 1));
    grow(30, 7000), shrink(10);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    grow(2, 1 << 17), shrink(2), list = realloc(NULL, 1 << 18), list = realloc(list, 1 << 19),
                                 list = realloc(list, 1 << 17), memset(list, 0, 4096);
    for (int how = 3; how < 5; how++)
        printf("%d ", child(how));
    return printf("%s\n", deep(60) ? "deep" : "flat") < 0;
}
