/* SPDX-License-Identifier: MIT */
/* libiscard: USB smart card readers from userspace, spoken to through Microsoft's ISCard.
 *
 *	ISCard *card;
 *	ISCardCmd *cmd;
 *	BSTR reader = SysAllocString(u"replay:session.pcapng");
 *
 *	CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (void **)&card);
 *	CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd, (void **)&cmd);
 *	if (FAILED(ISCard_AttachByReader(card, reader, SHARED, T0 | T1)))
 *		...
 *	ISCardCmd_BuildCmd(cmd, 0x00, 0x84, 0, 0, NULL, &(LONG){8});
 *	ISCard_Transaction(card, &cmd);
 *	ISCard_Detach(card, LEAVE);
 *
 * This header is the umbrella. scardmgr.h: ISCard, ISCardManage, ISCardDatabase, ISCardLocate.
 * scarddat.h: ISCardCmd, ISCardTypeConv. scardssp.h: IByteBuffer, ISCardISO7816. stream.h: IStream.
 * provider.h: files, PINs and keys of ISO 7816-4 cards (ISCardFileAccess, ISCardVerify, ISCardAuth).
 * context.h: reader addresses and names, limits, log. events.h: readers and cards that come and go.
 * easy.h: bytes, UTF-8, and failures in words. pinpad.h: PIN entry on the reader. reader.h: what a
 * reader can do. kiosk.h: readers that move cards. cards.h: card types. bstr.h: text. safearray.h:
 * arrays. replay.h: recorded readers in tests. errors.h: results. unknown.h: object rules and the
 * factory. */
#ifndef ISCARD_ISCARD_H
#define ISCARD_ISCARD_H

#include <iscard/bstr.h>
#include <iscard/cards.h>
#include <iscard/context.h>
#include <iscard/easy.h>
#include <iscard/errors.h>
#include <iscard/events.h>
#include <iscard/kiosk.h>
#include <iscard/pinpad.h>
#include <iscard/provider.h>
#include <iscard/reader.h>
#include <iscard/replay.h>
#include <iscard/safearray.h>
#include <iscard/scarddat.h>
#include <iscard/scardmgr.h>
#include <iscard/scardssp.h>
#include <iscard/stream.h>
#include <iscard/types.h>
#include <iscard/unknown.h>

#endif
