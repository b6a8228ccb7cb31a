/* SPDX-License-Identifier: MIT */
/* What of an APDU reaches the log. */
#include "flow.h"

#include <stdio.h>

static const struct fake_reader reader = {.features = FAKE_SHORT};
static char seen[4096];

static void keep(void *ctx, enum ccid_log_level level, const char *name, const char *text)
{
	(void)ctx;
	(void)level;
	(void)name;
	strncat(seen, text, sizeof seen - strlen(seen) - 2);
	strcat(seen, "\n");
}

static void talk(bool payload)
{
	static const struct script_step steps[] = {XFR("00 84 00 00 08", "11 22 90 00"),
	                                           XFR("00 20 00 80 04 31 32 33 34", "90 00"),
	                                           CLOSING_POWERED};

	FLOW_READY_THEN(&reader, steps);
	seen[0] = '\0';
	flow.clock.env.log = keep;
	flow.clock.env.log_level = CCID_LOG_WIRE;
	flow.clock.env.log_payload = payload;
	flow_response_is("11 22 90 00", flow_transmit("00 84 00 00 08", 0));
	flow_response_is("90 00", flow_transmit("00 20 00 80 04 31 32 33 34", 0));
	flow_close();
}

static void apdus_are_shown_only_with_the_second_switch(void **state)
{
	(void)state;
	talk(false);
	assert_non_null(strstr(seen, "PC_to_RDR_XfrBlock"));
	assert_null(strstr(seen, "84 00 00 08"));
	assert_null(strstr(seen, "11 22"));
	talk(true);
	assert_non_null(strstr(seen, "slot 0: > 00 84 00 00 08\n"));
	assert_non_null(strstr(seen, "slot 0: < 11 22 90 00\n"));
}

static void a_pin_is_never_shown(void **state)
{
	(void)state;
	talk(true);
	assert_non_null(strstr(seen, "slot 0: > 00 20 00 80 [5 bytes not shown]\n"));
	assert_null(strstr(seen, "31 32"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apdus_are_shown_only_with_the_second_switch),
		cmocka_unit_test(a_pin_is_never_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
