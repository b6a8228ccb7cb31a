/* SPDX-License-Identifier: MIT */
#include "events_rig.h"

#include "process.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <sys/timerfd.h>

struct events_rig rig;

static const struct fake_reader plain = {.features = FAKE_SHORT};

static void begin_to_open(void)
{
	void (*opening)(void) = rig.opening;

	rig.opens++;
	rig.opening = NULL;
	if (opening != NULL)
		opening();
	fake_clock_advance(&rig.clock, rig.open_ms);
}

static int open_usb(void *arg, struct ccid_transport **out, const struct ccid_usb_found *found,
                    const struct ccid_env *env)
{
	unsigned i = (unsigned)(found->id.address[6] - '1'); /* "usb:1-N" */

	(void)arg;
	begin_to_open();
	if (rig.open_error != 0)
		return rig.open_error;
	if (i >= RIG_READERS || rig.number[i] != found->dev)
		return CCID_E_GONE;
	if (responder_open(out, rig.device[i]) < 0)
		return CCID_E_GONE;
	(*out)->env = env;
	(*out)->id = found->id;
	if (rig.maker != NULL)
		snprintf((*out)->id.manufacturer, CCID_TEXT_MAX, "%s", rig.maker);
	return 0;
}

static const struct ccid_usb_stand_in usb = {
	.roots = &rig.tree.roots, .hotplug = &rig.tree.hotplug, .open = open_usb};

static int open_peer(void *arg, struct ccid_transport **out, const char *address,
                     const struct ccid_env *env, int64_t deadline)
{
	int err = rig.open_error;

	(void)arg, (void)deadline;
	begin_to_open();
	if (err == 0)
		err = rig.device[0] != NULL ? responder_open(out, rig.device[0]) : CCID_E_NOTFOUND;
	if (err != 0)
		return err;
	(*out)->env = env;
	snprintf((*out)->id.manufacturer, CCID_TEXT_MAX, "%s",
	         rig.maker != NULL ? rig.maker : "Tree");
	snprintf((*out)->id.product, CCID_TEXT_MAX, "Reader");
	snprintf((*out)->id.address, CCID_TEXT_MAX, "%s", address);
	return 0;
}

static const struct ccid_scheme peers = {"test:", open_peer, NULL};

static int64_t now(void *arg)
{
	return ((struct fake_clock *)arg)->now;
}

static void log_line(void *arg, iscard_log_level level, const char *reader, const char *text)
{
	struct fake_clock *clock = arg;

	clock->env.log(clock->env.ctx, (enum ccid_log_level)level, reader, text);
}

