/* memory over fork: COW, DONTFORK, WIPEONFORK, a mended SIGSEGV, mremap, brk, mlock, GROWSDOWN, process_vm_*, memfd */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)
static size_t pg;
static volatile int word = 1;
static char *map(size_t pages, int flags) { return mmap(NULL, pages * pg, RW, flags | MAP_ANONYMOUS, -1, 0); }
static void mend(int sig, siginfo_t *si, void *ctx)
{
	if (mprotect((void *)((size_t)si->si_addr & ~(pg - 1)), pg, RW)) _exit(9);
}
int main(void)
{
	int q[2], c[2]; char x = 'x';
	pg = sysconf(_SC_PAGESIZE); alarm(9); pipe(q); pipe(c);
	char *sh = map(2, MAP_SHARED), *pr = map(2, MAP_PRIVATE), *no = map(1, MAP_PRIVATE), *wi = map(1, MAP_PRIVATE);
	sh[0] = pr[0] = no[0] = wi[0] = 1;
	madvise(no, pg, MADV_DONTFORK); madvise(wi, pg, MADV_WIPEONFORK);
	if (!fork()) { sh[0]++; pr[0]++; sh[pg] = 1; _exit(wi[0] + *(volatile char *)no); }	/* SIGSEGV: not forked */
	wait(NULL); pr[0]++; sh[0]++;
	struct sigaction sa = { .sa_sigaction = mend, .sa_flags = SA_SIGINFO };
	sigaction(SIGSEGV, &sa, NULL); mprotect(pr, pg, PROT_READ); pr[1] = 1;			/* the handler mends it */
	mprotect(pr, pg, PROT_NONE);
	if (!fork()) { pr[2] = 1; _exit(0); }			/* mended and copied in the child alone */
	wait(NULL); mprotect(pr, pg, RW); signal(SIGSEGV, SIG_DFL);
	if (!fork()) { mprotect(pr, pg, PROT_READ); pr[0] = 2; _exit(0); }	/* dies */
	pr = mremap(pr, 2 * pg, 8 * pg, MREMAP_MAYMOVE); pr[7 * pg] = 1; pr = mremap(pr, 8 * pg, pg, 0);
	char *br = sbrk(4 * pg); if (br != (void *)-1) { br[0] = br[3 * pg] = 1; sbrk(-4 * (long)pg); }
	madvise(pr, pg, MADV_FREE); madvise(pr, pg, MADV_DONTNEED); pr[0] = 3;
	mlock(sh, 2 * pg); munlock(sh, pg); mlock2(pr, pg, MLOCK_ONFAULT); wait(NULL);
	if (!fork()) {						/* a stack-like area grows down, at last far in one fault */
		char *hole = map(1024, MAP_PRIVATE); munmap(hole, 1024 * pg);
		char *g = mmap(hole + 1000 * pg, 2 * pg, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
		if (g != MAP_FAILED) { g[0] = 1; g[-8] = 1; g[-8 - (long)pg] = 1; g[-900 * (long)pg] = 1; }
		_exit(0);
	}
	wait(NULL);
	pid_t p = fork();					/* the child shows and gets a word, then is killed in a read */
	if (!p) { word = 2; write(c[1], &x, 1); read(q[0], &x, 1); if (word == 7) read(q[0], &x, 1); _exit(0); }
	read(c[0], &x, 1);
	int w = 0, seven = 7;
	struct iovec l = { &w, sizeof w }, r = { (void *)&word, sizeof word }, bad = { (void *)8, 4 };
	process_vm_readv(p, &l, 1, &r, 1, 0); process_vm_readv(p, &l, 1, &bad, 1, 0);	/* the second: EFAULT */
	l.iov_base = &seven; process_vm_writev(p, &l, 1, &r, 1, 0);
	write(q[1], &x, 1); if (p > 0) kill(p, SIGKILL); waitpid(p, NULL, 0);
	process_vm_readv(p, &l, 1, &r, 1, 0);			/* ESRCH */
	int fd = memfd_create("m", MFD_ALLOW_SEALING | MFD_CLOEXEC); ftruncate(fd, pg);
	char *m = mmap(NULL, 2 * pg, RW, MAP_SHARED, fd, 0);
	if (m != MAP_FAILED && !fork()) { m[0] = 1; m[pg] = 1; _exit(0); }		/* SIGBUS beyond the end */
	wait(NULL); if (m != MAP_FAILED) { madvise(m, pg, MADV_REMOVE); m[0] = 5; munmap(m + pg, pg); }
	mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	return 0;						/* with locked and shared memory */
}
