/* SPDX-License-Identifier: MIT */
#include "over_usb.h"

#include "stand_client.h"
#include "transport_usb.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 10000 /* of real time, for what the kernel does at once */

static struct over {
	struct ccid_transport *t; /* the driver's; NULL: none */
	const struct ccid_transport_ops *model;
	struct ccid_transport_ops ops;
	struct ccid_transport *usb;
	bool out;       /* is pending */
	int out_failed; /* what the model said of it */
	bool spoilt;    /* the interrupt pipe has had errors */
	uint8_t *in;
	uint8_t shadow[STAND_DATA]; /* where the model puts what comes in */
	uint8_t sent[STAND_DATA];   /* what has come to the kernel */
} over;

static const struct ccid_env real; /* time of the machine */

static _Noreturn void give_up(const char *what, int want, int got)
{
	fprintf(stderr, "over USB: %s: %d (%s) expected, %d (%s) got\n", what, want,
	        ccid_err_name(want), got, ccid_err_name(got));
	abort();
}

static int64_t soon(void)
{
	return ccid_env_now(&real) + PATIENCE_MS;
}

static int error_number(int err)
{
	switch (err) {
	case CCID_E_STALL: return EPIPE;
	case CCID_E_BABBLE: return EOVERFLOW;
	case CCID_E_NOMEM: return ENOMEM;
	default: return err < 0 ? EPROTO : 0;
	}
}

/* What the model wants of a call that libusb makes without a transfer. */
static void refuse(enum stand_ioctl ioctl, int want)
{
	if (want == CCID_E_GONE)
		STAND_TELL(.what = STAND_UNPLUG);
	else if (want < 0)
		STAND_TELL(.what = STAND_REFUSE, .ioctl = (uint8_t)ioctl,
		           .value = error_number(want));
}

/* libusb has one name for all errors of an ioctl. */
static int agreed(const char *what, int want, int got, bool by_ioctl)
{
	if (got != want && !(by_ioctl && want < 0 && got == CCID_E_IO))
		give_up(what, want, got);
	return got;
}

static int over_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	int want = cap <= sizeof over.shadow ? over.model->post_in(t, over.shadow, cap)
	                                     : CCID_E_DIVERGED;

	if (want == CCID_E_DIVERGED)
		return want;
	over.in = buf;
	refuse(STAND_SUBMIT, want);
	return agreed("post_in", want, over.usb->ops->post_in(over.usb, buf, cap), true);
}

static void end_out(int err)
{
	if (over.out)
		STAND_TELL(.what = STAND_END, .endpoint = over.usb->iface.bulk_out.address,
		           .value = error_number(err));
	over.out = false;
}

/* The model gets what has come to the kernel. Its failure shows in the next wait. */
static int model_out(struct ccid_transport *t, size_t len, int64_t deadline)
{
	uint8_t endpoint = over.usb->iface.bulk_out.address;
	int n = stand_tell((struct stand_msg){.what = STAND_PENDING, .endpoint = endpoint}, NULL, 0,
	                   over.sent);

	if (n != (int)len)
		give_up("bulk_out", (int)len, n);
	over.out = true;
	return over.model->bulk_out(t, over.sent, len, deadline);
}

static int over_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	int rc;

	end_out(0);
	rc = over.usb->ops->bulk_out(over.usb, buf, len, soon());
	if (rc < 0)
		return rc;
	over.out_failed = model_out(t, len, deadline);
	if (over.out_failed == CCID_E_DIVERGED)
		return CCID_E_DIVERGED;
	if (over.out_failed == CCID_E_GONE)
		STAND_TELL(.what = STAND_UNPLUG);
	else if (over.out_failed < 0 && over.out_failed != CCID_E_TIMEOUT)
		end_out(over.out_failed);
	return 0;
}

static int failed_out(struct ccid_transport *t)
{
	int want = over.out_failed;
	bool stays = want == CCID_E_TIMEOUT;
	int64_t until = stays ? ccid_env_now(&real) : soon();

	if (!stays) {
		over.model->drop_in(t);
		over.out_failed = 0;
	}
	return agreed("wait_in after bulk_out", want, over.usb->ops->wait_in(over.usb, until),
	              false);
}

