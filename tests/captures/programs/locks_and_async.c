/* locks held at exit with waiters, a lease, SIGIO, close_range, io_uring with SQPOLL at exit, SysV SEM_UNDO and shm */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char file[] = "/tmp/lock.XXXXXX";
static void on(int s, siginfo_t *si, void *ctx) { }
static void nap(int ms) { usleep(ms * 1000); }
static void become_true(void) { execl("/bin/true", "true", (char *)NULL); _exit(0); }
static int lock(int kind, int wait)				/* 0: flock, 1: record lock, 2: OFD lock; each on its own part */
{
	int fd = open(file, O_RDWR), c[] = { F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW };
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = kind * 10, .l_len = 5 };
	return kind ? fcntl(fd, c[(kind - 1) * 2 + wait], &l) : flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
}
static void uring(int flags, int op, int fd, int sqe_flags)	/* one request, the ring stays for the exit */
{
	static char buf[8]; struct io_uring_params p = { .flags = flags, .sq_thread_idle = 20 };
	int r = syscall(SYS_io_uring_setup, 4, &p), rw = PROT_READ | PROT_WRITE;
	char *sq = mmap(NULL, 4096, rw, MAP_SHARED, r, IORING_OFF_SQ_RING);
	struct io_uring_sqe *e = mmap(NULL, 4 * sizeof *e, rw, MAP_SHARED, r, IORING_OFF_SQES);
	if (r < 0 || sq == MAP_FAILED || e == MAP_FAILED) return;
	e->opcode = op; e->fd = fd; e->flags = sqe_flags; e->addr = (size_t)buf; e->len = op ? 8 : 0;
	*(unsigned *)(sq + p.sq_off.array) = 0; __atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	syscall(SYS_io_uring_enter, r, 1, op ? 0 : 1, (op ? 0 : IORING_ENTER_GETEVENTS) | (flags ? IORING_ENTER_SQ_WAKEUP : 0), NULL, 0);
}
int main(void)
{
	int q[2], s[2], fd = mkstemp(file), id; pid_t p; struct sigaction sa = { .sa_sigaction = on, .sa_flags = SA_SIGINFO | SA_RESTART };
	alarm(9); sigaction(SIGIO, &sa, NULL); sigaction(SIGRTMIN, &sa, NULL);
	if (!fork()) { lock(0, 0); lock(1, 0); lock(2, 0); nap(90); _exit(0); }	/* the holder unlocks nothing */
	nap(20); for (int k = 0; k < 3; k++) if (!fork()) { alarm(3); _exit(lock(k, 0) && lock(k, 1)); }	/* EAGAIN, then wait */
	if (!(p = fork())) { alarm(3); lock(1, 1); nap(900); _exit(0); }	/* dies waiting or holding */
	nap(20); if (p > 0) kill(p, SIGKILL); while (wait(NULL) > 0) ; close(fd); fd = open(file, O_RDONLY);
	fcntl(fd, F_SETSIG, SIGRTMIN); fcntl(fd, F_SETLEASE, F_RDLCK); if (!fork()) { alarm(3); open(file, O_RDWR | O_NONBLOCK); open(file, O_RDWR); _exit(0); }	/* EAGAIN, then wait */
	nap(20); fcntl(fd, F_SETLEASE, F_UNLCK); wait(NULL); unlink(file); socketpair(AF_UNIX, SOCK_STREAM, 0, s); pipe(q);
	fcntl(s[0], F_SETOWN, p = getpid()); fcntl(q[0], F_SETOWN, p); fcntl(s[0], F_SETSIG, SIGRTMIN);
	fcntl(s[0], F_SETFL, O_ASYNC | O_NONBLOCK); fcntl(q[0], F_SETFL, O_ASYNC);
	if (!fork()) { write(s[1], "a", 1); write(q[1], "b", 1); _exit(0); }	/* SIGRTMIN and SIGIO for the parent */
	wait(NULL); if (!fork()) { syscall(SYS_close_range, 3, ~0U, 4); syscall(SYS_close_range, 3, ~0U, 2); become_true(); }
	wait(NULL); read(q[0], file, 1); if (!fork()) { alarm(3); uring(0, IORING_OP_NOP, -1, 0); uring(0, IORING_OP_NOP, -1, IOSQE_ASYNC);
		uring(0, IORING_OP_READ, q[0], IOSQE_ASYNC); nap(10); become_true(); }	/* the exec cancels the read */
	struct sembuf up = { 0, 1, SEM_UNDO }, zero = { 0, 0, 0 }, down = { 0, -1, 0 };
	wait(NULL); id = semget(IPC_PRIVATE, 1, 0600);
	if (!fork()) { semop(id, &up, 1); nap(40); _exit(0); }	/* undone at its exit, which wakes the parent */
	nap(15); semop(id, &zero, 1); wait(NULL); if (!fork()) { alarm(3); semop(id, &down, 1); _exit(0); }	/* EIDRM */
	nap(15); semctl(id, 0, IPC_RMID); wait(NULL); id = shmget(IPC_PRIVATE, 4096, 0600); char *m = shmat(id, NULL, 0);
	if (m != (void *)-1) { shmctl(id, IPC_RMID, NULL); m[0] = 1; if (!fork()) { m[0] = 2; _exit(0); } wait(NULL); }
	uring(IORING_SETUP_SQPOLL, IORING_OP_NOP, -1, 0); return 0;	/* the shm segment and the SQPOLL thread go with it */
}
