/* SPDX-License-Identifier: MIT */
#include "cause.h"

#include "ccid_msg.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *l, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->at, l->left, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= l->left)
		n = l->left > 0 ? (int)l->left - 1 : 0;
	l->at += n;
	l->left -= (size_t)n;
}

static void add_fault(struct line *l, const struct ccid_fault *f)
{
	add(l, "; slot %u, %s: %s", f->slot, f->where, ccid_err_text(f->err));
	if (f->slot_status != 0 || f->reader_error != 0)
		add(l, " (bStatus %02X, bError %02X %s)", f->slot_status, f->reader_error,
		    ccid_error_name(f->reader_error));
}

void ccid_cause_print(char *out, size_t cap, const char *reader, HRESULT hr,
                      const struct ccid_cause *cause)
{
	const char *name = iscard_result_name(hr);
	const struct ccid_fault *f = &cause->fault;
	struct line l = {out, cap};

	if (cap > 0)
		out[0] = '\0';
	if (reader != NULL && reader[0] != '\0')
		add(&l, "%s: ", reader);
	add(&l, "%s (%s)", iscard_strerror(hr), name != NULL ? name : "?");
	if (cause->text != NULL && (f->serial == 0 || cause->text != ccid_err_text(f->err)))
		add(&l, ": %s", cause->text);
	if (cause->holder[0] != '\0')
		add(&l, ", %s", cause->holder);
	if (f->serial != 0)
		add_fault(&l, f);
}
