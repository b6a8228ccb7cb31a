/* SPDX-License-Identifier: MIT */
#include "export_priv.h"

#include "mask.h"
#include "trace_masked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GET_CONFIGURATION 8
#define SET_CONFIGURATION 9
#define GET_INTERFACE     10
#define SET_INTERFACE     11
#define INTERRUPT_ID      (UINT64_C(1) << 63) /* no usbredir id comes that far */
#define BUFFER            (64u << 10)
#define STEP              4096u

enum ccid_export_format ccid_export_format_named(const char *name)
{
	if (strcmp(name, "usbmon") == 0)
		return CCID_EXPORT_USBMON;
	if (strcmp(name, "text") == 0)
		return CCID_EXPORT_TEXT;
	return strcmp(name, "jsonl") == 0 ? CCID_EXPORT_JSONL : CCID_EXPORT_NONE;
}

void ccid_export_hex(FILE *f, const uint8_t *data, size_t len, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[512];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		text[n++] = digits[data[i] >> 4];
		text[n++] = digits[data[i] & 15];
		if (n == sizeof text || i + 1 == len) {
			fwrite(text, 1, n, f);
			n = 0;
		}
	}
}

/* Packets to events. */

/* "26+8", moved by so many bytes. False when it is something else. */
static bool move_span(struct ccid_export_job *j, size_t *n, const char *word, size_t len,
                      size_t head)
{
	unsigned long off, count;
	int used = 0;

	if (sscanf(word, "%lu+%lu%n", &off, &count, &used) != 2 || (size_t)used != len)
		return false;
	off = off >= head ? off - head + j->writer->header : 0;
	*n += (size_t)snprintf(j->note + *n, sizeof j->note - *n, "%lu+%lu", off, count);
	return true;
}

/* The comment, with the places of masked bytes where they are in the other format. */
static const char *take_note(struct ccid_export_job *j, const struct ccid_trace_packet *from,
                             const struct ccid_redir_packet *p)
{
	const char *at = from->comment, *pos = NULL;
	size_t head = from->len - p->data_len, n = 0;
	struct ccid_mask_span span;

	if (at == NULL || ccid_mask_next(at, &pos, &span) == 0)
		return at;
	while (*at != '\0' && n < sizeof j->note - 1) {
		size_t len = strcspn(at, " ");
		bool word = (len == 6 && strncmp(at, "masked", 6) == 0) ||
		            (len == 3 && strncmp(at, "any", 3) == 0);

		if (!move_span(j, &n, at, len, head) && !word)
			break;
		if (word)
			n += (size_t)snprintf(j->note + n, sizeof j->note - n, "%.*s", (int)len,
			                      at);
		at += len;
		if (*at == ' ' && n < sizeof j->note - 1)
			j->note[n++] = *at++;
	}
	if (n < sizeof j->note)
		snprintf(j->note + n, sizeof j->note - n, "%s", at);
	return j->note;
}

static struct ccid_usb_event event_of(struct ccid_export_job *j,
                                      const struct ccid_trace_packet *from,
                                      const struct ccid_redir_packet *p, enum ccid_usb_kind kind)
{
	return (struct ccid_usb_event){
		.submit = from->dir == CCID_TRACE_FROM_GUEST,
		.kind = kind,
		.bus = CCID_EXPORT_BUS,
		.device = j->device,
		.endpoint = p->endpoint,
		.status = p->status,
		.id = p->id,
		.time_ns = from->time_ns,
		.frame = j->report->packets,
		.note = take_note(j, from, p),
	};
}

static void put(struct ccid_export_job *j, const struct ccid_usb_event *e)
{
	j->report->events++;
	j->writer->event(j, e);
}

static void set_setup(struct ccid_usb_event *e, uint8_t type, uint8_t request, uint16_t value,
                      uint16_t index, uint16_t length)
{
	const uint8_t setup[8] = {type,
	                          request,
	                          (uint8_t)value,
	                          (uint8_t)(value >> 8),
	                          (uint8_t)index,
	                          (uint8_t)(index >> 8),
	                          (uint8_t)length,
	                          (uint8_t)(length >> 8)};

	e->has_setup = true;
	memcpy(e->setup, setup, sizeof setup);
}

