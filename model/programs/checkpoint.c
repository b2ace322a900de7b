/* checkpoint: a database saving snapshots by fork: copy on write, shared progress, fsync and rename, pidfd, madvise, userfaultfd */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
enum { PAGES = 64 };
static char *db, *key, *tmpbuf, dir[] = "/tmp/ckptXXXXXX"; static volatile int *done; static size_t pg; static int uffd;
static void save(int version) {				/* in the child: the memory as it was at the fork */
	char new[16]; int fd, d, i = 0; prctl(PR_SET_NAME, "snapshot"), prctl(PR_SET_PDEATHSIG, SIGKILL), alarm(4), nice(5);
	snprintf(new, sizeof(new), "tmp.%d", version), fd = open(new, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	for (; i < PAGES && write(fd, db + i * pg, pg) > 0; i++) if ((*done = i) == 20) usleep(version == 2 ? 800000 : 5000);
	fsync(fd), close(fd), rename(new, "dump"), d = open(".", O_RDONLY | O_DIRECTORY), fsync(d), _exit(db[0] != version || key[0]);		/* WIPEONFORK: the key is gone */
}
static void *pager(void *x) {				/* serves the faults of the main thread */
	struct uffd_msg m; struct pollfd p = { uffd, POLLIN, 0 };
	for (int i = 0; i < 2 && poll(&p, 1, 500) > 0; i++)
		if (read(uffd, &m, sizeof(m)) == sizeof(m) && m.event == UFFD_EVENT_PAGEFAULT)
			ioctl(uffd, UFFDIO_COPY, &(struct uffdio_copy){ .dst = m.arg.pagefault.address & -pg, .src = (uintptr_t)tmpbuf, .len = pg });
	return close(uffd), x;				/* a close ends the trap: later faults get zeroes */
}
static void restore(void) {				/* lazy loading from the dump */
	char *a = mmap(NULL, 2 * pg, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); pthread_t t; int fd = open("dump", O_RDONLY);
	pread(fd, tmpbuf, pg, 0), uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &(struct uffdio_api){ .api = UFFD_API })) { dprintf(1, "userfaultfd: %m\n"); return; }
	ioctl(uffd, UFFDIO_REGISTER, &(struct uffdio_register){ { (uintptr_t)a, 2 * pg }, UFFDIO_REGISTER_MODE_MISSING, 0 });
	pthread_create(&t, NULL, pager, NULL), dprintf(1, "restored %d %d\n", a[0], a[pg]), pthread_join(t, NULL);
}
int main(void)
{
	int v, i, fd; siginfo_t si; char b[8]; alarm(5), pg = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, (PAGES + 3) * pg, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	done = mmap(NULL, pg, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), db = map, key = map + PAGES * pg, tmpbuf = key + pg;
	if (!mkdtemp(dir) || chdir(dir) || map == MAP_FAILED) return 0;
	madvise(db, PAGES * pg, MADV_HUGEPAGE), madvise(key, pg, MADV_WIPEONFORK), madvise(tmpbuf, pg, MADV_DONTFORK), madvise(db, pg, MADV_MERGEABLE);
	for (v = 1, key[0] = 9; v <= 2; v++) {
		memset(db, v, PAGES * pg), *done = 0; pid_t p = fork(); if (p == 0) save(v); else if (p < 0) break;
		for (i = 0; i < 8; i++) db[i * 7 * pg] = 99;	/* writes during the snapshot: copies of pages */
		struct pollfd pf = { fd = pidfd_open(p, 0), POLLIN, 0 };
		process_vm_readv(p, &(struct iovec){ b, 1 }, 1, &(struct iovec){ db, 1 }, 1, 0), dprintf(1, "here %d, in the child %d\n", db[0], b[0]);
		if (poll(&pf, 1, v == 2 ? 60 : 1500) == 0) pidfd_send_signal(fd, SIGUSR1, NULL, 0), dprintf(1, "snapshot too slow: killed\n");
		si.si_pid = 0, waitid(P_PIDFD, fd, &si, WEXITED | WNOWAIT), waitid(P_PIDFD, fd, &si, WEXITED), close(fd);
		dprintf(1, "snapshot %d: code %d status %d, page %d\n", v, si.si_code, si.si_status, *done);
	}
	restore(), madvise(db, 8 * pg, MADV_DONTNEED), madvise(db + 8 * pg, 8 * pg, MADV_FREE), madvise(db + 16 * pg, pg, MADV_PAGEOUT);
	return unlink("dump"), unlink("tmp.2"), chdir("/"), rmdir(dir), 0;
}
