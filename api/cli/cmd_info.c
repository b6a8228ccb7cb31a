/* SPDX-License-Identifier: MIT */
#include "caps_view.h"
#include "cli.h"
#include "cli_batch.h"
#include "cli_raw.h"
#include "cli_reader.h"
#include "desc_view.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Show what a reader says of itself: the fields of its CCID class descriptor\n"
	"(USB CCID Rev 1.1, section 5.1), its exchange level and features, whether it can\n"
	"eject cards, and what a driver has to clamp or doubt. Of a reader also how it is\n"
	"driven: mechanics, PIN pad, display, the longest APDU, the quirks in force.\n"
	"\n"
	"  iscard info 0                              the first reader\n"
	"  iscard info --descriptor 36210001...       the 54 bytes in hexadecimal\n"
	"  iscard info --json --descriptor - < FILE   a batch: a descriptor a line\n"
	"\n"
	"In a batch, blank lines and lines that start with # are passed over; a line that is\n"
	"no descriptor is reported in its place and the batch goes on.\n"
	"\n"
	"  --descriptor   the arguments are descriptors, not readers\n"
	"  --json         one JSON object a line: the fields by the names of the\n"
	"                 specification, as the device claims them; exchange_level (character,\n"
	"                 tpdu, short, extended), features, can_eject, warnings, errors;\n"
	"                 of a reader also driven, an object with what is in force\n"
	"\n"
	"Exit code 1 when an argument is no descriptor.\n";

struct job {
	bool json, bad;
};

/* Why an item is no descriptor, in why; NULL when it is one. */
static const char *decode(struct ccid_class_desc *d, const struct cli_item *item, char *why,
                          size_t cap)
{
	if (item->problem != NULL)
		return item->problem;
	if (item->count < CCID_CLASS_DESC_LEN) {
		snprintf(why, cap, "a class descriptor has %d bytes, these are %zu",
		         CCID_CLASS_DESC_LEN, item->count);
		return why;
	}
	if (ccid_class_desc_decode(d, item->bytes, item->count) < 0) {
		snprintf(why, cap, "bLength is %u, below %d", item->bytes[0], CCID_CLASS_DESC_LEN);
		return why;
	}
	return NULL;
}

static void show_json(const struct cli_item *item, const struct ccid_class_desc *d,
                      const char *problem)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_text(&j, "descriptor", item->text, item->len);
	cli_json_bool(&j, "valid", problem == NULL);
	cli_json_array(&j, "errors");
	if (problem != NULL)
		cli_json_string(&j, NULL, problem);
	cli_json_end_array(&j);
	if (problem != NULL)
		cli_desc_json_nothing(&j);
	else
		cli_desc_json(&j, d);
	cli_json_end_object(&j);
}

static bool show(void *arg, const struct cli_item *item)
{
	struct ccid_class_desc d;
	struct job *job = arg;
	char why[80];
	const char *problem = decode(&d, item, why, sizeof why);

	job->bad = job->bad || problem != NULL;
	if (job->json) {
		show_json(item, &d, problem);
		return true;
	}
	cli_item_print(item);
	if (problem != NULL)
		printf("  ! %s\n", problem);
	else
		cli_desc_print(stdout, &d);
	return true;
}

/* What the device itself says, and what ISCard calls it. */
struct device {
	struct ccid_identity id;
	struct ccid_class_desc desc;
	struct iscard_capabilities caps;
	bool driven; /* caps holds */
	struct iscard_kiosk_status kiosk;
};

static void print_identity(const char *name, const struct ccid_identity *id)
{
	printf("%s\n", name);
	printf("  address: %s\n", id->address);
	printf("  USB %04x:%04x, release %x.%02x\n", id->vid, id->pid, id->bcd_device >> 8,
	       id->bcd_device & 0xFFu);
	printf("  manufacturer: %s\n  product: %s\n  interface: %s\n  serial number: %s\n",
	       id->manufacturer, id->product, id->interface_name, id->serial);
}

static void put_identity(struct cli_json *j, const char *name, const struct ccid_identity *id)
{
	cli_json_string(j, "reader", name);
	cli_json_string(j, "address", id->address);
	cli_json_number(j, "idVendor", id->vid);
	cli_json_number(j, "idProduct", id->pid);
	cli_json_number(j, "bcdDevice", id->bcd_device);
	cli_json_string(j, "manufacturer", id->manufacturer);
	cli_json_string(j, "product", id->product);
	cli_json_string(j, "interface", id->interface_name);
	cli_json_string(j, "serial", id->serial);
}

