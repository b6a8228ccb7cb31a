/* SPDX-License-Identifier: MIT */
/* A recording as the reader of a unit test, through the public interface. */
#include <iscard/iscard.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DOCUMENTATION SAMPLES_DIR "/emulated-documentation/trace.pcapng"

static char last_line[200];
static int64_t fake_now;

static void take_line(void *arg, iscard_log_level level, const char *reader, const char *text)
{
	(void)arg;
	(void)level;
	(void)reader;
	snprintf(last_line, sizeof last_line, "%s", text);
}

static int64_t tell_now(void *arg)
{
	(void)arg;
	return fake_now;
}

static const struct iscard_options quiet = {
	.size = sizeof quiet, .log = take_line, .log_level = ISCARD_LOG_ERROR};

static iscard_context *open_replay(const char *file, iscard_replay_match match, BSTR *reader)
{
	const struct iscard_replay_options o = {
		.size = sizeof o, .match = match, .context = &quiet};
	iscard_context *c;

	assert_int_equal(iscard_replay_open(file, &o, &c, reader), S_OK);
	return c;
}

static ISCard *attached(iscard_context *c, BSTR reader)
{
	void *card = NULL;

	assert_int_equal(iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &card),
	                 S_OK);
	assert_int_equal(
		ISCard_AttachByReader((ISCard *)card, reader, SHARED, (SCARD_PROTOCOLS)(T0 | T1)),
		S_OK);
	return card;
}

static void release(ISCard *card)
{
	assert_int_equal(ISCard_Detach(card, UNPOWER), S_OK);
	ISCard_Release(card);
}

/* SELECT of the file 3Fxx. */
static HRESULT select_file(ISCard *card, uint8_t low)
{
	const uint8_t name[] = {0x3F, low};
	void *cmd = NULL;
	IByteBuffer *data;
	LONG le = 0;
	HRESULT hr;

	assert_int_equal(CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd, &cmd),
	                 S_OK);
	assert_int_equal(iscard_buffer_create(name, sizeof name, &data), S_OK);
	assert_int_equal(ISCardCmd_BuildCmd((ISCardCmd *)cmd, 0, 0xA4, 0, 0, data, &le), S_OK);
	IByteBuffer_Release(data);
	hr = ISCard_Transaction(card, (ISCardCmd **)&cmd);
	ISCardCmd_Release((ISCardCmd *)cmd);
	return hr;
}

static void a_session_as_recorded_is_ok(void **state)
{
	BSTR reader;
	iscard_context *c = open_replay(DOCUMENTATION, ISCARD_REPLAY_MESSAGE, &reader);
	ISCard *card = attached(c, reader);
	char *difference;
	size_t left = 9;

	(void)state;
	assert_int_equal(iscard_replay_check(c, NULL, &left), S_FALSE);
	assert_int_equal(left, 1);
	assert_int_equal(select_file(card, 0), S_OK);
	assert_int_equal(iscard_replay_check(c, &difference, &left), S_OK);
	assert_string_equal(difference, "");
	assert_int_equal(left, 0);
	iscard_free(difference);
	release(card);
	assert_int_equal(iscard_replay_check(c, NULL, NULL), S_OK);
	SysFreeString(reader);
	iscard_context_unref(c);
}

static void a_departure_has_a_result_of_its_own_and_a_text(void **state)
{
	BSTR reader;
	iscard_context *c = open_replay(DOCUMENTATION, ISCARD_REPLAY_MESSAGE, &reader);
	ISCard *card = attached(c, reader);
	char *difference;
	size_t left;

	(void)state;
	assert_int_equal(select_file(card, 1), ISCARD_E_DIVERGED);
	assert_int_equal(select_file(card, 0), ISCARD_E_DIVERGED);
	for (int i = 0; i < 2; i++) { /* while it is open, and afterwards */
		assert_int_equal(iscard_replay_check(c, &difference, &left), ISCARD_E_DIVERGED);
		assert_non_null(strstr(difference, "data byte 6, 00 expected, 01 came"));
		assert_int_equal(left, 1);
		iscard_free(difference);
		if (i == 0) {
			ISCard_Detach(card, LEAVE);
			ISCard_Release(card);
		}
	}
	assert_string_equal(iscard_result_name(ISCARD_E_DIVERGED), "ISCARD_E_DIVERGED");
	assert_non_null(strstr(iscard_strerror(ISCARD_E_DIVERGED), "recording"));
	SysFreeString(reader);
	iscard_context_unref(c);
}

