/* Prints three times, 3 s apart, and calls exit(). */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    for (int round = 0; round < 3; round++) {
        printf("rpi tracing \n");
        sleep(3);
    }
    exit(EXIT_SUCCESS);
}
