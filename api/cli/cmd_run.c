/* SPDX-License-Identifier: MIT */
/* Run a program of PC/SC on this library: libpcsclite.so.1 from the folder beside it. */
#include "cli.h"

#include <iscard/context.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE   4096
#define NOT_RUN     126
#define NOT_FOUND   127
#define LIBRARY     "libpcsclite.so.1"
#define BUILD_PLACE "api/pcsc"
#define REPLAY      "replay:"
#define BLANKS      " \t\n"

static const char help[] =
	"Run a program that speaks PC/SC, without pcscd: it finds a libpcsclite.so.1 that\n"
	"drives the readers in the program's own process.\n"
	"\n"
	"  iscard run -- opensc-tool -l\n"
	"  iscard run --readers replay:trace.pcapng -- pcsc_scan\n"
	"  iscard run --turns -- gpg --card-status\n"
	"\n"
	"  --readers ADDRESSES  instead of all on USB; separated by spaces (ISCARD_READERS)\n"
	"  --trace FILE         record what goes over the wire (ISCARD_TRACE)\n"
	"  --turns              give a reader back between transactions, so that another program\n"
	"                       can use it; the card is then reset each time (ISCARD_TURNS=1)\n"
	"  --print              print the folder of the library and do nothing\n"
	"\n"
	"LD_LIBRARY_PATH and LIBPCSCLITE_DELEGATE (which pcsc-lite's own library heeds since\n"
	"2.1) are set for the program. A reader is in the hands of one process at a time: the\n"
	"second is told SCARD_E_SHARING_VIOLATION, and with ISCARD_LOG=error who has it.\n"
	"Set-user-ID programs heed none of this.\n"
	"\n"
	"The exit code is the program's; 127 when there is no such program, 2 for a\n"
	"wrong option.\n";

struct settings {
	const char *readers, *trace;
	bool turns, print;
};

static bool holds_library(const char *folder)
{
	char path[PATH_SIZE + sizeof LIBRARY + 1];

	snprintf(path, sizeof path, "%s/%s", folder, LIBRARY);
	return access(path, R_OK) == 0;
}

/* Beside the tool: as installed, or in the folder where both were built. */
static bool find_library(char folder[PATH_SIZE])
{
	static const char *const places[] = {ISCARD_PCSC_PLACE, BUILD_PLACE};
	char self[PATH_SIZE], path[PATH_SIZE + 256], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return false;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, sizeof path, "%s/%s", self, places[i]);
		if (realpath(path, folder) != NULL && holds_library(folder))
			return true;
	}
	return false;
}

static bool prepend(const char *name, const char *folder)
{
	const char *old = getenv(name);
	size_t size = strlen(folder) + (old != NULL ? strlen(old) : 0) + 2;
	char *both = malloc(size);
	bool done;

	if (both == NULL)
		return false;
	snprintf(both, size, "%s%s%s", folder, old != NULL && *old != '\0' ? ":" : "",
	         old != NULL ? old : "");
	done = setenv(name, both, 1) == 0;
	free(both);
	return done;
}

/* As in addresses, where a space and a ? would end the file's name. */
static void put_encoded(FILE *f, const char *path)
{
	for (; *path != '\0'; path++)
		if (strchr("%?" BLANKS, *path) != NULL)
			fprintf(f, "%%%02X", (unsigned char)*path);
		else
			fputc(*path, f);
}

static void put_address(FILE *f, const char *address, size_t len, const char *here)
{
	size_t prefix = sizeof REPLAY - 1;

	if (len > prefix && strncmp(address, REPLAY, prefix) == 0 && address[prefix] != '/') {
		fputs(REPLAY, f);
		put_encoded(f, here);
		fputc('/', f);
		address += prefix;
		len -= prefix;
	}
	fwrite(address, 1, len, f);
}

