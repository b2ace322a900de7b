#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int n;
static void* f(void* p) {
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&m);
        n++;
        usleep(2000);
        pthread_cond_broadcast(&c);
        pthread_mutex_unlock(&m);
    }
    if (p)
        pthread_exit(0);
    return p;
}
static void* g(void* p) {
    (void)p;
    pause();
    return 0;
}
int main(void) {
    pthread_t t[5];
    for (long i = 0; i < 4; i++)
        pthread_create(&t[i], 0, f, (void*)(i & 1));
    pthread_create(&t[4], 0, g, 0);
    pthread_mutex_lock(&m);
    while (n < 12)
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], 0);
    pthread_cancel(t[4]);
    pthread_join(t[4], 0);
    return 0;
}
