/* Children that die with a core dump, with and without RLIMIT_CORE, and one with threads. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATTERN "/proc/sys/kernel/core_pattern"
static char saved[256]; static ssize_t len = -1; static int cores;
static void set(const char *s, size_t n)
{
    int fd = open(PATTERN, O_WRONLY); if (fd >= 0) { if (write(fd, s, n) < 0) len = 0; close(fd); }
}
static void restore(int sig) { if (len > 0) set(saved, len); if (sig) _exit(0); }
static void *sleeper(void *a) { usleep(300000); return a; }
static void *crasher(void *a) { usleep(5000); *(volatile int *)8 = 1; return a; }
static void die(int how)
{
    pthread_t t; int fd; volatile char *m = NULL; switch (how) {
    case 0: *(volatile int *)m = 1; break;                  /* SIGSEGV, not mapped */
    case 1: abort();
    case 2: fd = open("/tmp/progA.bus", O_RDWR | O_CREAT, 0600);        /* SIGBUS: file is empty */
        m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); m[0] = 1; break;
#ifdef __aarch64__
    case 3: __asm__ volatile(".inst 0");                    /* SIGILL (udf) */
    case 4: __asm__ volatile("brk #0");                     /* SIGTRAP */
#elif defined __x86_64__
    case 3: __asm__ volatile("ud2");
    case 4: __asm__ volatile("int3");
#endif
    case 5: pthread_create(&t, NULL, sleeper, NULL); pthread_create(&t, NULL, crasher, NULL); pthread_join(t, NULL);
    case 6: prctl(PR_SET_DUMPABLE, 0); raise(SIGQUIT); break;           /* no core */
    case 7: m = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); m[9] = 1; break;
    case 8: if (vfork() == 0) { kill(getpid(), SIGXFSZ); _exit(0); } break;  /* shares the mm */
    }
    _exit(0);
}
static void child(int how, rlim_t core)
{
    int st = 0; struct rlimit rl = { core, core }; pid_t p = fork();
    if (p == 0) { alarm(3); setrlimit(RLIMIT_CORE, &rl); die(how); }
    waitpid(p, &st, 0); cores += !!WCOREDUMP(st);
}
int main(void)
{
    glob_t g; int fd = open(PATTERN, O_RDONLY);
    if (fd >= 0) { len = read(fd, saved, sizeof saved); close(fd); }
    signal(SIGALRM, restore); alarm(4); if (len > 0) set("/tmp/progA.core.%p\n", 19);
    for (int how = 0; how < 9; how++) child(how, RLIM_INFINITY);
    child(0, 0); child(1, 1); child(5, 0); child(7, 16384);     /* none, none, none, truncated */
    restore(0); unlink("/tmp/progA.bus");
    if (!glob("/tmp/progA.core.*", 0, NULL, &g)) for (size_t i = 0; i < g.gl_pathc; i++) unlink(g.gl_pathv[i]);
    printf("core_dumps: %d cores, core_pattern restored\n", cores); return 0;
}
