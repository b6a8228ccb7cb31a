/* SPDX-License-Identifier: MIT */
/* libpcsclite.so.1: pcsc-lite's symbols, and behind them libiscard. */
#include "pcsc.h"

#define API __attribute__((visibility("default")))

API extern const struct pcsc_io_request g_rgSCardT0Pci, g_rgSCardT1Pci, g_rgSCardRawPci;
API long SCardEstablishContext(unsigned long, const void *, const void *, long *);
API long SCardReleaseContext(long);
API long SCardIsValidContext(long);
API long SCardCancel(long);
API long SCardListReaders(long, const char *, char *, unsigned long *);
API long SCardListReaderGroups(long, char *, unsigned long *);
API long SCardFreeMemory(long, const void *);
API long SCardGetStatusChange(long, unsigned long, struct pcsc_reader_state *, unsigned long);
API long SCardConnect(long, const char *, unsigned long, unsigned long, long *, unsigned long *);
API long SCardReconnect(long, unsigned long, unsigned long, unsigned long, unsigned long *);
API long SCardDisconnect(long, unsigned long);
API long SCardBeginTransaction(long);
API long SCardEndTransaction(long, unsigned long);
API long SCardTransmit(long, const struct pcsc_io_request *, const unsigned char *, unsigned long,
                       struct pcsc_io_request *, unsigned char *, unsigned long *);
API long SCardStatus(long, char *, unsigned long *, unsigned long *, unsigned long *,
                     unsigned char *, unsigned long *);
API long SCardControl(long, unsigned long, const void *, unsigned long, void *, unsigned long,
                      unsigned long *);
API long SCardGetAttrib(long, unsigned long, unsigned char *, unsigned long *);
API long SCardSetAttrib(long, unsigned long, const unsigned char *, unsigned long);
API const char *pcsc_stringify_error(long);

const struct pcsc_io_request g_rgSCardT0Pci = {PCSC_PROTOCOL_T0, sizeof g_rgSCardT0Pci};
const struct pcsc_io_request g_rgSCardT1Pci = {PCSC_PROTOCOL_T1, sizeof g_rgSCardT1Pci};
const struct pcsc_io_request g_rgSCardRawPci = {PCSC_PROTOCOL_RAW, sizeof g_rgSCardRawPci};

long SCardEstablishContext(unsigned long scope, const void *reserved1, const void *reserved2,
                           long *context)
{
	(void)reserved1, (void)reserved2;
	return iscard_pcsc_establish_context(scope, context);
}

long SCardReleaseContext(long context)
{
	return iscard_pcsc_release_context(context);
}

long SCardIsValidContext(long context)
{
	return iscard_pcsc_is_valid_context(context);
}

long SCardCancel(long context)
{
	return iscard_pcsc_cancel(context);
}

long SCardListReaders(long context, const char *groups, char *readers, unsigned long *len)
{
	(void)groups; /* there is one */
	return iscard_pcsc_list_readers(context, readers, len);
}

long SCardListReaderGroups(long context, char *groups, unsigned long *len)
{
	return iscard_pcsc_list_reader_groups(context, groups, len);
}

long SCardFreeMemory(long context, const void *mem)
{
	return iscard_pcsc_free_memory(context, mem);
}

long SCardGetStatusChange(long context, unsigned long timeout_ms, struct pcsc_reader_state *states,
                          unsigned long count)
{
	return iscard_pcsc_get_status_change(context, timeout_ms, states, count);
}

long SCardConnect(long context, const char *reader, unsigned long share, unsigned long protocols,
                  long *card, unsigned long *protocol)
{
	return iscard_pcsc_connect(context, reader, share, protocols, card, protocol);
}

long SCardReconnect(long card, unsigned long share, unsigned long protocols,
                    unsigned long disposition, unsigned long *protocol)
{
	return iscard_pcsc_reconnect(card, share, protocols, disposition, protocol);
}

long SCardDisconnect(long card, unsigned long disposition)
{
	return iscard_pcsc_disconnect(card, disposition);
}

long SCardBeginTransaction(long card)
{
	return iscard_pcsc_begin_transaction(card);
}

long SCardEndTransaction(long card, unsigned long disposition)
{
	return iscard_pcsc_end_transaction(card, disposition);
}

long SCardTransmit(long card, const struct pcsc_io_request *send_pci, const unsigned char *send,
                   unsigned long send_len, struct pcsc_io_request *receive_pci,
                   unsigned char *receive, unsigned long *receive_len)
{
	return iscard_pcsc_transmit(card, send_pci, send, send_len, receive_pci, receive,
	                            receive_len);
}

long SCardStatus(long card, char *reader, unsigned long *reader_len, unsigned long *state,
                 unsigned long *protocol, unsigned char *atr, unsigned long *atr_len)
{
	return iscard_pcsc_status(card, reader, reader_len, state, protocol, atr, atr_len);
}

long SCardControl(long card, unsigned long code, const void *send, unsigned long send_len,
                  void *receive, unsigned long receive_cap, unsigned long *receive_len)
{
	return iscard_pcsc_control(card, code, send, send_len, receive, receive_cap, receive_len);
}

long SCardGetAttrib(long card, unsigned long id, unsigned char *value, unsigned long *len)
{
	return iscard_pcsc_get_attrib(card, id, value, len);
}

long SCardSetAttrib(long card, unsigned long id, const unsigned char *value, unsigned long len)
{
	return iscard_pcsc_set_attrib(card, id, value, len);
}

const char *pcsc_stringify_error(long code)
{
	return iscard_pcsc_strerror(code);
}
