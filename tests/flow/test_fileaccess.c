/* SPDX-License-Identifier: MIT */
/* ISCardFileAccess on readers of every exchange level: directories, transparent files, records. */
#include "files_rig.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BIG 40000

static uint8_t data[BIG + 1000], want[BIG];

static void pattern(size_t from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		want[i] = emu_card_pattern(from + i);
}

static void seek(HSCARD_FILE file, LONG offset, SEEKTYPE origin)
{
	assert_hr(ISCardFileAccess_Seek(fr.files, file, offset, origin), S_OK);
}

static void reads(HSCARD_FILE file, LONG count, size_t from, size_t n)
{
	pattern(from, n);
	assert_int_equal(files_read(file, count, data, sizeof data), n);
	assert_memory_equal(data, want, n);
}

static void a_file_of_40000_bytes_is_read_whole(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		HSCARD_FILE file;

		files_start((enum files_reader)kind, 0);
		file = files_opened("0101");
		reads(file, 0, 0, BIG);
		assert_hr((HRESULT)files_read(file, 1, data, sizeof data), SCARD_W_EOF);
		assert_hr((HRESULT)files_read(file, 0, data, sizeof data), SCARD_W_EOF);
		files_end();
	}
}

static void reading_goes_on_at_the_pointer(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		HSCARD_FILE file;

		files_start((enum files_reader)kind, 0);
		file = files_opened("0101");
		reads(file, 10, 0, 10);
		reads(file, 300, 10, 300);
		seek(file, 32700, SC_SEEK_FROM_BEGINNING);
		reads(file, 1000, 32700, 1000);
		seek(file, -5, SC_SEEK_FROM_END);
		reads(file, 100, BIG - 5, 5);
		seek(file, -BIG, SC_SEEK_RELATIVE);
		reads(file, 256, 0, 256);
		files_end();
	}
}

static void writing_reaches_beyond_32767(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		HSCARD_FILE file;

		files_start((enum files_reader)kind, 0);
		file = files_opened("0101");
		memset(want, 0xC7, 1500);
		seek(file, 32000, SC_SEEK_FROM_BEGINNING);
		assert_hr(files_write(file, want, 1500, SC_FL_NO_FLAGS), S_OK);
		seek(file, 1498, SC_SEEK_RELATIVE);
		assert_hr(files_write(file, want, 3, SC_FL_REPLACE), S_OK);
		seek(file, 32000, SC_SEEK_FROM_BEGINNING);
		assert_int_equal(files_read(file, 1500, data, sizeof data), 1500);
		assert_memory_equal(data, want, 1500);
		reads(file, 1498, 33500, 1498);
		assert_int_equal(files_read(file, 4, data, sizeof data), 4);
		memset(want, 0xC7, 3);
		assert_memory_equal(data, want, 3);
		assert_int_equal(data[3], emu_card_pattern(35001));
		files_end();
	}
}

static void nothing_is_written_beyond_the_end(void **state)
{
	HSCARD_FILE file;
	unsigned sent;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	file = files_opened("0106");
	sent = files_sent();
	memset(want, 1, 33);
	assert_hr(files_write(file, want, 33, SC_FL_NO_FLAGS), SCARD_E_WRITE_TOO_MANY);
	seek(file, 0, SC_SEEK_FROM_END);
	assert_hr(files_write(file, want, 1, SC_FL_NO_FLAGS), SCARD_E_WRITE_TOO_MANY);
	assert_int_equal(files_sent(), sent);
	seek(file, -1, SC_SEEK_FROM_END);
	assert_hr(files_write(file, want, 1, SC_FL_NO_FLAGS), S_OK);
	files_end();
}

static void write_does_what_the_coding_byte_says(void **state)
{
	uint8_t byte = 0xF1;
	HSCARD_FILE or, and;

	(void)state;
	files_start(FILES_TPDU_T0, 0);
	or = files_opened("0106"); /* 0F */
	assert_hr(files_write(or, &byte, 1, SC_FL_OR), S_OK);
	assert_hr(files_write(or, &byte, 1, SC_FL_AND), SCARD_E_UNSUPPORTED_FEATURE);
	seek(or, 0, SC_SEEK_FROM_BEGINNING);
	assert_int_equal(files_read(or, 2, data, sizeof data), 2);
	assert_int_equal(data[0], 0xFF);
	assert_int_equal(data[1], 0x0F);
	and = files_opened("0107"); /* FC, and no right to change it */
	assert_hr(files_write(and, &byte, 1, SC_FL_AND), SCARD_W_SECURITY_VIOLATION);
	assert_hr(files_write(and, &byte, 1, SC_FL_OR), SCARD_E_UNSUPPORTED_FEATURE);
	assert_int_equal(files_read(and, 1, data, sizeof data), 1);
	assert_int_equal(data[0], 0xFC);
	files_end();
}