int rig_count_entries(const char *path)
{
	struct dirent *e;
	int n = 0;
	DIR *dir = opendir(path);

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static iscard_context *make_context(const char *readers)
{
	struct iscard_options o = {.size = sizeof o,
	                           .readers = readers != NULL ? readers : "usb:",
	                           .log = log_line,
	                           .log_arg = &rig.clock,
	                           .log_level = ISCARD_LOG_DEBUG,
	                           .now_ms = now,
	                           .now_arg = &rig.clock};
	iscard_context *c;

	assert_int_equal(ccid_context_create(&o, &peers, &c), S_OK);
	c->usb = &usb;
	return c;
}

/* What a test that failed has left open must not be in the way of the next. */
static void forget_readers(void)
{
	ccid_process_enter()->readers = NULL;
	ccid_process_leave();
}

void rig_begin(const char *readers)
{
	forget_readers();
	rig = (struct events_rig){.last_number = 1};
	rig.descriptors = rig_count_entries("/proc/self/fd");
	usb_tree_make(&rig.tree);
	fake_clock_init(&rig.clock);
	rig.context = make_context(readers);
}

iscard_context *rig_another(void)
{
	return make_context(NULL);
}

void rig_finish(void)
{
	iscard_context_unref(rig.context);
	for (unsigned i = 0; i < RIG_READERS; i++)
		for (unsigned k = 0; k < 2; k++)
			assert_int_equal(rig.unit[i][k].open, 0);
	assert_null(ccid_process()->readers);
	usb_tree_remove(&rig.tree);
	assert_int_equal(rig_count_entries("/proc/self/fd"), rig.descriptors);
}

static void port_of(char out[8], unsigned i)
{
	snprintf(out, 8, "1-%u", (i + 1) % 10);
}

void rig_make(unsigned i, const struct fake_reader *kind)
{
	rig.device[i] = &rig.unit[i][rig.device[i] == &rig.unit[i][0]];
	assert_int_equal(rig.device[i]->open, 0);
	responder_init(rig.device[i], kind, &rig.clock);
	rig.device[i]->card = false;
}

void rig_plug_kind(unsigned i, const struct fake_reader *kind)
{
	char port[8];

	rig.last_number = rig.last_number % 127 + 1;
	rig.number[i] = rig.last_number;
	rig_make(i, kind);
	port_of(port, i);
	usb_tree_plug(&rig.tree, port, rig.number[i], kind, 0600);
}

void rig_plug(unsigned i)
{
	rig_plug_kind(i, &plain);
}

void rig_unplug(unsigned i)
{
	char port[8];

	port_of(port, i);
	responder_unplug(rig.device[i]);
	usb_tree_unplug(&rig.tree, port, rig.number[i]);
	rig.number[i] = 0;
}

void rig_take(void)
{
	struct ccid_watch *w = atomic_load(&rig.context->watch);

	pthread_mutex_lock(&w->lock);
	ccid_watch_take(w);
	pthread_mutex_unlock(&w->lock);
}

void rig_settle(void)
{
	rig_take();
	fake_clock_advance(&rig.clock, CCID_HOTPLUG_SETTLE_MS);
	rig_take();
}

void rig_pass(int64_t ms)
{
	fake_clock_advance(&rig.clock, ms);
}

void rig_watch(void)
{
	assert_int_equal(iscard_context_watch(rig.context, NULL, ISCARD_WATCH_CARDS), S_OK);
}

const char *rig_name(unsigned i)
{
	static const char *const names[RIG_READERS] = {"Tree Reader 00 00", "Tree Reader 01 00",
	                                               "Tree Reader 02 00"};

	return names[i];
}

void rig_expect(iscard_event_type type, unsigned i, const char *file, int line)
{
	struct iscard_event *e = &rig.event;
	HRESULT hr;

	hr = iscard_context_next_event(rig.context, e);
	if (hr == S_OK && e->type == type && strcmp(e->reader, rig_name(i)) == 0)
		return;
	print_error("%s:%d: %s instead of %s: %s\n", file, line,
	            hr == S_OK ? iscard_event_name(e->type) : "nothing", iscard_event_name(type),
	            hr == S_OK ? e->reader : "");
	_fail(file, line);
}

bool rig_readable(void)
{
	struct pollfd p = {.events = POLLIN};

	assert_int_equal(iscard_context_event_fd(rig.context, &p.fd), S_OK);
	return poll(&p, 1, 0) > 0;
}

void rig_expect_nothing(const char *file, int line)
{
	HRESULT hr = iscard_context_next_event(rig.context, &rig.event);

	if (hr == S_FALSE && !rig_readable())
		return;
	print_error("%s:%d: %s\n", file, line,
	            hr == S_OK ? iscard_event_name(rig.event.type) : "readable");
	_fail(file, line);
}

int64_t rig_timer(void)
{
	struct itimerspec at;

	assert_int_equal(timerfd_gettime(atomic_load(&rig.context->watch)->timer_fd, &at), 0);
	if (at.it_value.tv_sec == 0 && at.it_value.tv_nsec == 0)
		return -1;
	return at.it_value.tv_sec * 1000 + (at.it_value.tv_nsec + 999999) / 1000000;
}
