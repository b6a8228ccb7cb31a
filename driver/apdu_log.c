/* SPDX-License-Identifier: MIT */
#include "apdu_log.h"

#include "iso_cmd.h"

#include <stdio.h>

#define SHOWN_MAX 128
#define HEADER    4

static bool on(const struct ccid_reader *r)
{
	return r->env->log_payload && ccid_env_logs(r->env, CCID_LOG_WIRE);
}

static void show(const struct ccid_reader *r, unsigned slot, const char *mark, const uint8_t *p,
                 size_t len, size_t shown)
{
	char text[3 * SHOWN_MAX + 1] = "";

	if (shown > SHOWN_MAX)
		shown = SHOWN_MAX;
	for (size_t i = 0; i < shown; i++)
		snprintf(text + 3 * i, 4, " %02X", p[i]);
	if (shown == len)
		ccid_log(r->env, CCID_LOG_WIRE, ccid_reader_label(r), "slot %u: %s%s", slot, mark,
		         text);
	else
		ccid_log(r->env, CCID_LOG_WIRE, ccid_reader_label(r),
		         "slot %u: %s%s [%zu bytes not shown]", slot, mark, text, len - shown);
	ccid_wipe(text, sizeof text);
}

void ccid_log_capdu(const struct ccid_reader *r, unsigned slot, const uint8_t *capdu, size_t len)
{
	if (on(r))
		show(r, slot, ">", capdu, len, ccid_iso_may_hold_pin(capdu[1]) ? HEADER : len);
}

void ccid_log_rapdu(const struct ccid_reader *r, unsigned slot, const uint8_t *rapdu, size_t len)
{
	if (on(r))
		show(r, slot, "<", rapdu, len, len);
}
