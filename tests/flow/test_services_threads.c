/* SPDX-License-Identifier: MIT */
/* The service interfaces between threads, and after a fork: nobody moves another's current file. */
#include "live.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 6
#define ROUNDS  12

struct worker {
	pthread_t thread;
	ISCardManage *manage;
	ISCardFileAccess *files;
	const char *path;
	LONG size; /* of what a Read of 0 gives first */
	HRESULT hr;
	unsigned good;
};

static const struct {
	const char *path;
	LONG size;
} paths[] = {{"0102", 16}, {"5015/5016/4402", 300}, {"0103", 5}};

static ISCardManage *new_manage(void)
{
	void *made = NULL;

	assert_int_equal(iscard_context_create_instance(live.context, &CLSID_CSCardManage,
	                                                &IID_ISCardManage, &made),
	                 S_OK);
	return made;
}

static ISCardManage *attached(void)
{
	ISCardManage *manage = new_manage();
	char name[64];
	BSTR text;

	live_name(name, sizeof name, 0);
	text = iscard_bstr_from_utf8(name);
	assert_int_equal(ISCardManage_AttachByIFD(manage, text, SHARED), S_OK);
	SysFreeString(text);
	return manage;
}

/* Open, read the first of it, close; what comes must be that file's. */
static HRESULT read_once(struct worker *w)
{
	BSTR text = iscard_bstr_from_utf8(w->path);
	IByteBuffer *buffer = NULL;
	HSCARD_FILE file = 0;
	LONG n = 0;
	HRESULT hr = ISCardFileAccess_Open(w->files, SC_TYPE_BY_ID, text, &file);

	SysFreeString(text);
	if (SUCCEEDED(hr))
		hr = ISCardFileAccess_Read(w->files, file, &n, &buffer, SC_FL_NO_FLAGS);
	if (buffer != NULL)
		IByteBuffer_Release(buffer);
	w->good += SUCCEEDED(hr) && n == w->size;
	if (SUCCEEDED(hr))
		hr = ISCardFileAccess_Close(w->files, file);
	return hr;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS && SUCCEEDED(w->hr); i++)
		w->hr = read_once(w);
	return NULL;
}

static void run(struct worker w[THREADS])
{
	for (unsigned i = 0; i < THREADS; i++) {
		w[i].path = paths[i % 3].path;
		w[i].size = paths[i % 3].size;
		assert_int_equal(ISCardManage_CreateFileAccess(w[i].manage, &w[i].files), S_OK);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(w[i].hr, S_OK);
		assert_int_equal(w[i].good, ROUNDS);
		ISCardFileAccess_Release(w[i].files);
		ISCardManage_Release(w[i].manage);
	}
}

static void start(void)
{
	live_start_with(1, 1, (struct emu_card_config){.files = true});
}

static void connections_read_different_files(void **state)
{
	struct worker w[THREADS] = {0};

	(void)state;
	start();
	for (unsigned i = 0; i < THREADS; i++)
		w[i].manage = attached();
	run(w);
	live_end();
}

/* The lock is counted by connection: it is not what keeps these apart. */
static void objects_on_one_connection_do_not_mix_files_up(void **state)
{
	struct worker w[THREADS] = {0};
	ISCard *card;
	HSCARD handle = 0;

	(void)state;
	start();
	card = live_attached(0, EXCLUSIVE);
	assert_non_null(card);
	assert_int_equal(ISCard_get_CardHandle(card, &handle), S_OK);
	for (unsigned i = 0; i < THREADS; i++) {
		w[i].manage = new_manage();
		assert_int_equal(ISCardManage_AttachByHandle(w[i].manage, handle), S_OK);
	}
	run(w);
	ISCard_Release(card);
	live_end();
}

static void services_of_one_object_take_turns(void **state)
{
	struct worker w[THREADS] = {0};

	(void)state;
	start();
	w[0].manage = attached();
	for (unsigned i = 1; i < THREADS; i++) {
		w[i].manage = w[0].manage;
		ISCardManage_AddRef(w[i].manage);
	}
	run(w);
	live_end();
}

/* Each look at the clock, which comes before each exchange, gives the floor to others; on a busy machine,
 * where they are strangers, for a moment. */
static int64_t courteous_now(void *ctx)
{
	static const struct ccid_env real;
	int64_t start = ccid_env_now(&real), now = start;

	(void)ctx;
	for (int i = 0; i < 50 && now == start; i++) {
		sched_yield();
		now = ccid_env_now(&real);
	}
	return now;
}

