/* Waits for a thread. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

static void *work(void *unused) {
    usleep(50000);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    return 0;
}
