/* SPDX-License-Identifier: MIT */
/* Threads in lockstep: a run can be repeated, and time stands still while anybody has something to do. */
#include "lockstep.h"

#include "err.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 3
#define ROUNDS  20

static struct {
	struct fake_clock clock;
	int64_t begun;
	pthread_mutex_t lock;
	pthread_cond_t news;
	char order[THREADS * ROUNDS + 1];
	unsigned n;
	int fd, result;
	bool told;
} test;

struct hand {
	char name;
	void (*body)(void);
};

static void run_one(void *arg)
{
	((struct hand *)arg)->body();
}

static void run(uint64_t seed, void (*first)(void), void (*second)(void))
{
	struct hand hands[] = {{'a', first}, {'b', second}};

	fake_clock_init(&test.clock);
	test.begun = test.clock.now;
	pthread_mutex_init(&test.lock, NULL);
	pthread_cond_init(&test.news, NULL);
	test.told = false;
	lockstep_run(&test.clock, seed, 2, run_one, hands, sizeof hands[0]);
	pthread_cond_destroy(&test.news);
	pthread_mutex_destroy(&test.lock);
}

static int64_t passed(void)
{
	return test.clock.now - test.begun;
}

static void write_name(void *arg)
{
	struct hand *h = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&test.lock);
		test.order[test.n++] = h->name;
		pthread_mutex_unlock(&test.lock);
	}
}

static void order_of(uint64_t seed, char out[THREADS * ROUNDS + 1])
{
	struct hand hands[THREADS] = {{'a', NULL}, {'b', NULL}, {'c', NULL}};

	fake_clock_init(&test.clock);
	pthread_mutex_init(&test.lock, NULL);
	test.n = 0;
	lockstep_run(&test.clock, seed, THREADS, write_name, hands, sizeof hands[0]);
	pthread_mutex_destroy(&test.lock);
	assert_int_equal(test.n, THREADS * ROUNDS);
	memcpy(out, test.order, sizeof test.order);
}

static void the_seed_decides_who_is_next(void **state)
{
	char first[sizeof test.order], again[sizeof test.order], other[sizeof test.order];

	(void)state;
	for (uint64_t seed = 1; seed < 20; seed++) {
		order_of(seed, first);
		order_of(seed, again);
		order_of(seed + 1, other);
		assert_string_equal(first, again);
		assert_string_not_equal(first, other);
	}
}

static void wait_a_minute(void)
{
	assert_int_equal(lockstep_wait(test.begun + 60000, -1), CCID_OK);
	assert_int_equal(passed(), 60000);
}

static void work_without_waiting(void)
{
	for (unsigned i = 0; i < 1000; i++) {
		pthread_mutex_lock(&test.lock);
		pthread_mutex_unlock(&test.lock);
		lockstep_point();
		assert_int_equal(passed(), 0);
	}
}

static void time_passes_when_all_wait(void **state)
{
	(void)state;
	run(1, wait_a_minute, work_without_waiting);
	run(2, wait_a_minute, wait_a_minute);
}

static void wait_for_news(void)
{
	struct timespec at;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &at), 0);
	at.tv_sec += 60;
	pthread_mutex_lock(&test.lock);
	test.result = 0;
	while (!test.told && test.result == 0)
		test.result = pthread_cond_timedwait(&test.news, &test.lock, &at);
	pthread_mutex_unlock(&test.lock);
}

static void tell_soon(void)
{
	assert_int_equal(lockstep_wait(test.begun + 59999, -1), CCID_OK);
	pthread_mutex_lock(&test.lock);
	test.told = true;
	pthread_cond_signal(&test.news);
	pthread_mutex_unlock(&test.lock);
}

static void a_condition_is_waited_for_in_the_same_time(void **state)
{
	(void)state;
	run(1, wait_for_news, work_without_waiting);
	assert_int_equal(test.result, ETIMEDOUT);
	assert_int_equal(passed(), 60000);
	run(1, wait_for_news, tell_soon);
	assert_int_equal(test.result, 0);
	assert_int_equal(passed(), 59999);
}

static void wait_for_fd(void)
{
	assert_int_equal(lockstep_wait(test.begun + 60000, test.fd), CCID_E_CANCELLED);
	assert_int_equal(passed(), 10);
}

static void write_to_fd(void)
{
	assert_int_equal(lockstep_wait(test.begun + 10, -1), CCID_OK);
	assert_int_equal(eventfd_write(test.fd, 1), 0);
}

static void a_descriptor_ends_a_wait(void **state)
{
	(void)state;
	test.fd = eventfd(0, EFD_CLOEXEC);
	assert_true(test.fd >= 0);
	run(1, wait_for_fd, write_to_fd);
	close(test.fd);
}

static void others_are_left_alone(void **state)
{
	(void)state;
	assert_false(lockstep_member());
	lockstep_point();
	assert_int_equal(lockstep_wait(INT64_MAX, -1), CCID_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_seed_decides_who_is_next),
		cmocka_unit_test(time_passes_when_all_wait),
		cmocka_unit_test(a_condition_is_waited_for_in_the_same_time),
		cmocka_unit_test(a_descriptor_ends_a_wait),
		cmocka_unit_test(others_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