static void erasing_leaves_zeros(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		HSCARD_FILE file;

		files_start((enum files_reader)kind, 0);
		file = files_opened("0101");
		seek(file, 100, SC_SEEK_FROM_BEGINNING);
		assert_hr(ISCardFileAccess_Write(fr.files, file, 50, NULL, SC_FL_ERASE), S_OK);
		reads(file, 50, 150, 50);
		seek(file, 39000, SC_SEEK_FROM_BEGINNING);
		assert_hr(ISCardFileAccess_Write(fr.files, file, 1000, NULL, SC_FL_ERASE), S_OK);
		seek(file, 98, SC_SEEK_FROM_BEGINNING);
		memset(want, 0, 1000);
		assert_int_equal(files_read(file, 52, data, sizeof data), 52);
		assert_int_equal(data[1], emu_card_pattern(99));
		assert_memory_equal(data + 2, want, 50);
		seek(file, 39000, SC_SEEK_FROM_BEGINNING);
		assert_int_equal(files_read(file, 0, data, sizeof data), 1000);
		assert_memory_equal(data, want, 1000);
		files_end();
	}
}

static void records_are_read_one_at_a_time(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		HSCARD_FILE fixed, variable;

		files_start((enum files_reader)kind, 0);
		fixed = files_opened("0102");
		variable = files_opened("0103");
		for (int k = 1; k <= 5; k++) {
			assert_int_equal(files_read(fixed, 16, data, sizeof data), 16);
			assert_int_equal(data[0], k);
			assert_int_equal(data[15], k + 0x1E);
		}
		assert_hr((HRESULT)files_read(fixed, 16, data, sizeof data), SCARD_W_EOF);
		for (int k = 1; k <= 3; k++)
			assert_int_equal(files_read(variable, 0, data, sizeof data), 5 * k);
		assert_hr((HRESULT)files_read(variable, 0, data, sizeof data), SCARD_W_EOF);
		seek(variable, 1, SC_SEEK_FROM_BEGINNING);
		assert_int_equal(files_read(variable, 255, data, sizeof data), 10);
		assert_int_equal(data[0], 2);
		files_end();
	}
}

static void a_record_longer_than_asked_is_not_cut(void **state)
{
	HSCARD_FILE file;
	IByteBuffer *buffer;
	LONG n = 15;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	file = files_opened("0102");
	assert_hr(ISCardFileAccess_Read(fr.files, file, &n, &buffer, SC_FL_NO_FLAGS),
	          SCARD_E_INSUFFICIENT_BUFFER);
	assert_int_equal(n, 16);
	assert_null(buffer);
	assert_int_equal(files_read(file, n, data, sizeof data), 16);
	assert_int_equal(data[0], 1);
	files_end();
}

static void records_are_updated_and_added(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		HSCARD_FILE fixed, variable;

		files_start((enum files_reader)kind, 0);
		fixed = files_opened("0102");
		variable = files_opened("0103");
		memset(want, 0x77, 300);
		seek(fixed, 2, SC_SEEK_FROM_BEGINNING);
		assert_hr(files_write(fixed, want, 16, SC_FL_NO_FLAGS), S_OK);
		assert_int_equal(files_read(fixed, 0, data, sizeof data), 16);
		assert_int_equal(data[0], 4);
		seek(fixed, -2, SC_SEEK_RELATIVE);
		assert_int_equal(files_read(fixed, 0, data, sizeof data), 16);
		assert_memory_equal(data, want, 16);
		assert_hr(files_write(fixed, want, 15, SC_FL_NO_FLAGS), SCARD_E_INVALID_PARAMETER);
		assert_hr(files_write(fixed, want, 17, SC_FL_NO_FLAGS), SCARD_E_WRITE_TOO_MANY);
		seek(fixed, 0, SC_SEEK_FROM_END);
		assert_hr(files_write(fixed, want, 16, SC_FL_NO_FLAGS), SCARD_E_WRITE_TOO_MANY);
		seek(variable, 0, SC_SEEK_FROM_END);
		assert_hr(files_write(variable, want, 255, SC_FL_NO_FLAGS), S_OK);
		assert_hr(files_write(variable, want, 1, SC_FL_NO_FLAGS), S_OK);
		assert_hr((HRESULT)files_read(variable, 0, data, sizeof data), SCARD_W_EOF);
		seek(variable, -2, SC_SEEK_FROM_END);
		assert_int_equal(files_read(variable, 0, data, sizeof data), 255);
		assert_memory_equal(data, want, 255);
		assert_int_equal(files_read(variable, 0, data, sizeof data), 1);
		assert_hr(files_write(variable, want, 256, SC_FL_NO_FLAGS), SCARD_E_WRITE_TOO_MANY);
		files_end();
	}
}

static void a_cyclic_file_gives_up_its_oldest(void **state)
{
	static const unsigned flags[] = {0, EMU_FILES_NO_APPEND};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		HSCARD_FILE file;

		files_start(FILES_TPDU_T1, flags[i]);
		file = files_opened("0104");
		seek(file, 0, SC_SEEK_FROM_END);
		assert_hr(files_write(file, "newest!!", 8, SC_FL_NO_FLAGS), S_OK);
		seek(file, 0, SC_SEEK_FROM_BEGINNING);
		assert_int_equal(files_read(file, 0, data, sizeof data), 8);
		assert_memory_equal(data, "newest!!", 8);
		for (int k = 1; k <= 3; k++) {
			assert_int_equal(files_read(file, 0, data, sizeof data), 8);
			assert_int_equal(data[0], k);
		}
		assert_hr((HRESULT)files_read(file, 0, data, sizeof data), SCARD_W_EOF);
		files_end();
	}
}

