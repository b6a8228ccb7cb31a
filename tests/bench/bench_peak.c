/* SPDX-License-Identifier: MIT */
/* bench_peak COMMAND...: run it, then print how long it took in ms and the peak resident memory of its
 * largest process in KB. */
#include "bench.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage all;
	double start = bench_us();
	int status = 0;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = fork();
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || getrusage(RUSAGE_CHILDREN, &all) != 0)
		return 1;
	printf("%.1f %ld\n", (bench_us() - start) / 1e3, all.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
