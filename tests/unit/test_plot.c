/* SPDX-License-Identifier: MIT */
/* Sessions as pictures: well-formed, safe, bounded, and all there. */
#include "plot.h"
#include "trace_maker.h"
#include "xml_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ON "> 62 00 01 000000\n< 80 00 01 000000 3B021450\n"

/* The picture of a script; free() it. */
static char *draw(const char *script, size_t rows, const char *title)
{
	char path[] = "/tmp/iscard-plot-XXXXXX", problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_explain_device device;
	struct ccid_plot *p;
	struct ccid_story_sink sink = {.take = ccid_plot_take};
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	assert_true(close(mkstemp(path)) == 0);
	trace_make(path, script, NULL);
	assert_int_equal(ccid_plot_new(&p, rows), 0);
	sink.arg = p;
	assert_int_equal(ccid_story_file(path, &sink, &device, problem, sizeof problem), 0);
	assert_non_null(f);
	assert_int_equal(ccid_plot_write(p, f, title, &device), 0);
	assert_int_equal(fclose(f), 0);
	ccid_plot_free(p);
	unlink(path);
	if (xml_check(out) != NULL)
		fail_msg("not well-formed: %.80s", xml_check(out));
	return out;
}

static void expect_in(const char *svg, const char *text)
{
	if (strstr(svg, text) == NULL)
		fail_msg("there is no %s", text);
}

static void the_checker_sees_what_is_wrong(void **state)
{
	(void)state;
	assert_null(xml_check("<a b=\"c &amp; d\"><e/>f</a>\n"));
	assert_non_null(xml_check("<a><b></a></b>"));
	assert_non_null(xml_check("<a>&nbsp;</a>"));
	assert_non_null(xml_check("<a b=\"<\"/>"));
	assert_non_null(xml_check("<a>\033[2J</a>"));
	assert_non_null(xml_check("<a/><b/>"));
	assert_non_null(xml_check("<a>"));
	assert_int_equal(xml_count("<g><g/><glyph/></g>", "g"), 2);
}

static void exchanges_cards_and_failures_are_drawn(void **state)
{
	char *svg = draw("> 65 00 00 000000\n< 81 00 00 020000\n! 5003\n" ON
	                 "> 6F 00 02 000000 00A4040005A000000308\n< 80 00 02 000000 6A82\n"
	                 "> 6F 00 03 000000 00200080023132\n< 80 00 03 42FE00\nunplug\n",
	                 0, "a session");

	(void)state;
	expect_in(svg, ">a session</text>");
	expect_in(svg, "1209:0001");
	expect_in(svg, ">slot 0: no card</text>");
	expect_in(svg, ">slot 0: card inserted</text>");
	expect_in(svg, ">slot 1: no card</text>");
	expect_in(svg, ">slot 0: card removed</text>");
	expect_in(svg, "SELECT by name A0 00 00 03 08 (PIV)</text>");
	expect_in(svg, "class=\"err\">[0] 6A 82 file or application not found</text>");
	expect_in(svg, "VERIFY 80, 2 bytes not shown");
	expect_in(svg, "failed: ICC_MUTE (FE), no card</text>");
	expect_in(svg, "class=\"err mid\">the reader is unplugged</text>");
	expect_in(svg, "class=\"s1\"");
	expect_in(svg, "class=\"s4\"");
	assert_null(strstr(svg, "31 32"));
	assert_null(strstr(svg, "<script"));
	assert_int_equal(xml_count(svg, "svg"), 1);
	assert_int_equal(xml_count(svg, "g"), 9);
	free(svg);
}

static void hostile_text_is_only_text(void **state)
{
	char *svg = draw(ON, 0,
	                 "</title><script>alert(\"1\")</script> & \033[2J \xC2\x9B \xFF "
	                 "\xED\xA0\x80 \xE2\x80\xAE \xC3\xBC");

	(void)state;
	assert_int_equal(xml_count(svg, "script"), 0);
	expect_in(svg, "&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; ?[2J "
	               "?? ? ??? ??? \xC3\xBC");
	free(svg);
}

static void two_slots_are_told_apart(void **state)
{
	char *svg = draw(ON "> 62 01 05 000000\n< 80 01 05 000000 3B021450\n", 0, "two");

	(void)state;
	expect_in(svg, "[0] IccPowerOn");
	expect_in(svg, "[1] IccPowerOn");
	free(svg);
}

static void repetitions_share_a_row(void **state)
{
	char script[8192] = ON;
	char *svg;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		strcat(script, "> 65 00 02 000000\n< 81 00 02 000000\n");
	for (unsigned i = 0; i < 20; i++)
		strcat(script, "> 6F 00 02 000000 00B0000001\n< 80 00 02 000000 019000\n");
	svg = draw(script, 0, "polls");
	expect_in(svg, ">39 more like it</text>");
	expect_in(svg, ">17 more like it</text>");
	assert_int_equal(xml_count(svg, "g"), 2 + 1 + 1 + 3 + 1);
	free(svg);
}

static void every_failure_has_its_row(void **state)
{
	char script[8192] = ON;
	char *svg;

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		strcat(script, "> 6F 00 02 000000 00B0000001\n< 80 00 02 000000 6982\n");
	svg = draw(script, 0, "failures");
	assert_null(strstr(svg, "more like it"));
	expect_in(svg, "10 APDUs, 10 failures");
	assert_int_equal(xml_count(svg, "g"), 2 + 10);
	free(svg);
}

static void a_long_session_keeps_its_ends(void **state)
{
	char *script = malloc(1u << 20), *at = script, *svg;

	(void)state;
	assert_non_null(script);
	at += sprintf(at, "%s", ON);
	for (unsigned i = 0; i < 4000; i++)
		at += sprintf(at, "> 6F 00 02 000000 80%02X%04X\n< 80 00 02 000000 9000\n",
		              i % 2 == 0 ? 2 : 4, i);
	svg = draw(script, 60, "long");
	assert_int_equal(xml_count(svg, "g"), 60);
	expect_in(svg, ">3942 not shown, ");
	expect_in(svg, "80 02 00 00<");
	expect_in(svg, "80 04 0F 9F<");
	assert_true(strlen(svg) < 80000);
	free(svg);
	svg = draw(script, 100000, "longer");
	assert_int_equal(xml_count(svg, "g"), 4000);
	free(svg);
	free(script);
}

static void what_was_never_answered_is_drawn_so(void **state)
{
	char *svg = draw(ON "> 71 00 02 020000\n", 0, "unanswered");

	(void)state;
	expect_in(svg, "Mechanical  eject");
	expect_in(svg, "no answer</text>");
	free(svg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_checker_sees_what_is_wrong),
		cmocka_unit_test(exchanges_cards_and_failures_are_drawn),
		cmocka_unit_test(hostile_text_is_only_text),
		cmocka_unit_test(two_slots_are_told_apart),
		cmocka_unit_test(repetitions_share_a_row),
		cmocka_unit_test(every_failure_has_its_row),
		cmocka_unit_test(a_long_session_keeps_its_ends),
		cmocka_unit_test(what_was_never_answered_is_drawn_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
