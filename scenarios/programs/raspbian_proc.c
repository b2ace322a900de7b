/* Prints every 3 s until somebody kills it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

int main(void) {
    for (int round = 0; round < 500; round++) {
        printf("raspbian tracing \n");
        sleep(3);
    }
    return 0;
}
