/* crowd_leaves: a hundred and fifty tasks come and go: all at once and one by one, as children, threads and orphans, each with files,
 * timers and mappings of its own, so that what they were made of is given back in heaps */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CROWD = 50, THREADS = 40 };
static int gate[2];

static void live(int i) {
    char c;
    alarm(20);
    if (i % 3 == 0)
        for (int k = 0; k < 10; k++)
            dup(0), eventfd(0, 0);
    if (i % 5 == 0)
        for (int k = 0; k < 12; k++)
            mmap(NULL, 4096, k % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    close(gate[1]), (void)!read(gate[0], &c, 1), _exit(i & 127);
}
static void* leave(void* arg) {
    char c;
    return (void)!read(gate[0], &c, 1), arg;
}
static int gather(int n, int orphans) {
    int born = 0;
    (void)!pipe(gate);
    for (int i = 0; i < n; i++) {
        pid_t p = fork();
        if (p == 0 && orphans && i % 2 && fork() > 0)
            _exit(0);
        if (p == 0)
            live(i);
        born += p > 0;
    }
    return born;
}
int main(void) {
    pthread_t t[THREADS];
    int born = 0, gone = 0, made = 0;
    alarm(60), signal(SIGPIPE, SIG_IGN);
    born += gather(CROWD, 0), close(gate[0]), close(gate[1]); /* all of them at once */
    while (wait(NULL) > 0)
        gone++;
    born += gather(CROWD / 2, 1); /* one by one */
    for (int i = 0; i < CROWD; i++)
        (void)!write(gate[1], "x", 1), waitpid(-1, NULL, WNOHANG) > 0 ? gone++ : 0;
    close(gate[0]), close(gate[1]);
    while (wait(NULL) > 0)
        gone++;
    (void)!pipe(gate);
    for (int i = 0; i < THREADS; i++)
        made += pthread_create(&t[i], NULL, leave, NULL) == 0;
    close(gate[1]);
    for (int i = 0; i < made; i++)
        pthread_join(t[i], NULL);
    close(gate[0]), signal(SIGCHLD, SIG_IGN), born += gather(CROWD / 3, 0), close(gate[1]), close(gate[0]), usleep(100000);
    while (wait(NULL) > 0)
        ;
    return printf("crowd_leaves: %s came\n", born > CROWD && gone > CROWD ? "a crowd" : "few") < 0;
}