static void a_difference_goes_to_standard_error_by_itself(void **state)
{
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO);
	iscard_context *c;
	char text[2000];
	ISCard *card;
	BSTR reader;
	size_t n;

	(void)state;
	assert_non_null(file);
	assert_int_equal(iscard_replay_open(DOCUMENTATION, NULL, &c, &reader), S_OK);
	card = attached(c, reader);
	dup2(fileno(file), STDERR_FILENO);
	assert_int_equal(select_file(card, 1), ISCARD_E_DIVERGED);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(file);
	n = fread(text, 1, sizeof text - 1, file);
	text[n] = '\0';
	fclose(file);
	assert_non_null(strstr(text, "first difference: data byte 6"));
	ISCard_Release(card);
	SysFreeString(reader);
	iscard_context_unref(c);
}

static void the_best_of_several_plays_counts(void **state)
{
	BSTR reader;
	iscard_context *c = open_replay(DOCUMENTATION, ISCARD_REPLAY_MESSAGE, &reader);
	ISCard *card = attached(c, reader);

	(void)state;
	assert_int_equal(select_file(card, 0), S_OK);
	release(card);
	card = attached(c, reader);
	assert_int_equal(iscard_replay_check(c, NULL, NULL), S_OK);
	release(card);
	assert_int_equal(iscard_replay_check(c, NULL, NULL), S_OK);
	SysFreeString(reader);
	iscard_context_unref(c);
}

static void strictness_is_a_choice(void **state)
{
	BSTR reader;
	iscard_context *c = open_replay(DOCUMENTATION, ISCARD_REPLAY_LENIENT, &reader);
	ISCard *card = attached(c, reader);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(select_file(card, 0), S_OK);
	release(card);
	assert_int_equal(iscard_replay_check(c, NULL, NULL), S_OK);
	SysFreeString(reader);
	iscard_context_unref(c);
	c = open_replay(DOCUMENTATION, ISCARD_REPLAY_MESSAGE, &reader);
	card = attached(c, reader);
	assert_int_equal(select_file(card, 0), S_OK);
	assert_int_equal(select_file(card, 0), ISCARD_E_DIVERGED);
	ISCard_Release(card);
	SysFreeString(reader);
	iscard_context_unref(c);
}

/* The very driver that recorded it sends the very same. */
static void the_same_driver_is_exact(void **state)
{
	BSTR reader;
	iscard_context *c = open_replay(DOCUMENTATION, ISCARD_REPLAY_EXACT, &reader);
	ISCard *card = attached(c, reader);

	(void)state;
	assert_int_equal(select_file(card, 0), S_OK);
	release(card);
	assert_int_equal(iscard_replay_check(c, NULL, NULL), S_OK);
	SysFreeString(reader);
	iscard_context_unref(c);
}

static void addresses_take_the_same_options(void **state)
{
	struct iscard_options o = quiet;
	iscard_context *c;
	ISCard *card;
	BSTR reader = iscard_bstr_from_utf8("replay:" DOCUMENTATION "?strict=lenient");

	(void)state;
	o.readers = "replay:" DOCUMENTATION "?strict=lenient";
	assert_int_equal(iscard_context_create(&o, &c), S_OK);
	assert_int_equal(iscard_replay_check(c, NULL, NULL), SCARD_E_UNKNOWN_READER);
	card = attached(c, reader);
	assert_int_equal(select_file(card, 0), S_OK);
	assert_int_equal(select_file(card, 0), S_OK);
	release(card);
	assert_int_equal(iscard_replay_check(c, NULL, NULL), S_OK);
	SysFreeString(reader);
	iscard_context_unref(c);
	o.readers = "replay:" DOCUMENTATION "?strict=never";
	assert_int_equal(iscard_context_create(&o, &c), E_INVALIDARG);
	assert_non_null(strstr(last_line, "strict is exact, message or lenient"));
}

/* The caller's clock stands still: an answer that is late would never come. */
static void pace_follows_the_clock_of_the_context(void **state)
{
	struct iscard_options slow = quiet;
	struct iscard_replay_options o = {.size = sizeof o, .speed = 1000000, .context = &slow};
	iscard_context *c;
	ISCard *card;
	BSTR reader;

	(void)state;
	slow.now_ms = tell_now;
	assert_int_equal(iscard_replay_open(DOCUMENTATION, &o, &c, &reader), S_OK);
	card = attached(c, reader);
	assert_int_equal(select_file(card, 0), S_OK);
	release(card);
	SysFreeString(reader);
	iscard_context_unref(c);
}

