/* SPDX-License-Identifier: MIT */
/* Connections, transactions, commands. */
#include "pcsc_priv.h"

#include <stdlib.h>
#include <string.h>

#define PROTOCOLS (PCSC_PROTOCOL_T0 | PCSC_PROTOCOL_T1)
#define EITHER    (PCSC_PROTOCOL_RAW | PCSC_PROTOCOL_OLD)

static bool raw_alone(unsigned long protocols)
{
	return !(protocols & (PROTOCOLS | PCSC_PROTOCOL_OLD)) && protocols & PCSC_PROTOCOL_RAW;
}

/* No CCID reader speaks RAW. A program that asks for nothing else gets the card as it is, to look at
 * it and to control the reader. */
static HRESULT terms_of(struct ccid_terms *out, unsigned long share, unsigned long protocols)
{
	unsigned long wanted = protocols & PROTOCOLS;

	if (wanted == 0 && protocols & EITHER)
		wanted = PROTOCOLS;
	*out = (struct ccid_terms){.exclusive = share == PCSC_SHARE_EXCLUSIVE,
	                           .direct = share == PCSC_SHARE_DIRECT,
	                           .wanted = (unsigned)wanted};
	if (!out->direct && wanted == 0)
		return SCARD_E_PROTO_MISMATCH;
	return share < PCSC_SHARE_EXCLUSIVE || share > PCSC_SHARE_DIRECT ? SCARD_E_INVALID_VALUE
	                                                                 : S_OK;
}

/* 0 when none has been agreed upon. */
static unsigned long protocol_of(struct ccid_session *s)
{
	struct ccid_slot_info info;

	if (FAILED(ccid_session_look(s, &info)) || info.state != CCID_SLOT_READY)
		return 0;
	return 1UL << info.protocol;
}

/* The claimed interface is the lock between processes: say whose it is. */
static void tell_holder(const struct ccid_pcsc_context *c, const char *name,
                        const struct ccid_cause *cause)
{
	if (cause->holder[0] != '\0')
		ccid_log(&c->context->env, CCID_LOG_ERROR, name, "in use by %s", cause->holder);
}

static HRESULT connect(struct ccid_pcsc_context *c, const char *reader,
                       const struct ccid_terms *terms, long *card, unsigned long *protocol)
{
	struct ccid_session *s;
	struct ccid_cause cause;
	char name[CCID_NAME_MAX];
	HRESULT hr = ccid_pcsc_full_name(c->context, reader, name);

	if (SUCCEEDED(hr))
		hr = ccid_session_connect(&s, c->context, name, terms, &cause);
	if (hr == SCARD_E_SHARING_VIOLATION)
		tell_holder(c, name, &cause);
	if (FAILED(hr))
		return hr;
	*card = (long)s->handle;
	*protocol = protocol_of(s);
	hr = ccid_pcsc_adopt(c, s, name, terms);
	if (SUCCEEDED(hr))
		ccid_pcsc_keep_open(c, name);
	else
		ccid_session_drop(s);
	return hr;
}

long iscard_pcsc_connect(long context, const char *reader, unsigned long share,
                         unsigned long protocols, long *card, unsigned long *protocol)
{
	struct ccid_pcsc_context *c;
	struct ccid_terms terms;
	HRESULT hr;

	if (card == NULL || protocol == NULL)
		return ccid_pcsc_code(SCARD_E_INVALID_PARAMETER);
	*card = 0;
	if (reader == NULL)
		return ccid_pcsc_code(SCARD_E_UNKNOWN_READER);
	if (strlen(reader) > PCSC_READER_NAME_MAX)
		return ccid_pcsc_code(SCARD_E_INVALID_VALUE);
	hr = ccid_pcsc_context_get(&c, context);
	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	hr = terms_of(&terms, share, protocols);
	if (SUCCEEDED(hr))
		hr = connect(c, reader, &terms, card, protocol);
	if (FAILED(hr))
		*card = 0;
	else if (raw_alone(protocols))
		*protocol = PCSC_PROTOCOL_RAW;
	ccid_pcsc_context_put(c);
	return ccid_pcsc_code(hr);
}

long iscard_pcsc_reconnect(long card, unsigned long share, unsigned long protocols,
                           unsigned long disposition, unsigned long *protocol)
{
	iscard_disposition_result ignored;
	struct ccid_session *s;
	struct ccid_terms terms;
	bool taken;
	HRESULT hr;

	if (protocol == NULL)
		return ccid_pcsc_code(SCARD_E_INVALID_PARAMETER);
	hr = ccid_pcsc_session_take(&s, card, &taken);
	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	hr = disposition > ISCARD_UNPOWER ? SCARD_E_INVALID_VALUE
	                                  : terms_of(&terms, share, protocols);
	if (SUCCEEDED(hr))
		hr = ccid_session_reconnect(s, &terms, (SCARD_DISPOSITIONS)disposition, &ignored);
	if (SUCCEEDED(hr))
		ccid_pcsc_agreed(card, &terms);
	if (SUCCEEDED(hr))
		*protocol = raw_alone(protocols) ? PCSC_PROTOCOL_RAW : protocol_of(s);
	ccid_session_unref(s);
	return ccid_pcsc_code(hr);
}

static HRESULT disconnect(struct ccid_session *s, unsigned long disposition, long card)
{
	iscard_disposition_result ignored;
	HRESULT hr = ccid_session_detach(s, (SCARD_DISPOSITIONS)disposition, &ignored);

	if (!ccid_session_is_open(s))
		(void)ccid_pcsc_disown(card);
	return hr;
}

