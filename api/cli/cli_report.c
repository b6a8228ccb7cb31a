/* SPDX-License-Identifier: MIT */
#include "cause.h"
#include "cli.h"
#include "cli_reader.h"

#include <string.h>

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

struct search {
	const char *address;
	struct ccid_usb_found *out;
};

static int compare(void *arg, const struct ccid_usb_found *found)
{
	struct search *s = arg;

	if (strcmp(found->id.address, s->address) != 0)
		return 0;
	*s->out = *found;
	return 1;
}

bool cli_usb_find(struct ccid_usb_found *out, const char *address)
{
	const struct ccid_env env = {0};
	struct search s = {address, out};

	return ccid_usb_scan(&env, NULL, compare, &s, NULL) == 1;
}

static int report_busy(const struct iscard_reader *r, const struct ccid_usb_found *found)
{
	char holder[80] = "";

	if (found != NULL)
		ccid_usb_holder(holder, sizeof holder, found->node);
	if (holder[0] != '\0')
		cli_error("%s: in use by %s: stop that program first", r->name, holder);
	else
		cli_error("%s: in use by another program (pcscd, or scdaemon?): stop it first",
		          r->name);
	return CLI_NO_ACCESS;
}

static int report_denied(const struct iscard_reader *r, const struct ccid_usb_found *found)
{
	if (begins(r->address, "usbredir"))
		cli_error("%s: no permission to connect", r->address);
	else
		cli_error("%s: no permission on %s: " CCID_DENIED_ADVICE, r->name,
		          found != NULL ? found->node : "its device node");
	return CLI_NO_ACCESS;
}

static int report_unreachable(const struct iscard_reader *r)
{
	if (begins(r->address, "fd:"))
		cli_error("%s: no device is open under this number", r->address);
	else
		cli_error("%s: nothing answers at this address; does the server run?", r->address);
	return CLI_NO_READER;
}

/* The transport has said already, as an error, what it expected and what came. */
static int report_divergence(const struct iscard_reader *r, const char *what)
{
	cli_error("%s: %s: the recorded session goes another way", r->address, what);
	return CLI_DAMAGED;
}

static int exit_code(HRESULT hr)
{
	switch (hr) {
	case SCARD_E_UNKNOWN_READER:
	case SCARD_E_NO_READERS_AVAILABLE:
	case SCARD_E_READER_UNAVAILABLE: return CLI_NO_READER;
	case SCARD_E_NO_SMARTCARD:
	case SCARD_W_REMOVED_CARD:
	case SCARD_W_UNRESPONSIVE_CARD:
	case SCARD_W_UNSUPPORTED_CARD: return CLI_NO_CARD;
	default: return CLI_FAILED;
	}
}

int cli_report(const struct iscard_reader *r, const char *what, HRESULT hr)
{
	struct ccid_usb_found found;
	bool usb = cli_usb_find(&found, r->address);
	const char *name = iscard_result_name(hr);

	if (hr == SCARD_E_SHARING_VIOLATION)
		return report_busy(r, usb ? &found : NULL);
	if (hr == SCARD_W_SECURITY_VIOLATION)
		return report_denied(r, usb ? &found : NULL);
	if (hr == SCARD_E_UNKNOWN_READER &&
	    (begins(r->address, "usbredir") || begins(r->address, "fd:")))
		return report_unreachable(r);
	if (hr == ISCARD_E_DIVERGED)
		return report_divergence(r, what);
	if (hr == SCARD_E_NO_SMARTCARD)
		cli_error("%s: there is no card in the reader", r->name);
	else
		cli_error("%s: %s: %s (%s)", r->name, what, iscard_strerror(hr),
		          name != NULL ? name : "?");
	return exit_code(hr);
}
