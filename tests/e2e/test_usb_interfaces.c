/* SPDX-License-Identifier: MIT */
/* One device, two CCID interfaces: two readers at once, over unmodified libusb and a usbfs: usbfs_run
 * -t. */
#include "names.h"
#include "reader_priv.h"
#include "usb_fixture.h"

#include <iscard/iscard.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#define LIMIT_MS 60000

#define CONTACT     "ACS Emulated Reader [Contact] (EMU0001) 00 00"
#define CONTACTLESS "ACS Emulated Reader [Contactless] (EMU0001) 00 00"

struct both {
	struct ccid_usb_found found[2];
	unsigned n;
};

static int take_both(void *arg, const struct ccid_usb_found *found)
{
	struct both *b = arg;

	assert_true(b->n < 2);
	b->found[b->n++] = *found;
	return 0;
}

static struct both find_both(void)
{
	struct both b = {.n = 0};
	unsigned denied;

	assert_int_equal(ccid_usb_scan(&usb_env, NULL, take_both, &b, &denied), 0);
	assert_int_equal(b.n, 2);
	assert_int_equal(denied, 0);
	return b;
}

static struct ccid_reader *open_reader(const struct ccid_usb_found *f)
{
	struct ccid_transport *t;
	struct ccid_reader *r;

	assert_int_equal(ccid_transport_open_usb(&t, f, &usb_env), 0);
	assert_int_equal(ccid_reader_open(&r, t, NULL, &usb_env, usb_after(LIMIT_MS)), 0);
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, usb_after(LIMIT_MS)), 0);
	return r;
}

static int transmit(struct ccid_reader *r, const uint8_t *apdu, size_t len, uint8_t rapdu[258])
{
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	return ccid_slot_transmit(r, 0, info.generation, apdu, len, rapdu, 258, 0, -1,
	                          usb_after(LIMIT_MS));
}

/* The card says again what it is told. */
static void echo(struct ccid_reader *r, uint8_t what)
{
	const uint8_t apdu[] = {0x80, 0x10, 0x00, 0x00, 0x02, what, (uint8_t)~what, 0x00};
	uint8_t rapdu[258];

	assert_int_equal(transmit(r, apdu, sizeof apdu, rapdu), 4);
	assert_memory_equal(rapdu, apdu + 5, 2);
	assert_memory_equal(rapdu + 2, "\x90\x00", 2);
}

static void nothing_was_objected_to(void)
{
	assert_int_equal(usbfs_count("violations"), 0);
	assert_int_equal(usbfs_count("other_violations"), 0);
	assert_int_equal(usbfs_count("resets"), 0);
}

static void both_are_found_by_names_of_their_own(void **state)
{
	struct both b = find_both();
	char name[2][CCID_NAME_MAX];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(b.found[i].interface, i);
		assert_int_equal(b.found[i].ninterfaces, 2);
		ccid_name_base(name[i], sizeof name[i], &b.found[i].id);
	}
	assert_string_equal(b.found[0].node, b.found[1].node);
	assert_string_equal(b.found[0].id.address, "usb:1-1");
	assert_string_equal(b.found[1].id.address, "usb:1-1#1");
	assert_string_equal(name[0], "ACS Emulated Reader [Contact] (EMU0001)");
	assert_string_equal(name[1], "ACS Emulated Reader [Contactless] (EMU0001)");
}

static void each_counts_its_own_commands(void **state)
{
	struct both b = find_both();
	struct ccid_reader *r[2] = {open_reader(&b.found[0]), open_reader(&b.found[1])};
	int messages = usbfs_count("messages"), others = usbfs_count("other_messages");
	uint8_t seq[2] = {r[0]->seq, r[1]->seq};

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		echo(r[0], (uint8_t)i);
		if (i % 3 == 0)
			echo(r[1], (uint8_t)(0x80 + i));
	}
	assert_int_equal((uint8_t)(r[0]->seq - seq[0]), 9);
	assert_int_equal((uint8_t)(r[1]->seq - seq[1]), 3);
	assert_int_equal(usbfs_count("messages") - messages, 9);
	assert_int_equal(usbfs_count("other_messages") - others, 3);
	ccid_reader_close(r[0]);
	ccid_reader_close(r[1]);
	nothing_was_objected_to();
}

struct job {
	pthread_t thread;
	struct ccid_reader *reader;
	int rc;
};

