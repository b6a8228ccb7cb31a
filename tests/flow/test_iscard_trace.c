/* SPDX-License-Identifier: MIT */
/* What a context records, another one replays: by address, by name, and from the environment. */
#include "live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/iscard-trace-XXXXXX";
static char trace[64], address[128];

static void session(ISCard *card)
{
	assert_int_equal(live_echo(card, 1, 2), S_OK);
	assert_int_equal(live_challenge(card), 0);
	assert_int_equal(live_challenge(card), 1);
	assert_int_equal(live_echo(card, 3, 4), S_OK);
}

static void record(void)
{
	ISCard *card;

	live_start(1);
	iscard_context_unref(live.context);
	assert_int_equal(live_context(trace), S_OK);
	card = live_attached(0, SHARED);
	assert_non_null(card);
	session(card);
	assert_int_equal(ISCard_Detach(card, UNPOWER), S_OK);
	ISCard_Release(card);
	live_end();
}

static HRESULT attach(ISCard *card, const char *name)
{
	BSTR text = iscard_bstr_from_utf8(name);
	HRESULT hr = ISCard_AttachByReader(card, text, SHARED, (SCARD_PROTOCOLS)(T0 | T1));

	SysFreeString(text);
	return hr;
}

/* In the default context, which the environment made. */
static void replay(const char *name)
{
	void *card = NULL;

	assert_int_equal(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, &card),
	                 S_OK);
	assert_int_equal(attach(card, name), S_OK);
	session(card);
	assert_int_equal(ISCard_Detach((ISCard *)card, UNPOWER), S_OK);
	ISCard_Release((ISCard *)card);
}

static void a_recorded_session_replays_under_the_same_name(void **state)
{
	struct iscard_reader_list *list;

	(void)state;
	record();
	assert_int_equal(setenv("ISCARD_READERS", address, 1), 0);
	assert_int_equal(iscard_context_list(NULL, &list), S_OK);
	assert_int_equal(list->count, 1);
	assert_string_equal(list->readers[0].name, "Live Reader 00 00");
	assert_string_equal(list->readers[0].address, address);
	replay(list->readers[0].name);
	iscard_reader_list_free(list);
	replay(address);
}

static void a_trace_that_exists_is_not_touched(void **state)
{
	char second[80];
	struct stat before, after;

	(void)state;
	assert_int_equal(stat(trace, &before), 0);
	record();
	assert_int_equal(stat(trace, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(after.st_mtime, before.st_mtime);
	snprintf(second, sizeof second, "%s.1", trace);
	assert_int_equal(stat(second, &after), 0);
	snprintf(address, sizeof address, "replay:%s/a%%20trace.1", folder);
	replay(address);
	unlink(second);
}

static void a_file_that_is_no_trace_has_a_result(void **state)
{
	void *card = NULL;

	(void)state;
	assert_int_equal(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, &card),
	                 S_OK);
	assert_int_equal(attach(card, "replay:/nonexistent"), SCARD_E_UNKNOWN_READER);
	assert_int_equal(attach(card, "replay:/dev/null"), SCARD_F_COMM_ERROR);
	assert_int_equal(attach(card, "No Such Reader 00 00"), SCARD_E_UNKNOWN_READER);
	ISCard_Release((ISCard *)card);
}

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(trace, sizeof trace, "%s/a trace", folder);
	snprintf(address, sizeof address, "replay:%s/a%%20trace", folder);
	return setenv("ISCARD_LOG", "none", 1);
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(trace);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_session_replays_under_the_same_name),
		cmocka_unit_test(a_trace_that_exists_is_not_touched),
		cmocka_unit_test(a_file_that_is_no_trace_has_a_result),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
