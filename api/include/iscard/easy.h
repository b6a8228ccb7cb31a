/* SPDX-License-Identifier: MIT */
/* ISCard for those who think in bytes: UTF-8 names, APDUs in and out in one call, failures in words.
 *
 *	static const uint8_t get_challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};
 *	uint8_t reply[258];
 *	size_t n = sizeof reply;
 *	char why[300];
 *
 *	CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (void **)&card);
 *	if (FAILED(iscard_attach(card, "replay:session.pcapng", SHARED, T0 | T1)) ||
 *	    FAILED(iscard_transmit(card, get_challenge, sizeof get_challenge, reply, &n)))
 *		iscard_last_error(card, why, sizeof why);
 *
 * Every function takes an ISCard or ISCardManage object of this library, and obeys the rules of
 * scardmgr.h: the order of checks, pending events, others' locks, limits. E_POINTER: a pointer is
 * NULL. E_INVALIDARG: object is another implementation's. They mix freely with the methods. Any
 * thread.
 *
 * Buffers. Where bytes come out, *len is the room on entry and what was stored on return. When the
 * room is too small nothing is stored, *len is the room that would have been enough, and the result
 * is SCARD_E_INSUFFICIENT_BUFFER; on any other failure *len is 0. Nothing is ever refused because of
 * what a card might send: only what it did send counts. With out NULL and *len 0 the functions that
 * send nothing tell the room needed. Buffers may overlap: what goes in is copied first. */
#ifndef ISCARD_EASY_H
#define ISCARD_EASY_H

#include <iscard/scardmgr.h>

ISCARD_C_BEGIN

#define ISCARD_ATR_MAX   33
#define ISCARD_REPLY_MAX 65538 /* longest response APDU: data, SW1, SW2 */

/* As AttachByReader; reader is a name or an address in UTF-8. E_INVALIDARG for NULL, as there. */
ISCARD_API HRESULT iscard_attach(void *object, const char *reader, SCARD_SHARE_MODES mode,
                                 SCARD_PROTOCOLS protocols);

/* Send a command APDU (ISO/IEC 7816-4, short or extended); the answer with SW1 SW2 at its end comes
 * back in reply. Status words are answers, never failures. As Transaction: with T=0, 61xx
 * and 6Cxx are followed. Nothing is allocated once an object has sent something.
 * E_INVALIDARG: no APDU. SCARD_E_INSUFFICIENT_BUFFER: if *reply_len was below 2, nothing was sent
 * and it is 2 now; else the command was carried out and its answer is lost. Errors of Transaction. */
ISCARD_API HRESULT iscard_transmit(void *object, const uint8_t *apdu, size_t apdu_len,
                                   uint8_t *reply, size_t *reply_len);

/* The same, but 61xx and 6Cxx are handed up as they come. */
ISCARD_API HRESULT iscard_transmit_raw(void *object, const uint8_t *apdu, size_t apdu_len,
                                       uint8_t *reply, size_t *reply_len);

/* The status word at the end of a reply; 0 when it has none. */
static inline unsigned iscard_sw(const uint8_t *reply, size_t reply_len)
{
	return reply_len < 2 ? 0U : (unsigned)reply[reply_len - 2] << 8 | reply[reply_len - 1];
}

/* As get_Atr: 2 to ISCARD_ATR_MAX bytes. Nothing is sent. */
ISCARD_API HRESULT iscard_atr(void *object, uint8_t *atr, size_t *len);

/* Name of the reader and slot of the connection, in UTF-8, also when the object was attached by an
 * address or a handle. *size counts the terminating 0. Nothing is sent; events do not matter. */
ISCARD_API HRESULT iscard_reader_name(void *object, char *name, size_t *size);

/* Make every call that the connection is at in other threads end with SCARD_E_CANCELLED: one that waits
 * for a lock, for its turn, or for a card to be taken, a command to the reader (PIN entry, say), which
 * is told to abort, and a call of many commands, between two of them as well. So ends an attach of
 * this object, once the reader is open (which takes limits.open_ms at most).
 * S_OK: there was one. It ends so, or, when it had nothing left to wait for or to send, as it would
 * have. What was sent before stays so.
 * S_FALSE: there is none, or none yet, and nothing was changed: a call that begins later is not
 * cancelled, so one that is sure that a call is coming asks again.
 * What other connections are at with the same card at that moment, running or waiting its turn at the
 * reader, ends too. Any thread; not a signal handler. SCARD_E_INVALID_HANDLE: nothing is attached or
 * about to be. */
ISCARD_API HRESULT iscard_cancel(void *object);

/* Send a vendor command (PC_to_RDR_Escape, CCID 6.1.8) to the reader and get its answer, which may
 * be empty. Such commands are no standard's: they may switch a reader to another mode, rewrite its
 * firmware, or make its display lie about a PIN. They are therefore off unless the context says
 * otherwise (escapes in struct iscard_options; ISCARD_ESCAPE=1 for the default one). Waits for
 * another's lock; pending events do not matter. out may be NULL when out_len is 0.
 * SCARD_W_SECURITY_VIOLATION: off in the context of the connection; nothing was sent.
 * SCARD_E_UNSUPPORTED_FEATURE: the reader knows no such command, or out is too long for it.
 * SCARD_F_INTERNAL_ERROR: it refused this one. SCARD_E_INSUFFICIENT_BUFFER: it was carried out,
 * and its answer is lost. */
ISCARD_API HRESULT iscard_escape(void *object, const uint8_t *out, size_t out_len, uint8_t *in,
                                 size_t *in_len);

/* The result of the object's last call that failed (NULL pointers aside), and one line about it in
 * text: the reader, what the result means, and what is known beyond it, down to the CCID error. The
 * line is cut to size; text may be NULL when size is 0. Successful calls leave it as it is. S_OK and
 * "": none has failed, or object is NULL or none of this library. Works after Detach. What fails in
 * a service of an ISCardManage (provider.h), wrong arguments aside, has failed in that object. */
ISCARD_API HRESULT iscard_last_error(const void *object, char *text, size_t size);

ISCARD_C_END

#endif
