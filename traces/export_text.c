/* SPDX-License-Identifier: MIT */
/* The text form of an exchange, a transfer a line (traces/README.md). */
#include "bytes.h"
#include "ccid_desc.h"
#include "export_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_MAX 65536u

struct text {
	bool started;
	uint64_t first_ns;
	uint8_t device;                                      /* that the head was written for */
	uint8_t out, in, intr, told_out, told_in, told_intr; /* endpoints */
	uint8_t setup[8];
	size_t len; /* data of the control request under way */
	uint8_t data[CONTROL_MAX];
};

static int begin(struct ccid_export_job *j)
{
	j->own = calloc(1, sizeof(struct text));
	fputs("# ccid-exchange 1\n# kind: exported from a trace\n# unit: transfer\n", j->f);
	return j->own != NULL ? 0 : CCID_E_NOMEM;
}

static void end(struct ccid_export_job *j)
{
	if (j->own != NULL)
		ccid_wipe(j->own, sizeof(struct text));
	free(j->own);
}

static void put_head(struct ccid_export_job *j, struct text *t)
{
	if (t->device != j->device)
		fprintf(j->f, "# reader: %04x:%04x \n", (unsigned)j->vid, (unsigned)j->pid);
	t->device = j->device;
}

static void put_endpoints(struct ccid_export_job *j, struct text *t)
{
	if (t->out == t->told_out && t->in == t->told_in && t->intr == t->told_intr)
		return;
	t->told_out = t->out;
	t->told_in = t->in;
	t->told_intr = t->intr;
	fprintf(j->f, "# endpoints: bulk-out %02x, bulk-in %02x", (unsigned)t->out,
	        (unsigned)t->in);
	if (t->intr != 0)
		fprintf(j->f, ", interrupt %02x", (unsigned)t->intr);
	fputc('\n', j->f);
}

/* A note is for people; one about what is missing has a line of its own. */
static void put_note(struct ccid_export_job *j, const char *note)
{
	if (note == NULL || note[0] == '\0')
		return;
	if (strstr(note, "messages before this one are not known") != NULL) {
		fputs("gap\n", j->f);
		return;
	}
	fputs("# note: ", j->f);
	for (; *note != '\0'; note++)
		fputc((unsigned char)*note < ' ' || *note == 0x7F ? '?' : *note, j->f);
	fputc('\n', j->f);
}

static void put_bytes(struct ccid_export_job *j, const struct ccid_usb_event *e,
                      const uint8_t *data, size_t len)
{
	static const char *const names[] = {"",       "!cancelled", "!invalid", "!ioerror",
	                                    "!stall", "!timeout",   "!babble"};
	const struct text *t = j->own;

	if (!e->submit && e->status != CCID_REDIR_OK)
		fputs(e->status < sizeof names / sizeof names[0] ? names[e->status] : "!ioerror",
		      j->f);
	else if (len == 0)
		fputc('-', j->f);
	else
		ccid_export_hex(j->f, data, len, false);
	fprintf(j->f, " t=%" PRIu64 "\n",
	        e->time_ns >= t->first_ns ? (e->time_ns - t->first_ns) / 1000u : 0);
}

static void learn_config(struct text *t, const struct ccid_usb_event *e)
{
	struct ccid_interface f;
	size_t pos = 0;

	if (t->setup[0] != 0x80 || t->setup[1] != 6 || t->setup[3] != 2 ||
	    ccid_config_next(e->data, e->len, &pos, &f) != 1)
		return;
	t->out = f.bulk_out.address;
	t->in = f.bulk_in.address;
	t->intr = f.intr_in.address;
}

static void take_control(struct ccid_export_job *j, struct text *t, const struct ccid_usb_event *e)
{
	bool in = (e->endpoint & 0x80) != 0;

	if (e->submit) {
		memcpy(t->setup, e->setup, 8);
		t->len = !in && e->len <= CONTROL_MAX ? e->len : 0;
		if (t->len > 0)
			memcpy(t->data, e->data, t->len);
		put_note(j, e->note);
		return;
	}
	put_note(j, e->note);
	fputs("ctrl ", j->f);
	ccid_export_hex(j->f, t->setup, 8, false);
	fputc(' ', j->f);
	put_bytes(j, e, in ? e->data : t->data, in ? e->len : t->len);
	if (in && e->status == CCID_REDIR_OK)
		learn_config(t, e);
}

static void take_in(struct ccid_export_job *j, const struct ccid_usb_event *e)
{
	const struct text *t = j->own;
	uint64_t us = e->time_ns >= t->first_ns ? (e->time_ns - t->first_ns) / 1000u : 0;

	put_note(j, e->note);
	if (e->status == CCID_REDIR_CANCELLED) {
		fprintf(j->f, "none bulk - t=%" PRIu64 "\n", us);
		return;
	}
	fputs("in bulk ", j->f);
	put_bytes(j, e, e->data, e->len);
}

static void take_out(struct ccid_export_job *j, const struct ccid_usb_event *e)
{
	if (!e->submit) {
		if (e->status != CCID_REDIR_OK)
			fprintf(j->f, "# note: the transfer before failed (%s)\n",
			        ccid_redir_status_name(e->status));
		return;
	}
	put_note(j, e->note);
	fputs("out bulk ", j->f);
	put_bytes(j, e, e->data, e->len);
}

static void event(struct ccid_export_job *j, const struct ccid_usb_event *e)
{
	struct text *t = j->own;

	if (!t->started)
		t->first_ns = e->time_ns;
	t->started = true;
	put_head(j, t);
	if (e->kind == CCID_USB_CONTROL) {
		take_control(j, t, e);
		return;
	}
	*(e->kind == CCID_USB_INTERRUPT ? &t->intr
	  : (e->endpoint & 0x80)        ? &t->in
	                                : &t->out) = e->endpoint;
	if (e->kind == CCID_USB_BULK && (e->endpoint & 0x80) == 0) {
		put_endpoints(j, t);
		take_out(j, e);
	} else if (!e->submit && e->kind == CCID_USB_BULK) {
		put_endpoints(j, t);
		take_in(j, e);
	} else if (!e->submit && e->status == CCID_REDIR_OK) {
		put_endpoints(j, t);
		put_note(j, e->note);
		fputs("in intr ", j->f);
		put_bytes(j, e, e->data, e->len);
	}
}

const struct ccid_export_writer ccid_export_text = {.begin = begin, .event = event, .end = end};
