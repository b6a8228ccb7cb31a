/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_check.h"
#include "cli_commands.h"
#include "cli_disposition.h"
#include "cli_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

static const char help[] =
	"Record what goes over the wire while a card is attached, answers commands and is\n"
	"detached. The file is a reader for ever: \"replay:FILE\" is its address.\n"
	"\n"
	"  iscard record 0 session.pcapng -- 00A4000C023F00 0084000008\n"
	"  iscard record 0 session.pcapng -- - < FILE   an APDU a line\n"
	"  iscard record 0 eject.pcapng --eject\n"
	"  iscard record --proxy 127.0.0.1:4000 127.0.0.1:4001 -o vendor.pcapng\n"
	"\n"
	"  --leave, --reset, --unpower, --eject   how to detach; see \"iscard detach --help\"\n"
	"  --json                                 as \"iscard apdu\" and \"iscard detach\"\n"
	"  --proxy LISTEN CONNECT -o FILE         stand between a usbredir host and a guest:\n"
	"      wait for one of them at LISTEN, then call the other at CONNECT (HOST:PORT, or\n"
	"      the path of a unix socket), and record all they say, of any USB device. Bytes\n"
	"      pass unchanged. As with \"usbredirect --device VID:PID --as 127.0.0.1:4001\" and\n"
	"      \"qemu -chardev socket,id=r,host=127.0.0.1,port=4000 -device usb-redir,chardev=r\"\n"
	"\n"
	"FILE must not exist yet. It is a pcapng file with one usbredir packet a block; any\n"
	"pcapng tool lists, cuts and merges it. PINs in VERIFY, CHANGE REFERENCE DATA and RESET\n"
	"RETRY COUNTER are masked; other secrets, what the card answers and serial numbers are\n"
	"not: think before you pass it on.\n";

static int converse(struct cli_session *s, int argc, char **argv, SCARD_DISPOSITIONS disposition,
                    bool json)
{
	int code = CLI_OK, last;

	if (argc > 0)
		code = cli_commands_run(argc, argv, json, cli_session_transmit, s);
	last = cli_disposition_apply(s, disposition, json);
	return code != CLI_OK ? code : last;
}

bool cli_can_be_made(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		cli_error("%s is there already and will not be overwritten; give another name",
		          file);
	else if (fd < 0)
		cli_error("%s cannot be written: %s", file, strerror(errno));
	if (fd < 0)
		return false;
	close(fd);
	unlink(file);
	return true;
}

static int record(char **args, int argc, SCARD_DISPOSITIONS disposition, bool json)
{
	const char *file = args[1];
	struct cli_session s;
	int code, check;

	if (!cli_can_be_made(file))
		return CLI_FAILED;
	code = cli_session_open(&s, args[0], file);
	if (code == CLI_OK) {
		code = converse(&s, argc - 2, args + 2, disposition, json);
		cli_session_close(&s);
	}
	if (code != CLI_OK && access(file, F_OK) != 0)
		return code;
	check = cli_check_trace(file);
	if (check == CLI_OK)
		fprintf(stderr, "iscard: recorded to %s\n", file);
	return code != CLI_OK ? code : check;
}

static int run_proxy(const struct cli_command *self, const char *listen_at, const char *connect_to,
                     const char *file)
{
	if (listen_at == NULL || connect_to == NULL || file == NULL)
		return cli_usage(self,
		                 "record: --proxy LISTEN CONNECT and -o FILE belong together");
	return cli_can_be_made(file) ? cli_record_proxy(listen_at, connect_to, file) : CLI_FAILED;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct cli_disposition_flags flags = {0};
	const char *proxy = NULL, *file = NULL;
	bool json = false;
	const struct cli_option options[] = {CLI_DISPOSITION_OPTIONS(&flags),
	                                     {"--json", &json, NULL},
	                                     {"--proxy", NULL, &proxy},
	                                     {"-o", NULL, &file},
	                                     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);
	SCARD_DISPOSITIONS disposition;

	if (code >= 0)
		return code;
	if (proxy != NULL || file != NULL)
		return run_proxy(self, proxy, argc == 1 ? argv[0] : NULL, file);
	if (argc < 2)
		return cli_usage(self, "record: a reader and a file are needed");
	if (!cli_disposition_choose(&flags, &disposition))
		return cli_usage(self, "record: only one of --leave, --reset, --unpower, --eject");
	if (!cli_commands_check(argc - 2, argv + 2))
		return CLI_FAILED;
	return record(argv, argc, disposition, json);
}

const struct cli_command cli_cmd_record = {
	.name = "record",
	.args = "READER FILE [--eject ...] [--json] [-- APDU...] | --proxy LISTEN CONNECT -o FILE",
	.summary = "record a session with a card to a file",
	.help = help,
	.run = run,
};