/* A card that was given back has lost its power already. */
long iscard_pcsc_disconnect(long card, unsigned long disposition)
{
	struct ccid_session *s;
	HRESULT hr = ccid_pcsc_session_get(&s, card);

	if (FAILED(hr) && hr != SCARD_W_RESET_CARD)
		return ccid_pcsc_code(hr);
	if (disposition > PCSC_DISPOSITION_MAX)
		hr = SCARD_E_INVALID_VALUE;
	else if (s != NULL)
		hr = disconnect(s, disposition, card);
	else
		hr = ccid_pcsc_disown(card) ? S_OK : SCARD_E_INVALID_HANDLE;
	if (s != NULL)
		ccid_session_unref(s);
	return ccid_pcsc_code(hr);
}

long iscard_pcsc_begin_transaction(long card)
{
	struct ccid_session *s;
	HRESULT hr = ccid_pcsc_session_get(&s, card);

	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	hr = ccid_session_lock(s);
	ccid_session_unref(s);
	return ccid_pcsc_code(hr);
}

long iscard_pcsc_end_transaction(long card, unsigned long disposition)
{
	iscard_disposition_result ignored;
	struct ccid_session *s;
	HRESULT hr = ccid_pcsc_session_get(&s, card);

	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	hr = disposition > PCSC_DISPOSITION_MAX
	             ? SCARD_E_INVALID_VALUE
	             : ccid_session_end_transaction(s, (SCARD_DISPOSITIONS)disposition, &ignored);
	if (SUCCEEDED(hr))
		ccid_pcsc_end_turn(s);
	ccid_session_unref(s);
	return ccid_pcsc_code(hr);
}

static HRESULT check_direct(struct ccid_session *s, unsigned long protocol)
{
	struct ccid_slot_info info;
	HRESULT hr = ccid_session_look(s, &info);

	if (FAILED(hr))
		return hr;
	if (info.state == CCID_SLOT_EMPTY)
		return SCARD_E_NO_SMARTCARD;
	if (info.state != CCID_SLOT_READY ||
	    (protocol != PCSC_PROTOCOL_OLD && protocol != 1UL << info.protocol))
		return SCARD_E_PROTO_MISMATCH;
	return S_OK;
}

/* What has happened to the card comes before what is wrong with the call. */
static HRESULT check_protocol(struct ccid_session *s, unsigned long protocol)
{
	struct ccid_slot_info info;
	bool direct, fits;
	HRESULT hr;

	if (!ccid_session_is_open(s))
		return SCARD_E_INVALID_HANDLE;
	pthread_mutex_lock(&s->port->lock);
	direct = s->member.direct;
	fits = protocol == PCSC_PROTOCOL_OLD || protocol == 1UL << s->protocol;
	pthread_mutex_unlock(&s->port->lock);
	if (direct)
		return check_direct(s, protocol);
	if (fits)
		return S_OK;
	hr = ccid_session_look(s, &info);
	if (FAILED(hr))
		return hr;
	return protocol == PCSC_PROTOCOL_RAW ? SCARD_E_NOT_TRANSACTED : SCARD_E_PROTO_MISMATCH;
}

static bool overlap(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	return (uintptr_t)a < (uintptr_t)b + b_len && (uintptr_t)b < (uintptr_t)a + a_len;
}

/* No answer is longer, whatever room a caller claims to have. */
static size_t room(unsigned long cap)
{
	return cap < PCSC_BUFFER_MAX ? cap : PCSC_BUFFER_MAX;
}

/* Programs may receive where they have sent from. */
static HRESULT transmit(struct ccid_session *s, const uint8_t *send, size_t len, uint8_t *receive,
                        size_t cap, size_t *n)
{
	struct ccid_blob capdu = {.p = (uint8_t *)(uintptr_t)send, .len = len};
	struct ccid_blob rapdu = {.p = receive, .len = cap};
	struct ccid_blob copy = {.p = NULL};
	HRESULT hr;

	if (overlap(send, len, receive, cap)) {
		if (ccid_blob_set(&copy, send, len) < 0)
			return SCARD_E_NO_MEMORY;
		capdu.p = copy.p;
	}
	hr = ccid_session_transmit(s, &capdu, 0, -1, &rapdu, n);
	ccid_blob_free(&copy);
	return hr;
}

long iscard_pcsc_transmit(long card, const struct pcsc_io_request *send_pci,
                          const unsigned char *send, unsigned long send_len,
                          struct pcsc_io_request *receive_pci, unsigned char *receive,
                          unsigned long *receive_len)
{
	struct ccid_session *s;
	size_t n = 0;
	HRESULT hr;

	if (send_pci == NULL || send == NULL || receive == NULL || receive_len == NULL)
		return ccid_pcsc_code(SCARD_E_INVALID_PARAMETER);
	hr = ccid_pcsc_session_get(&s, card);
	if (SUCCEEDED(hr)) {
		if (send_len > PCSC_BUFFER_MAX || *receive_len < 2)
			hr = SCARD_E_INSUFFICIENT_BUFFER;
		if (SUCCEEDED(hr))
			hr = check_protocol(s, send_pci->protocol);
		if (SUCCEEDED(hr))
			hr = ccid_pcsc_not_transacted(
				transmit(s, send, send_len, receive, room(*receive_len), &n));
		ccid_session_unref(s);
	}
	*receive_len = n;
	if (SUCCEEDED(hr) && receive_pci != NULL)
		*receive_pci = (struct pcsc_io_request){send_pci->protocol, sizeof *receive_pci};
	return ccid_pcsc_code(hr);
}
