/* SPDX-License-Identifier: MIT */
/* One buffer, its clones and its stream, in the hands of several threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "bytebuffer.h"

#include <cmocka.h>
#include <pthread.h>

#define THREADS 4
#define ROUNDS  500

static IByteBuffer *shared;

/* Whole records of eight equal bytes: no thread may see another's half. */
static void *write_and_read(void *arg)
{
	BYTE record[8], back[8];
	IByteBuffer *clone = NULL;
	LONG n;

	for (size_t i = 0; i < 8; i++)
		record[i] = (BYTE)(uintptr_t)arg;
	assert_int_equal(IByteBuffer_Clone(shared, &clone), S_OK);
	for (int round = 0; round < ROUNDS; round++) {
		assert_int_equal(IByteBuffer_Seek(clone, 0, STREAM_SEEK_SET, NULL), S_OK);
		assert_int_equal(IByteBuffer_Write(clone, record, 8, &n), S_OK);
		assert_int_equal(IByteBuffer_Seek(clone, 0, STREAM_SEEK_SET, NULL), S_OK);
		assert_int_equal(IByteBuffer_Read(clone, back, 8, &n), S_OK);
		assert_int_equal(n, 8);
		for (size_t i = 1; i < 8; i++)
			assert_int_equal(back[i], back[0]);
	}
	IByteBuffer_Release(clone);
	return NULL;
}

/* The stream is taken away while others use it. */
static void *replace_and_use(void *arg)
{
	BYTE back[8];
	IStream *stream = NULL;
	LONG n;

	for (int round = 0; round < ROUNDS; round++) {
		assert_int_equal(IByteBuffer_Initialize(shared, 8, NULL), S_OK);
		assert_int_equal(IByteBuffer_Read(shared, back, 8, &n), S_OK);
		assert_int_equal(IByteBuffer_get_Stream(shared, &stream), S_OK);
		assert_int_equal(IByteBuffer_put_Stream(shared, stream), S_OK);
		assert_int_equal(IByteBuffer_SetSize(shared, (LONG)(uintptr_t)arg), S_OK);
		IStream_Release(stream);
	}
	return NULL;
}

static void run(void *(*fn)(void *arg))
{
	pthread_t threads[THREADS];

	assert_int_equal(iscard_buffer_create(NULL, 8, &shared), S_OK);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fn, (void *)(i + 1)), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(IByteBuffer_Release(shared), 0);
}

static void clones_share_bytes_whole(void **state)
{
	(void)state;
	run(write_and_read);
}

static void a_stream_lives_as_long_as_somebody_uses_it(void **state)
{
	(void)state;
	run(replace_and_use);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clones_share_bytes_whole),
		cmocka_unit_test(a_stream_lives_as_long_as_somebody_uses_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
