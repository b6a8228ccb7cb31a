/* SPDX-License-Identifier: MIT */
#include <iscard/provider.h>

#define COM(first)                                                                                 \
	{                                                                                          \
		first, 0, 0,                                                                       \
		{                                                                                  \
			0xc0, 0, 0, 0, 0, 0, 0, 0x46                                               \
		}                                                                                  \
	}
#define AA00C18068 0x00, 0xaa, 0x00, 0xc1, 0x80, 0x68
#define C04FD424B9 0x00, 0xc0, 0x4f, 0xd4, 0x24, 0xb9

const IID iscard_IID_NULL = {0};
const IID iscard_IID_IUnknown = COM(0x00000000);
const IID iscard_IID_IDispatch = COM(0x00020400);
const IID iscard_IID_IStream = COM(0x0000000c);
const IID iscard_IID_ISequentialStream = {
	0x0c733a30, 0x2a1c, 0x11ce, {0xad, 0xe5, 0x00, 0xaa, 0x00, 0x44, 0x77, 0x3d}};
const IID iscard_IID_ISCard = {0x1461aac3, 0x6810, 0x11d0, {0x91, 0x8f, AA00C18068}};
const CLSID iscard_CLSID_CSCard = {0x1461aac7, 0x6810, 0x11d0, {0x91, 0x8f, AA00C18068}};
const IID iscard_IID_ISCardCmd = {0xd5778ae3, 0x43de, 0x11d0, {0x91, 0x71, AA00C18068}};
const CLSID iscard_CLSID_CSCardCmd = {0xd5778ae7, 0x43de, 0x11d0, {0x91, 0x71, AA00C18068}};
const IID iscard_IID_IByteBuffer = {0xe126f8fe, 0xa7af, 0x11d0, {0xb8, 0x8a, C04FD424B9}};
const CLSID iscard_CLSID_CByteBuffer = {0xe126f8ff, 0xa7af, 0x11d0, {0xb8, 0x8a, C04FD424B9}};
const IID iscard_IID_ISCardManage = {0x5e586211, 0x5a09, 0x11d0, {0xb8, 0x4c, C04FD424B9}};
const CLSID iscard_CLSID_CSCardManage = {
	0x84338650, 0xcb2c, 0x4754, {0xae, 0x5d, 0xfc, 0x0b, 0x10, 0x2d, 0x96, 0x42}};
const IID iscard_IID_ISCardDatabase = {0x1461aac8, 0x6810, 0x11d0, {0x91, 0x8f, AA00C18068}};
const CLSID iscard_CLSID_CSCardDatabase = {0x1461aacc, 0x6810, 0x11d0, {0x91, 0x8f, AA00C18068}};
const IID iscard_IID_ISCardLocate = {0x1461aacd, 0x6810, 0x11d0, {0x91, 0x8f, AA00C18068}};
const CLSID iscard_CLSID_CSCardLocate = {0x1461aad1, 0x6810, 0x11d0, {0x91, 0x8f, AA00C18068}};
const IID iscard_IID_ISCardISO7816 = {0x53b6aa68, 0x3f56, 0x11d0, {0x91, 0x6b, AA00C18068}};
const CLSID iscard_CLSID_CSCardISO7816 = {0x53b6aa6c, 0x3f56, 0x11d0, {0x91, 0x6b, AA00C18068}};
const IID iscard_IID_ISCardTypeConv = {0x53b6aa63, 0x3f56, 0x11d0, {0x91, 0x6b, AA00C18068}};
const CLSID iscard_CLSID_CSCardTypeConv = {0x53b6aa67, 0x3f56, 0x11d0, {0x91, 0x6b, AA00C18068}};
const IID iscard_IID_ISCardFileAccess = {0x4029dd8a, 0x5902, 0x11d0, {0xb8, 0x4c, C04FD424B9}};
const IID iscard_IID_ISCardVerify = {0x4029dd85, 0x5902, 0x11d0, {0xb8, 0x4c, C04FD424B9}};
const IID iscard_IID_ISCardAuth = {0x7b063d61, 0x6e40, 0x11d0, {0xb8, 0x58, C04FD424B9}};
