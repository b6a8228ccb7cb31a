/* SPDX-License-Identifier: MIT */
#include "import_priv.h"
#include "pcapng.h"
#include "usb_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum ccid_import_format format;
} formats[] = {
	{"usbmon", CCID_IMPORT_USBMON},     {"usbpcap", CCID_IMPORT_USBPCAP},
	{"usbredir", CCID_IMPORT_USBREDIR}, {"tcp", CCID_IMPORT_TCP},
	{"log", CCID_IMPORT_LOG},           {"text", CCID_IMPORT_TEXT},
};

enum ccid_import_format ccid_import_format_named(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].format;
	return CCID_IMPORT_ANY;
}

int ccid_import_fail(struct ccid_import_job *j, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->report->problem, sizeof j->report->problem, fmt, ap);
	va_end(ap);
	return err;
}

int ccid_import_begin(struct ccid_import_job *j, const char *text)
{
	char comment[CCID_TRACE_SECTION_MAX + 64];
	int fd = fcntl(j->fd, F_DUPFD_CLOEXEC, 0), err;

	if (fd < 0)
		return ccid_import_fail(j, CCID_E_IO, "%s", strerror(errno));
	snprintf(comment, sizeof comment, "Imported from %s. %s", j->report->format, text);
	err = ccid_trace_create_buffered(&j->out.w, fd, comment);
	return err != 0 ? ccid_import_fail(j, err, "%s", ccid_err_text(err)) : 0;
}

void ccid_import_step(struct ccid_import_job *j, const struct ccid_input *in, unsigned round)
{
	uint64_t size;

	if (j->options->progress == NULL || ++j->steps % CCID_IMPORT_STEP != 0)
		return;
	size = ccid_input_size(in);
	j->options->progress(j->options->arg, in->offset + size * round, size * j->rounds);
}

static int open_input(struct ccid_import_job *j, struct ccid_input *in, const char *path)
{
	int fd, err;

	if (strcmp(path, "-") != 0) {
		err = ccid_input_open(in, path);
	} else {
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
		err = fd < 0 ? CCID_E_IO : ccid_input_open_fd(in, fd);
	}
	return err != 0 ? ccid_import_fail(j, err, "%s", strerror(errno)) : 0;
}

static enum ccid_import_format format_of(uint32_t link)
{
	if (link == CCID_LINKTYPE_USBREDIR)
		return CCID_IMPORT_USBREDIR;
	if (ccid_import_is_ip(link))
		return CCID_IMPORT_TCP;
	return link == CCID_LINKTYPE_USBPCAP ? CCID_IMPORT_USBPCAP : CCID_IMPORT_USBMON;
}

static bool is_usb(uint32_t link)
{
	return link == CCID_LINKTYPE_USBREDIR || link == CCID_LINKTYPE_USB_MMAP ||
	       link == CCID_LINKTYPE_USB_LINUX || link == CCID_LINKTYPE_USBPCAP;
}

/* Whether a packet of another kind may follow that is meant rather: a network beside USB. */
static bool may_be_better(const struct ccid_import_job *j, const struct ccid_capture *c,
                          uint32_t link)
{
	enum ccid_import_format want = j->options->format;

	if (want != CCID_IMPORT_ANY)
		return want != format_of(link);
	for (unsigned i = 0; !is_usb(link) && i < c->ng.interfaces; i++)
		if (!c->classic && is_usb(c->ng.interface[i].link))
			return true;
	return false;
}

/* The kind of packets a capture holds: the first that is of a known one decides, but USB comes before
 * the network. */
static int look_at_links(struct ccid_import_job *j, struct ccid_capture *c, uint32_t *link)
{
	struct ccid_pcapng_block b;
	bool known = false;
	int got;

	*link = 0;
	while ((got = ccid_capture_next(c, &b)) == 1) {
		bool fits = is_usb(b.link) || ccid_import_is_ip(b.link);

		if (fits || !known)
			*link = b.link;
		known = known || fits;
		if (fits && !may_be_better(j, c, b.link))
			break;
	}
	if (known && got != 1)
		got = 1;
	if (got < 0)
		return ccid_import_fail(j, got, "%s", c->ng.problem);
	if (got == 0)
		return ccid_import_fail(j, CCID_E_FORMAT,
		                        *link == 0 ? "a capture without packets"
		                                   : "packets of link type %u, "
		                                     "which are not known here",
		                        (unsigned)*link);
	return ccid_capture_rewind(c);
}