/* The program may go to another folder, or have a daemon that does: files are named from the root. */
static bool set_readers(const char *readers, const char *here)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	bool done;

	if (f == NULL)
		return false;
	while (*readers != '\0') {
		size_t len = strcspn(readers, BLANKS);

		put_address(f, readers, len, here);
		readers += len;
		len = strspn(readers, BLANKS);
		fwrite(readers, 1, len, f);
		readers += len;
	}
	done = fclose(f) == 0 && setenv("ISCARD_READERS", text, 1) == 0;
	free(text);
	return done;
}

static bool set_trace(const char *file, const char *here)
{
	char path[2 * PATH_SIZE];
	int n = snprintf(path, sizeof path, "%s%s%s", file[0] != '/' ? here : "",
	                 file[0] != '/' ? "/" : "", file);

	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return false;
	}
	return setenv("ISCARD_TRACE", path, 1) == 0;
}

static bool set_environment(const struct settings *s, const char *folder)
{
	char library[PATH_SIZE + sizeof LIBRARY + 1], here[PATH_SIZE];

	snprintf(library, sizeof library, "%s/%s", folder, LIBRARY);
	if (getcwd(here, sizeof here) == NULL)
		strcpy(here, "."); /* it is gone, or not ours to see */
	return prepend("LD_LIBRARY_PATH", folder) &&
	       setenv("LIBPCSCLITE_DELEGATE", library, 1) == 0 &&
	       (s->readers == NULL || set_readers(s->readers, here)) &&
	       (s->trace == NULL || set_trace(s->trace, here)) &&
	       (!s->turns || setenv("ISCARD_TURNS", "1", 1) == 0);
}

static int execute(const struct settings *s, char **command)
{
	char folder[PATH_SIZE];
	int code;

	if (!find_library(folder)) {
		cli_error("%s is not beside this tool", LIBRARY);
		return CLI_FAILED;
	}
	if (s->print) {
		puts(folder);
		return CLI_OK;
	}
	if (!set_environment(s, folder)) {
		cli_error("%s", strerror(errno));
		return CLI_FAILED;
	}
	cli_restore_signals();
	execvp(command[0], command);
	code = errno == ENOENT ? NOT_FOUND : NOT_RUN;
	cli_error("%s: %s", command[0], strerror(errno));
	return code;
}

/* The program would be told no more than that there is no service, if it tells its user at all. */
static bool are_addresses(const char *readers)
{
	const struct iscard_options options = {
		.size = sizeof options, .readers = readers, .log_level = ISCARD_LOG_ERROR};
	iscard_context *context;
	bool are = SUCCEEDED(iscard_context_create(&options, &context));

	if (are)
		iscard_context_unref(context);
	return are;
}

/* Where the program begins: its options are its own. */
static int own_arguments(int argc, char **argv)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0) {
		if (strcmp(argv[i], "--readers") == 0 || strcmp(argv[i], "--trace") == 0)
			i++;
		i++;
	}
	return i < argc ? i : argc;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct settings s = {.readers = NULL};
	const struct cli_option options[] = {{"--readers", NULL, &s.readers},
	                                     {"--trace", NULL, &s.trace},
	                                     {"--turns", &s.turns, NULL},
	                                     {"--print", &s.print, NULL},
	                                     {NULL, NULL, NULL}};
	int own = own_arguments(argc, argv), rest = own, code;

	if (rest < argc && strcmp(argv[rest], "--") == 0)
		rest++;
	code = cli_parse(self, options, &own, argv);
	if (code >= 0)
		return code;
	if (rest == argc && !s.print)
		return cli_usage(self, "run: a program is needed");
	if (s.readers != NULL && !are_addresses(s.readers))
		return CLI_USAGE;
	return execute(&s, argv + rest);
}

const struct cli_command cli_cmd_run = {
	.name = "run",
	.args = "[--readers ADDRESSES] [--trace FILE] [--turns] [--] COMMAND [ARGUMENT...]",
	.summary = "run a program that speaks PC/SC, without pcscd",
	.help = help,
	.run = run,
};