static void end_in(int want)
{
	struct stand_msg head = {.what = STAND_END,
	                         .endpoint = over.usb->iface.bulk_in.address,
	                         .value = error_number(want)};

	if (over.out)
		head.also = over.usb->iface.bulk_out.address;
	over.out = false;
	if (stand_tell(head, over.shadow, want > 0 ? (size_t)want : 0, NULL) < 0)
		give_up("nothing is posted", want, 0);
}

static int over_wait_in(struct ccid_transport *t, int64_t deadline)
{
	int64_t until = soon();
	int want, rc;

	if (over.out_failed != 0)
		return failed_out(t);
	want = over.model->wait_in(t, deadline);
	switch (want) {
	case CCID_E_DIVERGED: return want;
	case CCID_E_GONE: STAND_TELL(.what = STAND_UNPLUG); break;
	case CCID_E_CANCELLED: over.usb->ops->cancel(over.usb); break;
	case CCID_E_TIMEOUT:
		end_out(0);
		until = ccid_env_now(&real);
		break;
	default: end_in(want); break;
	}
	rc = agreed("wait_in", want, over.usb->ops->wait_in(over.usb, until), false);
	if (rc > 0 && memcmp(over.in, over.shadow, (size_t)rc) != 0)
		give_up("bytes of wait_in", want, rc);
	return rc;
}

static void over_drop_in(struct ccid_transport *t)
{
	over.usb->ops->drop_in(over.usb);
	over.model->drop_in(t);
	over.out = false;
	over.out_failed = 0;
}

static int over_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	uint8_t notice[64] = {0};
	int want = over.model->interrupt_in(t, notice, cap < sizeof notice ? cap : sizeof notice);
	bool error = want < 0 && want != CCID_E_UNSUPPORTED && want != CCID_E_GONE;
	bool babble = want > t->iface.intr_in.max_packet;
	int rc;

	if (want == CCID_E_DIVERGED || want == CCID_E_UNSUPPORTED)
		return want;
	over.spoilt = over.spoilt || error || babble;
	if (want == CCID_E_GONE)
		STAND_TELL(.what = STAND_UNPLUG);
	else if (want != 0)
		stand_tell((struct stand_msg){.what = STAND_NOTICE, .value = error_number(want)},
		           notice, want > 0 ? (size_t)want : 0, NULL);
	rc = over.usb->ops->interrupt_in(over.usb, buf, cap);
	if (!over.spoilt && (rc != want || (rc > 0 && memcmp(buf, notice, (size_t)rc) != 0)))
		give_up("interrupt_in", want, rc);
	return rc;
}

static bool was_sent(const struct ccid_setup *s, const uint8_t *data)
{
	const uint8_t setup[8] = {s->request_type,    s->request,
	                          (uint8_t)s->value,  (uint8_t)(s->value >> 8),
	                          (uint8_t)s->index,  (uint8_t)(s->index >> 8),
	                          (uint8_t)s->length, (uint8_t)(s->length >> 8)};
	stand_tell((struct stand_msg){.what = STAND_SETUP}, NULL, 0, over.sent);
	if (memcmp(over.sent, setup, sizeof setup) != 0)
		return false;
	return (s->request_type & 0x80) != 0 || s->length == 0 ||
	       memcmp(over.sent + 8, data, s->length) == 0;
}

static int over_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                        int64_t deadline)
{
	bool in = (setup->request_type & 0x80) != 0;
	uint8_t *answer = in ? over.shadow : data;
	int want = over.model->control(t, setup, answer, deadline), rc;
	int64_t until = want == CCID_E_TIMEOUT ? ccid_env_now(&real) : soon();

	if (want == CCID_E_DIVERGED)
		return want;
	if (want == CCID_E_GONE)
		STAND_TELL(.what = STAND_UNPLUG);
	else if (want == CCID_E_CANCELLED)
		over.usb->ops->cancel(over.usb);
	else if (want != CCID_E_TIMEOUT)
		stand_tell((struct stand_msg){.what = STAND_CONTROL, .value = error_number(want)},
		           answer, in && want > 0 ? (size_t)want : 0, NULL);
	rc = over.usb->ops->control(over.usb, setup, data, until);
	if (rc >= 0 && !was_sent(setup, data))
		give_up("bytes of control", want, rc);
	return agreed("control", want, rc, false);
}

static int over_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	int want = over.model->clear_halt(t, pipe, deadline);

	if (want == CCID_E_DIVERGED)
		return want;
	refuse(STAND_CLEAR_HALT, want);
	return agreed("clear_halt", want, over.usb->ops->clear_halt(over.usb, pipe, soon()), true);
}