static int import_usb_capture(struct ccid_import_job *j, const struct ccid_capture *c)
{
	struct ccid_usb_source *s;
	int err = ccid_usb_capture_open(&s, c);

	return err != 0 ? ccid_import_fail(j, err, "out of memory") : ccid_import_usb(j, s);
}

static int import_capture(struct ccid_import_job *j, struct ccid_input *in)
{
	enum ccid_import_format want = j->options->format, found;
	struct ccid_capture c;
	uint32_t link = 0;
	int err = ccid_capture_open(&c, in);

	if (err != 0)
		return ccid_import_fail(j, err, "%s", c.ng.problem);
	err = look_at_links(j, &c, &link);
	found = format_of(link);
	if (err == 0 && want != CCID_IMPORT_ANY && want != found)
		err = ccid_import_fail(j, CCID_E_FORMAT, "a capture of another kind (link type %u)",
		                       (unsigned)link);
	if (err != 0) {
		ccid_capture_close(&c);
		return err;
	}
	if (found == CCID_IMPORT_USBREDIR)
		return ccid_import_redir(j, &c);
	return found == CCID_IMPORT_TCP ? ccid_import_tcp(j, &c) : import_usb_capture(j, &c);
}

static int import_lines(struct ccid_import_job *j, struct ccid_input *in, bool log)
{
	struct ccid_usb_source *s;
	int err = log ? ccid_log_open_source(&s, in) : ccid_text_open_source(&s, in);

	return err != 0 ? ccid_import_fail(j, err, "out of memory") : ccid_import_usb(j, s);
}

static int import_dumps(struct ccid_import_job *j, struct ccid_input *in)
{
	struct ccid_input second;
	int err;

	if (j->options->second == NULL) {
		ccid_input_close(in);
		return ccid_import_fail(j, CCID_E_FORMAT,
		                        "one direction of a usbredir connection; the file of the "
		                        "other one is needed too");
	}
	err = open_input(j, &second, j->options->second);
	if (err == 0)
		return ccid_import_dumps(j, in, &second);
	ccid_input_close(in);
	return err;
}

static enum ccid_import_format recognise(struct ccid_input *in)
{
	if (ccid_capture_fits(in))
		return CCID_IMPORT_USBMON;
	if (ccid_import_is_dump(in))
		return CCID_IMPORT_USBREDIR;
	if (ccid_text_fits(in))
		return CCID_IMPORT_TEXT;
	return ccid_log_fits(in) ? CCID_IMPORT_LOG : CCID_IMPORT_ANY;
}

static int import_any(struct ccid_import_job *j, struct ccid_input *in)
{
	enum ccid_import_format found, want = j->options->format;
	int err = ccid_input_peek(in, 1) == NULL ? in->failed : 0;

	if (err != 0) {
		ccid_import_fail(j, err, "cannot be read: %s", strerror(errno));
		ccid_input_close(in);
		return err;
	}
	found = recognise(in);
	if (want == CCID_IMPORT_LOG || want == CCID_IMPORT_TEXT)
		return import_lines(j, in, want == CCID_IMPORT_LOG);
	if (found == CCID_IMPORT_USBMON)
		return import_capture(j, in);
	if (found == CCID_IMPORT_USBREDIR && (want == CCID_IMPORT_ANY || want == found))
		return import_dumps(j, in);
	if (found != CCID_IMPORT_ANY && want == CCID_IMPORT_ANY)
		return import_lines(j, in, found == CCID_IMPORT_LOG);
	ccid_input_close(in);
	return ccid_import_fail(j, CCID_E_FORMAT,
	                        "neither a capture, nor usbredir bytes, nor a "
	                        "log or text with CCID messages");
}

int ccid_import(const char *path, int fd, const struct ccid_import_options *options,
                struct ccid_import_report *report)
{
	static const struct ccid_import_options none;
	struct ccid_import_job j = {
		.options = options != NULL ? options : &none,
		.report = report,
		.fd = fd,
		.rounds = 2,
	};
	struct ccid_input in;
	int err, end, why;

	*report = (struct ccid_import_report){.format = "?"};
	err = ccid_import_out_open(&j.out, j.options->keep_pins);
	if (err != 0)
		ccid_import_fail(&j, err, "out of memory");
	if (err == 0)
		err = open_input(&j, &in, path);
	if (err == 0)
		err = import_any(&j, &in);
	end = ccid_trace_close(j.out.w);
	why = errno;
	ccid_import_out_close(&j.out);
	report->packets = j.out.packets;
	report->masked = j.out.masked;
	if (end != 0)
		return ccid_import_fail(&j, end, "the trace cannot be written: %s", strerror(why));
	return err;
}