static void other_files_do_without_append(void **state)
{
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_EXTENDED, EMU_FILES_NO_APPEND | EMU_FILES_NO_ERASE);
	file = files_opened("0103");
	assert_hr(ISCardFileAccess_Write(fr.files, file, 1, NULL, SC_FL_ERASE),
	          SCARD_E_UNSUPPORTED_FEATURE);
	seek(file, 0, SC_SEEK_FROM_END);
	assert_hr(files_write(file, "x", 1, SC_FL_NO_FLAGS), SCARD_E_UNSUPPORTED_FEATURE);
	files_end();
}

static void erasing_a_record_takes_one_at_a_time(void **state)
{
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_TPDU_T0, 0);
	file = files_opened("0102");
	assert_hr(ISCardFileAccess_Write(fr.files, file, 2, NULL, SC_FL_ERASE), E_INVALIDARG);
	assert_hr(ISCardFileAccess_Write(fr.files, file, 1, NULL, SC_FL_ERASE), S_OK);
	assert_int_equal(files_read(file, 0, data, sizeof data), 16);
	assert_int_equal(data[0], 2);
	seek(file, 0, SC_SEEK_FROM_BEGINNING);
	assert_int_equal(files_read(file, 0, data, sizeof data), 16);
	memset(want, 0, 16);
	assert_memory_equal(data, want, 16);
	files_end();
}

static void the_end_of_records_is_found_by_reading(void **state)
{
	HSCARD_FILE full, few;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	full = files_opened("0108");
	seek(full, -1, SC_SEEK_FROM_END);
	assert_int_equal(files_read(full, 0, data, sizeof data), 4);
	assert_int_equal(data[0], 254);
	assert_hr((HRESULT)files_read(full, 0, data, sizeof data), SCARD_W_EOF);
	assert_hr(files_write(full, "abcd", 4, SC_FL_NO_FLAGS), SCARD_W_EOF);
	few = files_opened("0103");
	seek(few, -3, SC_SEEK_FROM_END);
	assert_int_equal(files_read(few, 0, data, sizeof data), 5);
	assert_hr(ISCardFileAccess_Seek(fr.files, few, -4, SC_SEEK_FROM_END), SCARD_E_BAD_SEEK);
	assert_hr(ISCardFileAccess_Seek(fr.files, few, 1, SC_SEEK_FROM_END), SCARD_E_BAD_SEEK);
	seek(few, 0, SC_SEEK_FROM_END);
	seek(few, -1, SC_SEEK_RELATIVE);
	assert_int_equal(files_read(few, 0, data, sizeof data), 15);
	files_end();
}

static void seeking_beyond_is_refused_and_changes_nothing(void **state)
{
	HSCARD_FILE file, records;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	file = files_opened("0101");
	seek(file, 7, SC_SEEK_FROM_BEGINNING);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, -1, SC_SEEK_FROM_BEGINNING),
	          SCARD_E_BAD_SEEK);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, -8, SC_SEEK_RELATIVE), SCARD_E_BAD_SEEK);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, 1, SC_SEEK_FROM_END), SCARD_E_BAD_SEEK);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, LONG_MAX, SC_SEEK_RELATIVE),
	          SCARD_E_BAD_SEEK);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, LONG_MIN, SC_SEEK_FROM_END),
	          SCARD_E_BAD_SEEK);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, 0, (SEEKTYPE)3), E_INVALIDARG);
	assert_hr(ISCardFileAccess_Seek(fr.files, file + 99, 0, SC_SEEK_RELATIVE), E_INVALIDARG);
	reads(file, 3, 7, 3);
	records = files_opened("0102");
	assert_hr(ISCardFileAccess_Seek(fr.files, records, 255, SC_SEEK_FROM_BEGINNING),
	          SCARD_E_BAD_SEEK);
	assert_int_equal(files_read(records, 0, data, sizeof data), 16);
	assert_int_equal(data[0], 1);
	files_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_40000_bytes_is_read_whole),
		cmocka_unit_test(reading_goes_on_at_the_pointer),
		cmocka_unit_test(writing_reaches_beyond_32767),
		cmocka_unit_test(nothing_is_written_beyond_the_end),
		cmocka_unit_test(write_does_what_the_coding_byte_says),
		cmocka_unit_test(erasing_leaves_zeros),
		cmocka_unit_test(records_are_read_one_at_a_time),
		cmocka_unit_test(a_record_longer_than_asked_is_not_cut),
		cmocka_unit_test(records_are_updated_and_added),
		cmocka_unit_test(a_cyclic_file_gives_up_its_oldest),
		cmocka_unit_test(other_files_do_without_append),
		cmocka_unit_test(erasing_a_record_takes_one_at_a_time),
		cmocka_unit_test(the_end_of_records_is_found_by_reading),
		cmocka_unit_test(seeking_beyond_is_refused_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
