/* SPDX-License-Identifier: MIT */
/* Objects of the application's own that lie, fail, call back into the library, or go while they are
 * used. */
#include "rig.h"

static const struct fake_reader plain = {.features = FAKE_SHORT};

/* A command whose methods do what a test says. */
struct own_cmd {
	ISCardCmd iface;
	unsigned refs, used_after_end;
	ISCard *card;
	HRESULT (*asked)(struct own_cmd *c); /* in get_Apdu, before it answers */
	HRESULT (*told)(struct own_cmd *c);  /* in put_ApduReply */
	HRESULT inner;                       /* of what these two did */
	IByteBuffer *apdu;                   /* what get_Apdu gives, or NULL */
	WORD status;
	LONG reply;
};

static struct own_cmd *of(ISCardCmd *self)
{
	struct own_cmd *c = (struct own_cmd *)self;

	c->used_after_end += c->refs == 0;
	return c;
}

static ULONG add_ref(ISCardCmd *self)
{
	return ++of(self)->refs;
}

static ULONG release(ISCardCmd *self)
{
	return --of(self)->refs;
}

static HRESULT get_apdu(ISCardCmd *self, LPBYTEBUFFER *out)
{
	struct own_cmd *c = of(self);

	*out = c->apdu;
	if (c->apdu != NULL)
		IByteBuffer_AddRef(c->apdu);
	return c->asked != NULL ? c->asked(c) : S_OK;
}

static HRESULT put_reply(ISCardCmd *self, LPBYTEBUFFER reply)
{
	struct own_cmd *c = of(self);
	STATSTRUCT stat;

	assert_hr(IByteBuffer_Stat(reply, &stat, STATFLAG_DEFAULT), S_OK);
	c->reply = stat.cbSize;
	return c->told != NULL ? c->told(c) : S_OK;
}

static HRESULT put_reply_length(ISCardCmd *self, LONG n)
{
	of(self)->reply = n;
	return S_OK;
}

static HRESULT put_status(ISCardCmd *self, WORD status)
{
	of(self)->status = status;
	return S_OK;
}

static HRESULT none(ISCardCmd *self, BYTE *out)
{
	of(self);
	*out = 0xEE;
	return E_ACCESSDENIED;
}

static const ISCardCmdVtbl own_vtbl = {
	.AddRef = add_ref,
	.Release = release,
	.get_Apdu = get_apdu,
	.get_Nad = none,
	.get_AlternateClassId = none,
	.put_ApduReply = put_reply,
	.put_ApduReplyLength = put_reply_length,
	.put_ReplyStatus = put_status,
};

static struct own_cmd own(ISCard *card)
{
	struct own_cmd c = {.iface = {&own_vtbl}, .refs = 1, .card = card, .status = 1};

	assert_hr(iscard_buffer_create("\x00\xA4\x00\x00\x02\x3F\x00", 7, &c.apdu), S_OK);
	return c;
}

static HRESULT send(struct own_cmd *c)
{
	ISCardCmd *cmd = &c->iface;
	HRESULT hr = ISCard_Transaction(c->card, &cmd);

	assert_int_equal(c->used_after_end, 0);
	return hr;
}

static HRESULT select_within(struct own_cmd *c)
{
	c->inner = rig_select(c->card);
	return S_OK;
}

static void a_command_may_use_the_object_that_sends_it(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           SELECT_WORKS,      XFR(SELECT, "61 10"),
	                                           SELECT_WORKS,      CLOSING_POWERED};
	struct own_cmd c;

	(void)state;
	RIG_START(&plain, steps);
	c = own(rig_attached());
	c.asked = c.told = select_within;
	assert_hr(send(&c), S_OK);
	assert_hr(c.inner, S_OK);
	assert_int_equal(c.status, 0x6110);
	IByteBuffer_Release(c.apdu);
	ISCard_Release(c.card);
	rig_end();
}

static HRESULT detach_within(struct own_cmd *c)
{
	c->inner = ISCard_Detach(c->card, LEAVE);
	return S_OK;
}

static void a_command_may_end_the_connection(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           CLOSING_POWERED};
	struct own_cmd c;

	(void)state;
	RIG_START(&plain, steps);
	c = own(rig_attached());
	c.asked = detach_within;
	assert_hr(send(&c), SCARD_E_INVALID_HANDLE);
	assert_hr(c.inner, S_OK);
	assert_int_equal(c.status, 0);
	IByteBuffer_Release(c.apdu);
	ISCard_Release(c.card);
	rig_end();
}

static HRESULT let_go(struct own_cmd *c)
{
	c->inner = S_OK;
	release(&c->iface);
	return S_OK;
}

static void a_command_lives_as_long_as_it_is_sent(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           SELECT_WORKS, CLOSING_POWERED};
	struct own_cmd c;

	(void)state;
	RIG_START(&plain, steps);
	c = own(rig_attached());
	c.asked = let_go;
	assert_hr(send(&c), S_OK);
	assert_int_equal(c.refs, 0);
	assert_int_equal(c.status, 0x9000);
	IByteBuffer_Release(c.apdu);
	ISCard_Release(c.card);
	rig_end();
}

static HRESULT refuse(struct own_cmd *c)
{
	(void)c;
	return E_FAIL;
}

static void what_a_command_returns_comes_back(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           SELECT_WORKS, CLOSING_POWERED};
	struct own_cmd c;
	IByteBuffer *apdu;

	(void)state;
	RIG_START(&plain, steps);
	c = own(rig_attached());
	apdu = c.apdu;
	c.apdu = NULL;
	assert_hr(send(&c), E_INVALIDARG);
	c.asked = refuse;
	assert_hr(send(&c), E_FAIL);
	assert_hr(iscard_last_error(c.card, NULL, 0), E_FAIL);
	c.asked = NULL;
	c.apdu = apdu;
	c.told = refuse;
	assert_hr(send(&c), E_FAIL);
	assert_hr(iscard_last_error(c.card, NULL, 0), E_FAIL);
	assert_int_equal(c.reply, 0);
	assert_int_equal(c.status, 0);
	IByteBuffer_Release(apdu);
	ISCard_Release(c.card);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_may_use_the_object_that_sends_it),
		cmocka_unit_test(a_command_may_end_the_connection),
		cmocka_unit_test(a_command_lives_as_long_as_it_is_sent),
		cmocka_unit_test(what_a_command_returns_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