static void bad_arguments_are_told(void **state)
{
	struct iscard_replay_options o = {.size = sizeof o, .context = &quiet};
	iscard_context *c;
	BSTR reader;

	(void)state;
	assert_int_equal(iscard_replay_open(NULL, &o, &c, NULL), E_POINTER);
	assert_int_equal(iscard_replay_open(DOCUMENTATION, &o, NULL, NULL), E_POINTER);
	assert_int_equal(iscard_replay_open("", &o, &c, NULL), E_INVALIDARG);
	assert_int_equal(iscard_replay_open("/no/where", &o, &c, &reader), SCARD_E_UNKNOWN_READER);
	assert_null(c);
	assert_null(reader);
	assert_int_equal(iscard_replay_open("/dev/null", &o, &c, NULL), SCARD_F_COMM_ERROR);
	o.speed = 1000001;
	assert_int_equal(iscard_replay_open(DOCUMENTATION, &o, &c, NULL), E_INVALIDARG);
	o.speed = 0;
	o.match = (iscard_replay_match)3;
	assert_int_equal(iscard_replay_open(DOCUMENTATION, &o, &c, NULL), E_INVALIDARG);
	o.match = ISCARD_REPLAY_MESSAGE;
	o.size = 1;
	assert_int_equal(iscard_replay_open(DOCUMENTATION, &o, &c, NULL), E_INVALIDARG);
}

static void names_with_special_characters_are_files_too(void **state)
{
	char folder[] = "/tmp/iscard replay?XXXXXX", path[64], link_to[] = DOCUMENTATION;
	BSTR reader;
	iscard_context *c;
	ISCard *card;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/a%%20b", folder);
	assert_int_equal(symlink(link_to, path), 0);
	c = open_replay(path, ISCARD_REPLAY_MESSAGE, &reader);
	card = attached(c, reader);
	assert_int_equal(select_file(card, 0), S_OK);
	release(card);
	SysFreeString(reader);
	iscard_context_unref(c);
	unlink(path);
	rmdir(folder);
}

static void recording_is_switched_on_and_off(void **state)
{
	char path[] = "/tmp/iscard-record-XXXXXX", second[64];
	BSTR reader, copy;
	iscard_context *c = open_replay(DOCUMENTATION, ISCARD_REPLAY_MESSAGE, &reader), *other;
	ISCard *card;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	unlink(path);
	snprintf(second, sizeof second, "%s.1", path);
	assert_int_equal(iscard_context_record(c, path), S_OK);
	card = attached(c, reader);
	assert_int_equal(iscard_context_record(c, NULL), S_OK);
	assert_int_equal(select_file(card, 0), S_OK); /* goes on until it is closed */
	release(card);
	card = attached(c, reader);
	release(card);
	assert_int_equal(access(path, R_OK), 0);
	assert_int_not_equal(access(second, F_OK), 0);
	other = open_replay(path, ISCARD_REPLAY_EXACT, &copy);
	card = attached(other, copy);
	assert_int_equal(select_file(card, 0), S_OK);
	release(card);
	assert_int_equal(iscard_replay_check(other, NULL, NULL), S_OK);
	SysFreeString(reader);
	SysFreeString(copy);
	iscard_context_unref(c);
	iscard_context_unref(other);
	unlink(path);
}

static void the_child_of_a_fork_is_refused(void **state)
{
	BSTR reader;
	iscard_context *c = open_replay(DOCUMENTATION, ISCARD_REPLAY_MESSAGE, &reader);
	ISCard *card = attached(c, reader);
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		HRESULT hr = iscard_replay_check(c, NULL, NULL);

		ISCard_Release(card);
		_exit(hr == SCARD_E_SERVICE_STOPPED ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	release(card);
	SysFreeString(reader);
	iscard_context_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_as_recorded_is_ok),
		cmocka_unit_test(a_departure_has_a_result_of_its_own_and_a_text),
		cmocka_unit_test(a_difference_goes_to_standard_error_by_itself),
		cmocka_unit_test(the_best_of_several_plays_counts),
		cmocka_unit_test(strictness_is_a_choice),
		cmocka_unit_test(the_same_driver_is_exact),
		cmocka_unit_test(addresses_take_the_same_options),
		cmocka_unit_test(pace_follows_the_clock_of_the_context),
		cmocka_unit_test(bad_arguments_are_told),
		cmocka_unit_test(names_with_special_characters_are_files_too),
		cmocka_unit_test(recording_is_switched_on_and_off),
		cmocka_unit_test(the_child_of_a_fork_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
