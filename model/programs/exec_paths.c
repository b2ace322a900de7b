/* exec_paths: one program under many names: copied by sendfile, copy_file_range, splice and mmap; relative, with dots, through links,
 * by a search of PATH, by descriptors and directories, from a file without a name; scripts of scripts; and names that lead nowhere */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char* words[] = {"true", "of", "many", "words", NULL};
static char dir[] = "/tmp/exec_pathsXXXXXX";
static int failed, done;

static int copy(char const* to, int how) {
    int in = open("/bin/true", O_RDONLY | O_CLOEXEC), out = open(to, O_RDWR | O_CREAT | O_TRUNC, 0755), p[2];
    struct stat st;
    char* m;
    fstat(in, &st);
    if (how == 0)
        while (sendfile(out, in, NULL, 40000) > 0)
            ;
    if (how == 1 && copy_file_range(in, NULL, out, NULL, (size_t)st.st_size, 0) <= 0)
        sendfile(out, in, NULL, (size_t)st.st_size);
    if (how == 2) {
        (void)!pipe(p);
        for (ssize_t n; (n = splice(in, NULL, p[1], NULL, 30000, SPLICE_F_MOVE)) > 0;)
            splice(p[0], NULL, out, NULL, (size_t)n, SPLICE_F_MORE);
        close(p[0]), close(p[1]);
    }
    if (how == 3) {
        ftruncate(out, st.st_size), m = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
        (void)!read(in, m, (size_t)st.st_size), msync(m, (size_t)st.st_size, MS_SYNC), munmap(m, (size_t)st.st_size);
    }
    return close(in), out;
}
static void text(char const* name, char const* first) {
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    (void)!write(fd, first, strlen(first)), fchmod(fd, 0755), close(fd);
}
static int last(int st) {
    return WIFEXITED(st) && WEXITSTATUS(st) == 0 ? ++done : ++failed;
}
static void by(int how) {
    int st, fd;
    pid_t p = how % 3 == 2 ? vfork() : fork();
    if (p != 0) {
        waitpid(p, &st, 0), last(st);
        return;
    }
    switch (how) {
    case 0: execv("sendfile", words); break;
    case 1: execv("./sub/../range", words); break;
    case 2: execv("sub//./up/splice", words); break; /* up is a link to .. */
    case 3: execv("link", words); break;
    case 4: setenv("PATH", "/no:/etc/passwd:sub:.", 1), execvp("mapped", words); break;
    case 5: execve("script", words, environ); break;
    case 6: execve("script-of-scripts", words, environ); break;
    case 7: fd = open("sub", O_PATH | O_DIRECTORY), execveat(fd, "../sendfile", words, environ, 0); break;
    case 8: execl("/proc/self/exe", "again", "once", NULL); break;
    case 9: fd = open("range", O_PATH), execveat(fd, "", words, environ, AT_EMPTY_PATH); break;
    case 10: fd = open("range", O_RDONLY), unlink("range"), fexecve(fd, words, environ); break;
    case 11: execv("ring", words); break;
    case 12: execv("link/under", words), execv("sub/none", words), execv("sub", words), execv("text", words); break;
    case 13: fd = memfd_create("nameless", 0), (void)!write(fd, "#!/bin/sh\nexit 0\n", 17), fexecve(fd, words, environ); break;
    case 14: chroot(dir), chdir("/"), execv("/sendfile", words); break; /* its loader is not here */
    case 15: unshare(CLONE_NEWNS), execlp("env", "env", "-i", "true", NULL); break;
    case 16: chmod("splice", 04755), setresuid(1000, 1000, 1000), execv("splice", words); break;
    case 17: execveat(AT_FDCWD, "link", words, environ, AT_SYMLINK_NOFOLLOW); break;
    default: setresuid(1000, 1000, 1000), execv("secret/true", words), execv("mapped", words);
    }
    _exit(1);
}
int main(int argc, char** argv) {
    static char const* names[] = {"sendfile", "range", "splice", "mapped"};
    char line[100];
    (void)argv;
    if (argc > 1)
        return 0;
    alarm(30);
    if (!mkdtemp(dir) || chdir(dir) || chmod(dir, 0755))
        return 0;
    mkdir("sub", 0755), symlink("..", "sub/up"), symlink("sub/up/sendfile", "link"), symlink("ring", "ring"), mkdir("secret", 0700);
    for (int i = 0; i < 4; i++)
        close(copy(names[i], i));
    close(copy("secret/true", 2)), text("script", "#!./mapped -x\n"), text("text", "exit 0\n");
    snprintf(line, sizeof line, "#! %s/script y \n", dir), text("script-of-scripts", line);
    for (int how = 0; how < 19; how++)
        by(how);
    chdir("/"), snprintf(line, sizeof line, "rm -r %s", dir), (void)!system(line);
    return printf("exec_paths: %s ran, %s did not\n", done > 8 ? "many" : "few", failed > 3 ? "many" : "few") < 0;
}