static void take_control(struct ccid_export_job *j, const struct ccid_trace_packet *from,
                         const struct ccid_redir_packet *p)
{
	struct ccid_usb_event e = event_of(j, from, p, CCID_USB_CONTROL);

	e.endpoint = p->request_type & 0x80;
	set_setup(&e, p->request_type, p->request, p->value, p->index, (uint16_t)p->length);
	e.data = p->data;
	e.len = p->data_len;
	e.length = p->length;
	put(j, &e);
}

static void take_bulk(struct ccid_export_job *j, const struct ccid_trace_packet *from,
                      const struct ccid_redir_packet *p)
{
	struct ccid_usb_event e = event_of(j, from, p, CCID_USB_BULK);

	e.data = p->data;
	e.len = p->data_len;
	e.length = p->length;
	put(j, &e);
}

static void ask_interrupt(struct ccid_export_job *j, const struct ccid_trace_packet *from,
                          const struct ccid_redir_packet *p)
{
	struct ccid_usb_event e = event_of(j, from, p, CCID_USB_INTERRUPT);

	j->intr = p->endpoint;
	e.submit = true;
	e.id = INTERRUPT_ID | ++j->interrupts;
	e.length = 64;
	e.note = NULL;
	put(j, &e);
}

static void end_interrupt(struct ccid_export_job *j, const struct ccid_trace_packet *from,
                          const struct ccid_redir_packet *p)
{
	struct ccid_usb_event e = event_of(j, from, p, CCID_USB_INTERRUPT);

	e.submit = false;
	e.id = INTERRUPT_ID | j->interrupts;
	if (p->type == CCID_REDIR_INTERRUPT) {
		e.data = p->data;
		e.len = p->data_len;
		e.length = (uint32_t)p->data_len;
	}
	e.gone = p->type == CCID_REDIR_DEVICE_DISCONNECT;
	j->intr = 0;
	put(j, &e);
}

static void take_interrupt(struct ccid_export_job *j, const struct ccid_trace_packet *from,
                           const struct ccid_redir_packet *p)
{
	if (j->intr == 0)
		ask_interrupt(j, from, p);
	end_interrupt(j, from, p);
	if (p->status == CCID_REDIR_OK)
		ask_interrupt(j, from, p);
}

/* The stream ends: what waits on the endpoint is cancelled, or failed. */
static void stop_interrupt(struct ccid_export_job *j, const struct ccid_trace_packet *from,
                           uint32_t type, uint8_t status)
{
	const struct ccid_redir_packet p = {.type = type, .endpoint = j->intr, .status = status};

	if (j->intr != 0)
		end_interrupt(j, from, &p);
}

static bool was_get_alt(const struct ccid_export_job *j, uint64_t id)
{
	for (unsigned i = 0; i < 16; i++)
		if (j->got_alt[i] == id + 1)
			return true;
	return false;
}

/* Requests that usbredir has packets of their own for. */
static void take_setting(struct ccid_export_job *j, const struct ccid_trace_packet *from,
                         const struct ccid_redir_packet *p)
{
	struct ccid_usb_event e = event_of(j, from, p, CCID_USB_CONTROL);
	bool get = p->type == CCID_REDIR_GET_CONFIGURATION ||
	           p->type == CCID_REDIR_GET_ALT_SETTING ||
	           (p->type == CCID_REDIR_ALT_SETTING_STATUS && was_get_alt(j, p->id));
	bool alt = p->type == CCID_REDIR_SET_ALT_SETTING || p->type == CCID_REDIR_GET_ALT_SETTING ||
	           p->type == CCID_REDIR_ALT_SETTING_STATUS;

	if (p->type == CCID_REDIR_GET_ALT_SETTING)
		j->got_alt[j->got_alts++ % 16] = p->id + 1;
	if (alt)
		set_setup(&e, get ? 0x81 : 0x01, get ? GET_INTERFACE : SET_INTERFACE,
		          get ? 0 : p->alt, p->interface, get);
	else
		set_setup(&e, get ? 0x80 : 0x00, get ? GET_CONFIGURATION : SET_CONFIGURATION,
		          get ? 0 : p->config, 0, get);
	e.endpoint = e.setup[0] & 0x80;
	if (get && !e.submit) {
		e.data = &p->alt;
		e.len = e.length = p->status == CCID_REDIR_OK;
	}
	put(j, &e);
}

static void take_connect(struct ccid_export_job *j, const struct ccid_redir_packet *p)
{
	struct ccid_redir_connect c;

	if (ccid_redir_decode_connect(&c, p->data, p->data_len) != 0)
		return;
	j->device = j->device < 127 ? j->device + 1 : 2;
	j->vid = c.vid;
	j->pid = c.pid;
	j->intr = 0;
}

