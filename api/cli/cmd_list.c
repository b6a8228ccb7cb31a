/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_json.h"
#include "cli_reader.h"

#include <stdio.h>

#define CAN_EJECT 2u

static const char help[] =
	"List the readers that are there: number, name, address. Nothing is sent to them, and\n"
	"no card is touched.\n"
	"\n"
	"Other commands take a reader by its number (from 0), its name, a part of the name\n"
	"that only one has, or an address:\n"
	"\n"
	"  usb:                         every reader on this machine\n"
	"  usb:BUS-PORT.PORT[#N]        on this port; N: one interface of two, else the first\n"
	"  usb:VID:PID[:SERIAL]         this product\n"
	"  fd:N                         an open usbfs node\n"
	"  usbredir:HOST:PORT           a usbredir server; usbredir:/PATH: a unix socket\n"
	"  usbredir-listen:[ADDR]:PORT  wait for such a server to call\n"
	"  replay:FILE                  a recorded trace\n"
	"\n"
	"IPv6 addresses stand in brackets, a space is written %20. Without an argument the\n"
	"addresses in the environment variable ISCARD_READERS are listed, separated by\n"
	"spaces, or \"usb:\" when it is not set.\n"
	"\n"
	"  --json   one JSON object a line: number, name, address, slot, vid, pid,\n"
	"           can_eject, error (null when the reader can be reached)\n";

/* Listed readers are named by their addresses: a name unknown there is an address without answer. */
static const char *why(const struct iscard_reader *r)
{
	if (r->result == SCARD_E_UNKNOWN_READER)
		return "nothing answers at this address";
	return FAILED(r->result) ? iscard_strerror(r->result) : NULL;
}

static void print_json(const struct iscard_reader *r, size_t number)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_number(&j, "number", (long long)number);
	cli_json_string(&j, "name", r->name);
	cli_json_string(&j, "address", r->address);
	cli_json_number(&j, "slot", r->slot);
	cli_json_number(&j, "vid", r->vid);
	cli_json_number(&j, "pid", r->pid);
	cli_json_bool(&j, "can_eject", (r->mechanical & CAN_EJECT) != 0);
	cli_json_string(&j, "error", why(r));
	cli_json_end_object(&j);
}

static void print_text(const struct iscard_reader *r, size_t number)
{
	printf("%zu  %s\n", number, r->name);
	if (FAILED(r->result))
		printf("     ! %s\n", why(r));
	else
		printf("     %s, slot %u, %04x:%04x%s\n", r->address, r->slot, r->vid, r->pid,
		       (r->mechanical & CAN_EJECT) != 0 ? ", can eject cards" : "");
}

static int print_list(iscard_context *context, bool json)
{
	struct iscard_reader_list *list;
	HRESULT hr = iscard_context_list(context, &list);

	if (FAILED(hr)) {
		cli_error("cannot list readers: %s", iscard_strerror(hr));
		return CLI_FAILED;
	}
	for (size_t i = 0; i < list->count; i++)
		if (json)
			print_json(&list->readers[i], i);
		else
			print_text(&list->readers[i], i);
	cli_warn_denied(list->denied);
	if (list->count == 0 && list->denied == 0)
		cli_error(
			"there is no reader; plug one in, or give an address such as replay:FILE");
	iscard_reader_list_free(list);
	return CLI_OK;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {{"--json", &json, NULL}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);
	iscard_context *context;

	if (code >= 0)
		return code;
	if (argc > 1 || (argc == 1 && !cli_is_address(argv[0])))
		return cli_usage(self, "list: %s is no address", argv[argc - 1]);
	code = cli_context_open(&context, argc == 1 ? argv[0] : NULL, NULL);
	if (code != CLI_OK)
		return code;
	code = print_list(context, json);
	iscard_context_unref(context);
	return code;
}

const struct cli_command cli_cmd_list = {
	.name = "list",
	.args = "[ADDRESS] [--json]",
	.summary = "list the readers that are there",
	.help = help,
	.run = run,
};
