/* SPDX-License-Identifier: MIT */
/* pcsc_unload LIBRARY: load it, use the first reader, unload it, several times, as clients that open it
 * by name do. No thread, no descriptor and no library may stay, and a fork afterwards must go well. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMES 3

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static bool mapped(const char *library)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[4096];
	bool found = false;

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		found = found || strstr(line, library) != NULL;
	if (f != NULL)
		fclose(f);
	return found;
}

static bool use(void *library, bool orderly)
{
	long (*establish)(unsigned long, const void *, const void *, long *);
	long (*list)(long, const char *, char *, unsigned long *);
	long (*open_card)(long, const char *, unsigned long, unsigned long, long *,
	                  unsigned long *);
	long (*release)(long), context, card;
	unsigned long n = 512, protocol;
	char readers[512];

	*(void **)&establish = dlsym(library, "SCardEstablishContext");
	*(void **)&list = dlsym(library, "SCardListReaders");
	*(void **)&open_card = dlsym(library, "SCardConnect");
	*(void **)&release = dlsym(library, "SCardReleaseContext");
	if (establish(2, NULL, NULL, &context) != 0 || list(context, NULL, readers, &n) != 0 ||
	    open_card(context, readers, 2, 3, &card, &protocol) != 0)
		return false;
	return !orderly || release(context) == 0;
}

static bool forks(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(7);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 7;
}

static bool once(const char *path, bool orderly)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	bool used;

	if (library == NULL) {
		puts(dlerror());
		return false;
	}
	used = use(library, orderly);
	return dlclose(library) == 0 && used && forks();
}

int main(int argc, char **argv)
{
	int descriptors = entries("/proc/self/fd"), threads = entries("/proc/self/task");

	if (argc != 2)
		return 2;
	for (int i = 0; i < TIMES; i++)
		if (!once(argv[1], true))
			return 1;
	descriptors -= entries("/proc/self/fd");
	threads -= entries("/proc/self/task");
	if (descriptors != 0 || threads != 0 || mapped("libpcsclite.so") ||
	    mapped("libiscard.so")) {
		printf("descriptors %d, threads %d stay\n", -descriptors, -threads);
		return 1;
	}
	return once(argv[1], false) ? 0 : 3; /* whoever forgets to release leaks, and no more */
}