static void take_packet(struct ccid_export_job *j, const struct ccid_trace_packet *from,
                        const struct ccid_redir_packet *p)
{
	switch (p->type) {
	case CCID_REDIR_CONTROL: take_control(j, from, p); break;
	case CCID_REDIR_BULK: take_bulk(j, from, p); break;
	case CCID_REDIR_INTERRUPT: take_interrupt(j, from, p); break;
	case CCID_REDIR_START_INTERRUPT: ask_interrupt(j, from, p); break;
	case CCID_REDIR_STOP_INTERRUPT:
	case CCID_REDIR_RESET: stop_interrupt(j, from, p->type, CCID_REDIR_CANCELLED); break;
	case CCID_REDIR_INTERRUPT_STATUS:
		if (p->status != CCID_REDIR_OK)
			stop_interrupt(j, from, p->type, p->status);
		break;
	case CCID_REDIR_DEVICE_DISCONNECT:
		stop_interrupt(j, from, p->type, CCID_REDIR_CANCELLED);
		break;
	case CCID_REDIR_DEVICE_CONNECT: take_connect(j, p); break;
	case CCID_REDIR_SET_CONFIGURATION:
	case CCID_REDIR_GET_CONFIGURATION:
	case CCID_REDIR_CONFIGURATION_STATUS:
	case CCID_REDIR_SET_ALT_SETTING:
	case CCID_REDIR_GET_ALT_SETTING:
	case CCID_REDIR_ALT_SETTING_STATUS: take_setting(j, from, p); break;
	default: break;
	}
}

static int convert(struct ccid_export_job *j, struct ccid_trace_masked *m,
                   struct ccid_trace_reader *r,
                   void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg)
{
	struct ccid_trace_packet packet;
	struct ccid_redir_packet p;
	int got;

	while ((got = ccid_trace_masked_next(m, r, &packet)) == 1 && ferror(j->f) == 0) {
		j->report->packets++;
		if (ccid_redir_decode(&p, packet.data, packet.len, packet.caps) == 0)
			take_packet(j, &packet, &p);
		if (progress != NULL && j->report->packets % STEP == 0)
			progress(arg, packet.offset, ccid_trace_size(r));
	}
	if (got < 0)
		snprintf(j->report->problem, sizeof j->report->problem, "%s",
		         ccid_trace_problem(r));
	return got < 0 ? got : 0;
}

static FILE *open_output(int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *f = own >= 0 ? fdopen(own, "wb") : NULL;

	if (f == NULL && own >= 0)
		close(own);
	if (f != NULL)
		setvbuf(f, NULL, _IOFBF, BUFFER);
	return f;
}

static int close_output(struct ccid_export_job *j, int err)
{
	bool bad = ferror(j->f) != 0;

	if (fclose(j->f) == 0 && !bad)
		return err;
	snprintf(j->report->problem, sizeof j->report->problem, "the output cannot be written: %s",
	         strerror(errno));
	return CCID_E_IO;
}

int ccid_export(const char *path, int fd, enum ccid_export_format format,
                void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
                struct ccid_export_report *report)
{
	static const struct ccid_export_writer *const writers[] = {
		NULL, &ccid_export_usbmon, &ccid_export_text, &ccid_export_jsonl};
	struct ccid_export_job j = {.writer = writers[format], .report = report, .device = 1};
	struct ccid_trace_masked *m = NULL;
	struct ccid_trace_reader *r = NULL;
	int err;

	*report = (struct ccid_export_report){0};
	err = ccid_trace_open(&r, strcmp(path, "-") == 0 ? "/dev/stdin" : path, report->problem,
	                      sizeof report->problem);
	if (err != 0)
		return err;
	err = ccid_trace_masked_new(&m);
	j.f = open_output(fd);
	if (err == 0)
		err = j.f == NULL ? CCID_E_IO : j.writer->begin != NULL ? j.writer->begin(&j) : 0;
	if (err == 0)
		err = convert(&j, m, r, progress, arg);
	if (j.f != NULL && j.writer->end != NULL)
		j.writer->end(&j);
	if (j.f != NULL)
		err = close_output(&j, err);
	if (err != 0 && report->problem[0] == '\0')
		snprintf(report->problem, sizeof report->problem, "%s", ccid_err_text(err));
	ccid_trace_masked_free(m);
	ccid_trace_reader_close(r);
	return err;
}
