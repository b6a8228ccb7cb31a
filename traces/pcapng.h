/* SPDX-License-Identifier: MIT */
/* Numbers of the pcapng format (IETF draft-ietf-opsawg-pcapng) that a trace file uses. */
#ifndef CCID_PCAPNG_H
#define CCID_PCAPNG_H

#define CCID_PCAPNG_SHB        0x0A0D0D0Au /* section header; reads alike in both byte orders */
#define CCID_PCAPNG_IDB        0x00000001u /* interface description */
#define CCID_PCAPNG_OPB        0x00000002u /* packet: obsolete, may be read */
#define CCID_PCAPNG_SPB        0x00000003u /* simple packet: no time */
#define CCID_PCAPNG_EPB        0x00000006u /* enhanced packet */
#define CCID_PCAPNG_BYTE_ORDER 0x1A2B3C4Du

#define CCID_PCAPNG_OPT_END      0u
#define CCID_PCAPNG_OPT_COMMENT  1u
#define CCID_PCAPNG_EPB_FLAGS    2u
#define CCID_PCAPNG_IF_NAME      2u
#define CCID_PCAPNG_IF_TSRESOL   9u
#define CCID_PCAPNG_IF_TSOFFSET  14u
#define CCID_PCAPNG_SHB_USERAPPL 4u

#define CCID_LINKTYPE_USBREDIR 147u /* LINKTYPE_USER0 */

#define CCID_PCAPNG_PAD(n) ((n) + (4u - (n) % 4u) % 4u)

#endif