static void *select_elsewhere(void *arg)
{
	struct worker *w = arg;
	ISCard *card = live_card();
	void *made = NULL;
	ISCardCmd *cmd;
	IByteBuffer *id;
	LONG le = 0;

	iscard_buffer_create("\x3F\x00", 2, &id);
	CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd, &made);
	cmd = made;
	ISCardCmd_BuildCmd(cmd, 0, 0xA4, 0, 4, id, &le);
	w->hr = ISCard_AttachByHandle(card, (HSCARD)w->size);
	for (unsigned i = 0; i < 8 * ROUNDS && SUCCEEDED(w->hr); i++)
		w->hr = ISCard_Transaction(card, &cmd);
	ISCardCmd_Release(cmd);
	IByteBuffer_Release(id);
	ISCard_Release(card);
	return NULL;
}

/* A plain command of the same connection waits for the end of a run, and the next run finds out. */
static void a_transaction_does_not_come_between(void **state)
{
	struct worker w = {.path = "5015/5016/4402", .size = 300}, other[3] = {0};
	HSCARD handle = 0;
	ISCard *card;

	(void)state;
	start();
	live.context->env.now_ms = courteous_now;
	card = live_attached(0, SHARED);
	assert_non_null(card);
	assert_int_equal(ISCard_get_CardHandle(card, &handle), S_OK);
	w.manage = new_manage();
	assert_int_equal(ISCardManage_AttachByHandle(w.manage, handle), S_OK);
	assert_int_equal(ISCardManage_CreateFileAccess(w.manage, &w.files), S_OK);
	for (unsigned i = 0; i < 3; i++) {
		other[i].size = (LONG)handle;
		assert_int_equal(
			pthread_create(&other[i].thread, NULL, select_elsewhere, &other[i]), 0);
	}
	work(&w);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(other[i].thread, NULL), 0);
		assert_int_equal(other[i].hr, S_OK);
	}
	assert_int_equal(w.hr, S_OK);
	assert_int_equal(w.good, ROUNDS);
	ISCardFileAccess_Release(w.files);
	ISCardManage_Release(w.manage);
	ISCard_Release(card);
	live_end();
}

static bool stopped(ISCardFileAccess *files, ISCardVerify *verify, HSCARD_FILE file)
{
	IByteBuffer *buffer = NULL;
	LONG n = 0, ref = 1;

	return ISCardFileAccess_Read(files, file, &n, &buffer, SC_FL_NO_FLAGS) ==
	               SCARD_E_SERVICE_STOPPED &&
	       ISCardFileAccess_Close(files, file) == SCARD_E_SERVICE_STOPPED &&
	       ISCardVerify_Verify(verify, NULL, SC_FL_IHV_CHECKONLY, &ref) ==
	               SCARD_E_SERVICE_STOPPED;
}

static void a_child_may_only_release(void **state)
{
	struct worker w = {.path = "0102", .size = 16};
	ISCardVerify *verify;
	HSCARD_FILE file = 0;
	BSTR text = iscard_bstr_from_utf8("0101");
	int status = -1;
	pid_t child;

	(void)state;
	start();
	w.manage = attached();
	assert_int_equal(ISCardManage_CreateFileAccess(w.manage, &w.files), S_OK);
	assert_int_equal(ISCardManage_CreateCHVerification(w.manage, &verify), S_OK);
	assert_int_equal(ISCardFileAccess_Open(w.files, SC_TYPE_BY_ID, text, &file), S_OK);
	child = fork();
	if (child == 0) {
		bool good = stopped(w.files, verify, file);

		ISCardVerify_Release(verify);
		ISCardManage_Release(w.manage);
		_exit(good && ISCardFileAccess_Release(w.files) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read_once(&w), S_OK);
	assert_int_equal(w.good, 1);
	SysFreeString(text);
	ISCardVerify_Release(verify);
	ISCardFileAccess_Release(w.files);
	ISCardManage_Release(w.manage);
	live_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_read_different_files),
		cmocka_unit_test(objects_on_one_connection_do_not_mix_files_up),
		cmocka_unit_test(services_of_one_object_take_turns),
		cmocka_unit_test(a_transaction_does_not_come_between),
		cmocka_unit_test(a_child_may_only_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