static bool can_eject(const struct device *d)
{
	return d->driven && (d->caps.mechanical & ISCARD_MECHANICAL_EJECT) != 0;
}

static void print_driven(const struct device *d)
{
	cli_caps_print(stdout, &d->caps);
	if (can_eject(d))
		printf("  a card that is ejected: %s\n",
		       d->kiosk.sees_mouth
		               ? "was taken when it is gone (the mouth is vouched for)"
		               : "that it was taken is never known, only that it has left "
		                 "the contacts (see iscard eject --help)");
}

static void show_device(const char *name, const struct device *d, bool json)
{
	struct cli_json j = cli_json(stdout);

	if (!json) {
		print_identity(name, &d->id);
		cli_desc_print(stdout, &d->desc);
		if (d->driven)
			print_driven(d);
		else
			printf("such a reader cannot be driven\n");
		return;
	}
	cli_json_object(&j, NULL);
	put_identity(&j, name, &d->id);
	cli_desc_json(&j, &d->desc);
	if (d->driven)
		cli_json_bool(&j, "sees_mouth", d->kiosk.sees_mouth);
	if (d->driven)
		cli_caps_json(&j, &d->caps);
	else
		cli_json_null(&j, "driven");
	cli_json_end_object(&j);
}

/* A reader that is not on this machine's bus must be opened to be asked. */
static int ask_transport(struct device *out, const char *address)
{
	const struct ccid_env env = {0};
	struct ccid_transport *t;
	char problem[256];
	int err = cli_transport_open(&t, address, &env, problem, sizeof problem);

	if (err < 0) {
		cli_error("%s: %s", address, problem);
		return CLI_FAILED;
	}
	out->id = t->id;
	err = ccid_class_desc_decode(&out->desc, t->iface.desc, CCID_CLASS_DESC_LEN);
	t->ops->close(t);
	if (err < 0)
		cli_error("%s: its class descriptor cannot be read", address);
	return err < 0 ? CLI_FAILED : CLI_OK;
}

static int ask_device(struct device *out, const char *address)
{
	struct ccid_usb_found usb;

	if (!cli_usb_find(&usb, address))
		return ask_transport(out, address);
	out->id = usb.id;
	out->desc = usb.desc;
	return CLI_OK;
}

static int ask_context(struct device *out, const struct cli_reader *r)
{
	HRESULT hr;

	out->caps = (struct iscard_capabilities){.size = sizeof out->caps};
	hr = iscard_reader_capabilities(r->context, r->found->name, &out->caps);
	out->driven = SUCCEEDED(hr);
	out->kiosk = (struct iscard_kiosk_status){.size = sizeof out->kiosk};
	if (SUCCEEDED(hr) && can_eject(out))
		hr = iscard_card_place(r->context, r->found->name, &out->kiosk);
	if (hr == SCARD_E_UNSUPPORTED_FEATURE) /* it can still be described */
		return CLI_OK;
	return FAILED(hr) ? cli_report(r->found, "capabilities", hr) : CLI_OK;
}

static int ask_reader(const char *text, bool json)
{
	struct cli_reader r;
	struct device d;
	char *name, *address;
	int code = cli_reader_find(&r, text, NULL);

	if (code != CLI_OK)
		return code;
	code = ask_context(&d, &r);
	name = strdup(r.found->name);
	address = strdup(r.found->address);
	cli_reader_close(&r);
	if (name == NULL || address == NULL) {
		cli_error("out of memory");
		code = CLI_FAILED;
	} else if (code == CLI_OK) {
		code = ask_device(&d, address);
	}
	if (code == CLI_OK)
		show_device(name, &d, json);
	free(name);
	free(address);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct job job = {0};
	bool descriptor = false;
	const struct cli_option options[] = {{"--json", &job.json, NULL},
	                                     {"--descriptor", &descriptor, NULL},
	                                     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc == 0)
		return cli_usage(self, "info: a reader or a descriptor is needed");
	if (!descriptor && argc == 1)
		return ask_reader(argv[0], job.json);
	if (!descriptor)
		return cli_usage(self, "info: one reader at a time, or --descriptor");
	if (argc == 1 && strcmp(argv[0], "-") == 0)
		return cli_batch_stdin(show, &job);
	code = cli_batch_args(argc, argv, show, &job);
	return job.bad ? CLI_FAILED : code;
}

const struct cli_command cli_cmd_info = {
	.name = "info",
	.args = "READER | --descriptor HEX... | --descriptor - [--json]",
	.summary = "show what a reader says of itself, or explain a class descriptor",
	.help = help,
	.run = run,
};