/* The card asks for time 255 times, 25.5 s apart. */
static void *slow(void *arg)
{
	static const uint8_t apdu[] = {0x80, 0x12, 0xFF, 0xFF};
	struct job *j = arg;
	uint8_t rapdu[258];

	j->rc = transmit(j->reader, apdu, sizeof apdu, rapdu);
	return NULL;
}

static void one_is_closed_and_opened_while_the_other_works(void **state)
{
	struct both b = find_both();
	struct ccid_reader *contact = open_reader(&b.found[0]);
	struct job j = {.reader = open_reader(&b.found[1])};
	int before = usbfs_count("other_messages");

	(void)state;
	assert_int_equal(pthread_create(&j.thread, NULL, slow, &j), 0);
	while (usbfs_count("other_messages") == before)
		sched_yield();
	echo(contact, 1);
	ccid_reader_close(contact);
	assert_int_equal(usbfs_count("opens"), 1);
	contact = open_reader(&b.found[0]);
	echo(contact, 2);
	assert_true(ccid_slot_cancel(j.reader, 0)); /* it is still under way */
	pthread_join(j.thread, NULL);
	assert_int_equal(j.rc, CCID_E_CANCELLED);
	ccid_reader_close(contact);
	echo(j.reader, 3);
	ccid_reader_close(j.reader);
	nothing_was_objected_to();
}

static ISCard *attach(iscard_context *c, const char *name)
{
	void *card;

	assert_int_equal(iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &card),
	                 S_OK);
	assert_int_equal(iscard_attach(card, name, EXCLUSIVE, (SCARD_PROTOCOLS)(T0 | T1)), S_OK);
	return card;
}

static void answers(ISCard *card)
{
	static const uint8_t apdu[] = {0x80, 0x10, 0x00, 0x00, 0x01, 0x5A, 0x00};
	uint8_t rapdu[258];
	size_t n = sizeof rapdu;

	assert_int_equal(iscard_transmit(card, apdu, sizeof apdu, rapdu, &n), S_OK);
	assert_int_equal(n, 3);
	assert_memory_equal(rapdu, "\x5A\x90\x00", 3);
}

static void a_program_has_both_to_itself(void **state)
{
	const struct iscard_options o = {.size = sizeof o, .log_level = ISCARD_LOG_NONE};
	iscard_context *c;
	ISCard *one, *two;

	(void)state;
	assert_int_equal(iscard_context_create(&o, &c), S_OK);
	one = attach(c, CONTACT);
	two = attach(c, CONTACTLESS);
	assert_int_equal(usbfs_count("opens"), 2);
	answers(one);
	answers(two);
	assert_int_equal(ISCard_Detach(one, LEAVE), S_OK);
	assert_int_equal(usbfs_count("opens"), 1);
	answers(two);
	assert_int_equal(ISCard_Detach(two, LEAVE), S_OK);
	ISCard_Release(one);
	ISCard_Release(two);
	iscard_context_unref(c);
	nothing_was_objected_to();
}

static void name_behind(iscard_context *c, const char *address, const char *want)
{
	char name[ISCARD_NAME_SIZE];
	size_t n = sizeof name;
	ISCard *card = attach(c, address);

	assert_int_equal(iscard_reader_name(card, name, &n), S_OK);
	assert_string_equal(name, want);
	answers(card);
	assert_int_equal(ISCard_Detach(card, LEAVE), S_OK);
	ISCard_Release(card);
}

static void each_address_opens_its_own(void **state)
{
	const struct iscard_options o = {.size = sizeof o, .log_level = ISCARD_LOG_NONE};
	struct iscard_reader_list *list;
	iscard_context *c;

	(void)state;
	assert_int_equal(iscard_context_create(&o, &c), S_OK);
	assert_int_equal(iscard_context_list(c, &list), S_OK);
	assert_int_equal(list->count, 2);
	for (size_t i = 0; i < 2; i++)
		name_behind(c, list->readers[i].address, list->readers[i].name);
	iscard_reader_list_free(list);
	name_behind(c, "usb:1-1", CONTACT);
	name_behind(c, "usb:1-1#0", CONTACT);
	name_behind(c, "usb:1-1#1", CONTACTLESS);
	iscard_context_unref(c);
	nothing_was_objected_to();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		USB_TEST(both_are_found_by_names_of_their_own),
		USB_TEST(each_counts_its_own_commands),
		USB_TEST(one_is_closed_and_opened_while_the_other_works),
		USB_TEST(a_program_has_both_to_itself),
		USB_TEST(each_address_opens_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
