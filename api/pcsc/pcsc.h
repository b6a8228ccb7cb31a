/* SPDX-License-Identifier: MIT */
/* PC/SC over contexts and sessions: each function is the SCard function of the same name. They are
 * exported to the library with pcsc-lite's name (shim.c) and to nobody else: a version node of their
 * own, no installed header, no promise.
 *
 * All contexts of a process share one iscard_context, made of the environment by the first and given
 * up with the last: readers keep their names and stay open in between, as long as a PC/SC context
 * has used them. A handle is the HSCARD of its connection. Whatever was made before a fork is
 * SCARD_E_INVALID_HANDLE in the child. */
#ifndef CCID_PCSC_H
#define CCID_PCSC_H

#include "pcsc_abi.h"

#if defined(__GNUC__)
#define CCID_PCSC_EXPORT __attribute__((visibility("default")))
#else
#define CCID_PCSC_EXPORT
#endif

CCID_PCSC_EXPORT long iscard_pcsc_establish_context(unsigned long scope, long *context);
CCID_PCSC_EXPORT long iscard_pcsc_release_context(long context);
CCID_PCSC_EXPORT long iscard_pcsc_is_valid_context(long context);
CCID_PCSC_EXPORT long iscard_pcsc_cancel(long context);
CCID_PCSC_EXPORT long iscard_pcsc_list_readers(long context, char *readers, unsigned long *len);
CCID_PCSC_EXPORT long iscard_pcsc_list_reader_groups(long context, char *groups,
                                                     unsigned long *len);
CCID_PCSC_EXPORT long iscard_pcsc_free_memory(long context, const void *mem);
CCID_PCSC_EXPORT long iscard_pcsc_get_status_change(long context, unsigned long timeout_ms,
                                                    struct pcsc_reader_state *states,
                                                    unsigned long count);

CCID_PCSC_EXPORT long iscard_pcsc_connect(long context, const char *reader, unsigned long share,
                                          unsigned long protocols, long *card,
                                          unsigned long *protocol);
CCID_PCSC_EXPORT long iscard_pcsc_reconnect(long card, unsigned long share, unsigned long protocols,
                                            unsigned long disposition, unsigned long *protocol);
CCID_PCSC_EXPORT long iscard_pcsc_disconnect(long card, unsigned long disposition);
CCID_PCSC_EXPORT long iscard_pcsc_begin_transaction(long card);
CCID_PCSC_EXPORT long iscard_pcsc_end_transaction(long card, unsigned long disposition);
CCID_PCSC_EXPORT long iscard_pcsc_transmit(long card, const struct pcsc_io_request *send_pci,
                                           const unsigned char *send, unsigned long send_len,
                                           struct pcsc_io_request *receive_pci,
                                           unsigned char *receive, unsigned long *receive_len);
CCID_PCSC_EXPORT long iscard_pcsc_status(long card, char *reader, unsigned long *reader_len,
                                         unsigned long *state, unsigned long *protocol,
                                         unsigned char *atr, unsigned long *atr_len);
CCID_PCSC_EXPORT long iscard_pcsc_control(long card, unsigned long code, const void *send,
                                          unsigned long send_len, void *receive,
                                          unsigned long receive_cap, unsigned long *receive_len);
CCID_PCSC_EXPORT long iscard_pcsc_get_attrib(long card, unsigned long id, unsigned char *value,
                                             unsigned long *len);
CCID_PCSC_EXPORT long iscard_pcsc_set_attrib(long card, unsigned long id,
                                             const unsigned char *value, unsigned long len);
CCID_PCSC_EXPORT const char *iscard_pcsc_strerror(long code);

#endif