static int over_reset(struct ccid_transport *t, int64_t deadline)
{
	int want = over.model->reset(t, deadline);

	if (want == CCID_E_DIVERGED)
		return want;
	refuse(STAND_RESET, want);
	return agreed("reset", want, over.usb->ops->reset(over.usb, soon()), true);
}

static int over_pause(struct ccid_transport *t, int64_t until)
{
	int want = over.model->pause(t, until);

	if (want == CCID_E_DIVERGED)
		return want;
	if (want == CCID_E_CANCELLED)
		over.usb->ops->cancel(over.usb);
	return agreed("pause", want, over.usb->ops->pause(over.usb, ccid_env_now(&real)), false);
}

static int over_event_fd(struct ccid_transport *t)
{
	return over.model->event_fd(t);
}

/* The model says when; then libusb is cancelled. */
static void over_cancel(struct ccid_transport *t)
{
	over.model->cancel(t);
}

static void close_usb(void)
{
	int left;

	over.usb->ops->close(over.usb);
	over.usb = NULL;
	over.t = NULL;
	left = STAND_TELL(.what = STAND_OPENS);
	if (left != 0)
		give_up("opens after close", 0, left);
}

static void over_close(struct ccid_transport *t)
{
	const struct ccid_transport_ops *model = over.model;

	close_usb();
	t->ops = model;
	model->close(t);
}

static const struct ccid_transport_ops over_ops = {
	.name = "stand-in over libusb",
	.close = over_close,
	.post_in = over_post_in,
	.bulk_out = over_bulk_out,
	.wait_in = over_wait_in,
	.drop_in = over_drop_in,
	.interrupt_in = over_interrupt_in,
	.control = over_control,
	.clear_halt = over_clear_halt,
	.reset = over_reset,
	.pause = over_pause,
	.event_fd = over_event_fd,
	.cancel = over_cancel,
};

static int plug(const struct ccid_transport *t)
{
	uint8_t descriptors[2048];

	memcpy(descriptors, t->device_desc, 18);
	memcpy(descriptors + 18, t->config, t->config_len);
	return stand_tell((struct stand_msg){.what = STAND_PLUG}, descriptors, 18 + t->config_len,
	                  NULL);
}

static int open_usb(const struct ccid_transport *t, int number)
{
	char node[64];
	int fd, err;

	snprintf(node, sizeof node, "/dev/bus/usb/001/%03d", number);
	fd = open(node, O_RDWR | O_CLOEXEC);
	err = ccid_transport_open_usb_fd(&over.usb, fd, -1, &real);
	close(fd);
	if (err == CCID_E_NOMEM)
		return err;
	if (err != 0)
		give_up(node, 0, err);
	if (memcmp(over.usb->device_desc, t->device_desc, 18) != 0 ||
	    over.usb->config_len != t->config_len ||
	    memcmp(over.usb->config, t->config, t->config_len) != 0)
		give_up("descriptors", 0, 0);
	return 0;
}

int over_usb(struct ccid_transport *t)
{
	int err;

	if (getenv("ISCARD_OVER_USB") == NULL)
		return 0;
	if (over.t == t) /* left open by a test that failed */
		close_usb();
	if (over.t != NULL)
		give_up("a second reader", 0, 0);
	over.out = over.spoilt = false;
	over.out_failed = 0;
	err = open_usb(t, plug(t));
	if (err != 0)
		return err;
	over.t = t;
	over.model = t->ops;
	over.ops = over_ops;
	t->ops = &over.ops;
	return 0;
}

void over_usb_instead(struct ccid_transport *t, struct ccid_transport *inner)
{
	if (over.t != inner || inner == NULL)
		return;
	inner->ops = over.model;
	over.t = t;
	over.model = t->ops;
	t->ops = &over.ops;
}

/* Before anything is counted. */
__attribute__((constructor)) static void choose(void)
{
	const char *only = getenv("ISCARD_TEST_ONLY"), *but = getenv("ISCARD_TEST_BUT");

	if (getenv("ISCARD_OVER_USB") == NULL)
		return;
	stand_reach(getenv("ISCARD_OVER_USB"));
	if (only != NULL)
		cmocka_set_test_filter(only);
	if (but != NULL)
		cmocka_set_skip_filter(but);
}
