/* SPDX-License-Identifier: MIT */
/* What messages add up to: the APDUs of each sample, cards and states. */
#include "apdu_text.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#define SAMPLE(name) SAMPLES_DIR "/" name "/trace.pcapng"

struct heard {
	char text[16384]; /* "> HEX", "< HEX", "! WHY", "+ SLOT", "- SLOT" a line */
	size_t len;
	unsigned apdus, errors, extensions;
	enum ccid_story_state state;
	int stop_after;
};

static void note(struct heard *h, char mark, const struct ccid_story_bytes *b)
{
	struct ccid_words w = ccid_words(h->text + h->len, sizeof h->text - h->len);

	ccid_words_add(&w, "%c ", mark);
	ccid_apdu_hex(&w, b, SIZE_MAX - 3);
	ccid_words_add(&w, "\n");
	h->len += w.len;
}

static int take(void *arg, const struct ccid_story_event *e)
{
	struct heard *h = arg;

	h->errors += e->error;
	if (e->slot == 0)
		h->state = e->state;
	if (e->kind == CCID_STORY_CARD)
		h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "%c %d\n",
		                           e->present ? '+' : '-', e->slot);
	if (e->kind != CCID_STORY_APDU)
		return 0;
	h->apdus++;
	h->extensions += e->apdu->extensions;
	note(h, '>', &e->apdu->command);
	if (e->apdu->failure != NULL)
		h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "! %s\n",
		                           e->apdu->failure);
	else
		note(h, '<', &e->apdu->response);
	return h->stop_after > 0 && h->apdus == (unsigned)h->stop_after ? 1 : 0;
}

static void hear(struct heard *h, const char *path)
{
	struct ccid_story_sink sink = {.take = take, .arg = h};
	char problem[CCID_TRACE_PROBLEM_MAX] = "";

	if (ccid_story_file(path, &sink, NULL, problem, sizeof problem) != 0)
		fail_msg("%s: %s", path, problem);
}

/* "**" stands for any byte; a case 1 TPDU has a P3 that no APDU has. */
static bool same_bytes(const char *got, const char *want)
{
	size_t n = strlen(want);

	for (size_t i = 0; i < n; i++)
		if (got[i] != want[i] && got[i] != '*')
			return false;
	return got[n] == '\0' || (n == 13 && strcmp(got + n, " 00") == 0);
}

/* NULL for lines that are no APDU; the answer to an Escape is none. */
static const char *apdu_in(char *line)
{
	static bool escape;
	char *at = strncmp(line, "raw > ", 6) == 0 ? line + 4 : line;

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "verify ", 7) == 0) { /* a template for the pad */
		at = line + 5;
		*at = '>';
	}
	if (at[0] != '<' || at[1] != ' ')
		escape = strncmp(line, "escape", 6) == 0;
	if (escape || (at[0] != '>' && at[0] != '<') || at[1] != ' ' || at[2] == '!')
		return NULL;
	return at;
}

/* The next line of what was heard; what failed is passed over, whole. */
static char *next_apdu(char **at)
{
	char *line = *at, *end;

	while (line != NULL && *line != '\0') {
		end = strchr(line, '\n');
		*at = end + 1;
		if (line[0] == '>' && end[1] == '!') {
			line = strchr(end + 1, '\n') + 1;
			continue;
		}
		if (line[0] == '>' || line[0] == '<') {
			*end = '\0';
			return line;
		}
		line = *at;
	}
	return NULL;
}

static void expect_apdu(const char *folder, char **at, const char *want)
{
	const char *got = next_apdu(at);

	if (got == NULL || !same_bytes(got, want))
		fail_msg("%s: %s\nexpected %s", folder, got, want);
}

static void compare(const char *folder, char *heard)
{
	char path[1024], line[8192], command[8192] = "";
	const char *want;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s/expect.txt", SAMPLES_DIR, folder);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL) {
		want = apdu_in(line);
		if (want != NULL && *want == '>')
			snprintf(command, sizeof command, "%s", want);
		if (want == NULL || *want == '>')
			continue;
		expect_apdu(folder, &heard, command);
		expect_apdu(folder, &heard, want);
	}
	fclose(f);
	assert_null(next_apdu(&heard));
}

static void the_apdus_of_each_sample_are_those_that_were_sent(void **state)
{
	DIR *d = opendir(SAMPLES_DIR);
	struct dirent *e;
	static struct heard h;
	char path[1024];
	unsigned n = 0;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/%s/trace.pcapng", SAMPLES_DIR, e->d_name);
		if (e->d_name[0] == '.' || access(path, R_OK) != 0)
			continue;
		h = (struct heard){0};
		hear(&h, path);
		compare(e->d_name, h.text);
		n++;
	}
	closedir(d);
	assert_true(n >= 10);
}

static void blocks_and_extensions_are_part_of_their_apdu(void **state)
{
	static struct heard h;

	(void)state;
	h = (struct heard){0};
	hear(&h, SAMPLE("emulated-t1-tpdu"));
	assert_int_equal(h.apdus, 4);
	assert_int_equal(h.state, CCID_STORY_INACTIVE);
	h = (struct heard){0};
	hear(&h, SAMPLE("emulated-t0-tpdu"));
	assert_int_equal(h.extensions, 2);
	assert_non_null(strstr(h.text, "> 80 10 00 00 04 DE AD BE EF 00\n< DE AD BE EF 90 00\n"));
	assert_non_null(strstr(h.text, "> 80 1A 04 00 00\n< 6C 04\n"
	                               "> 80 1A 04 00 00\n< 00 07 0E 15 90 00\n"));
	assert_non_null(strstr(h.text, "> 00 20 00 80 04 ** ** ** **\n< 90 00\n"));
}

static void cards_come_and_go_once(void **state)
{
	static struct heard h;
	const char *at;

	(void)state;
	h = (struct heard){0};
	hear(&h, SAMPLE("emulated-card-swap"));
	at = strstr(h.text, "- 0\n");
	assert_non_null(at);
	assert_null(strstr(at + 1, "- 0\n"));
	assert_non_null(strstr(at, "+ 0\n"));
}

static void the_taker_ends_the_reading(void **state)
{
	static struct heard h;
	struct ccid_story_sink sink = {.take = take, .arg = &h};
	char problem[CCID_TRACE_PROBLEM_MAX] = "";

	(void)state;
	h = (struct heard){.stop_after = 2};
	assert_int_equal(
		ccid_story_file(SAMPLE("emulated-t1-tpdu"), &sink, NULL, problem, sizeof problem),
		1);
	assert_int_equal(h.apdus, 2);
	assert_string_equal(problem, "");
}

static void the_device_is_known_at_the_end(void **state)
{
	static struct heard h;
	struct ccid_story_sink sink = {.take = take, .arg = &h};
	struct ccid_explain_device d;
	char problem[CCID_TRACE_PROBLEM_MAX] = "";

	(void)state;
	h = (struct heard){0};
	assert_int_equal(
		ccid_story_file(SAMPLE("emulated-kiosk-eject"), &sink, &d, problem, sizeof problem),
		0);
	assert_true(d.connected && d.described);
	assert_int_equal(ccid_class_desc_level(&d.desc), CCID_LEVEL_EXTENDED_APDU);
	assert_string_not_equal(d.string[1], "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_apdus_of_each_sample_are_those_that_were_sent),
		cmocka_unit_test(blocks_and_extensions_are_part_of_their_apdu),
		cmocka_unit_test(cards_come_and_go_once),
		cmocka_unit_test(the_taker_ends_the_reading),
		cmocka_unit_test(the_device_is_known_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
