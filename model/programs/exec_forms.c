/* many forms of exec: by fd, of a memfd, errors before and after the point of no return, scripts, empty argv, set-uid */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD for (pid_t p_ = fork(); p_ >= 0 && (p_ ? (waitpid(p_, NULL, 0), 0) : (alarm(5), 1)); _exit(1))
static char *tv[] = { "true", NULL }, *none[] = { NULL };
static int make(const char *name, int mode, const char *text, size_t len)	/* a text or a part of /bin/true */
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600), in = open("/bin/true", O_RDONLY | O_CLOEXEC);
	if (text) write(fd, text, strlen(text)); else sendfile(fd, in, NULL, len);
	fchmod(fd, mode); close(in);
	return fd;
}
static void script(const char *name, int mode, const char *text) { close(make(name, mode, text, 0)); }
int main(void)
{
	char dir[] = "/tmp/exec.XXXXXX", line[2][64]; alarm(9);
	if (!mkdtemp(dir) || chdir(dir) || chmod(dir, 0755)) return 0;
	snprintf(line[0], 64, "#!%s/s2 x\n", dir); snprintf(line[1], 64, "#!%s/loop\n", dir);
	script("s1", 0755, line[0]); script("s2", 0755, "#!/bin/true y\n"); script("loop", 0755, line[1]);
	script("plain", 0755, "exit 3\n"); script("deny", 0644, "#!/bin/true\n"); script("lost", 0755, "#!/no/such\n");
	int fd = make("broken", 0755, NULL, 4096), busy = make("true", 04755, NULL, 1 << 24), mem = memfd_create("true", MFD_CLOEXEC);
	Elf64_Ehdr e = { 0 }; Elf64_Phdr h; pread(fd, &e, sizeof e, 0);	/* a load segment larger in the file than in memory */
	for (int i = 0; i < e.e_phnum && i < 20; i++)
		if (pread(fd, &h, sizeof h, e.e_phoff + i * sizeof h) == sizeof h && h.p_type == PT_LOAD) {
			h.p_memsz = 1; pwrite(fd, &h, sizeof h, e.e_phoff + i * sizeof h); break;
		}
	close(fd); lseek(busy, 0, SEEK_SET); sendfile(mem, busy, NULL, 1 << 24); fd = open("/bin/true", O_PATH | O_CLOEXEC);
	CHILD syscall(SYS_execveat, fd, "", tv, environ, AT_EMPTY_PATH);
	CHILD fexecve(mem, tv, environ);
	CHILD syscall(SYS_execveat, AT_FDCWD, "s2", tv, environ, AT_SYMLINK_NOFOLLOW);
	CHILD { int s = open("s2", O_RDONLY | O_CLOEXEC); fexecve(s, tv, environ); }	/* script behind CLOEXEC: ENOENT */
	CHILD execv("./true", tv);				/* ETXTBSY, or not on some kernels */
	close(busy); CHILD { char *big = malloc(200001), *v[] = { "true", big, NULL }; memset(big, 'a', 200000); big[200000] = 0;
		execv("/bin/true", v); }			/* E2BIG */
	CHILD { execvp("no-such-program", tv); execvp("./deny", tv); execv(dir, tv); execv("./plain", tv);
		execv("./lost", tv); execv("./loop", tv); execv("", tv); execv("/bin/true/x", tv);
		syscall(SYS_execve, "/bin/true", 8L, 0L); execvp("./plain", tv); }	/* the last: ENOEXEC, then sh */
	CHILD execv("./broken", tv);				/* killed past the point of no return */
	CHILD execv("./s1", tv);				/* s1 -> s2 -> /bin/true */
	CHILD execve("/bin/true", none, none);
	CHILD { setenv("PATH", "/no:/bin", 1); execvp("true", tv); }
	CHILD { setresgid(1000, 1000, 1000); setresuid(1000, 1000, 1000); execv("./true", tv); }
	CHILD { setresuid(1000, 1000, 1000); prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); execv("./true", tv); }
	const char *names[] = { "s1", "s2", "loop", "plain", "deny", "lost", "true", "broken" };
	for (int i = 0; i < 8; i++) unlink(names[i]);
	rmdir(dir); execv("/bin/true", tv); return 0;		/* the program itself ends as /bin/true */
}
