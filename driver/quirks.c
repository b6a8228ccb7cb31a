/* SPDX-License-Identifier: MIT */
#include "quirks.h"

#define ALL        0x0000, 0xFFFF
#define BELOW(bcd) 0x0000, (bcd)-1
#define EVERY      CCID_QUIRK_ANY_PRODUCT

#define CLASS CCID_QUIRK_CLASS_FF, 0
#define TYPE  CCID_QUIRK_CLASS_FF | CCID_QUIRK_TYPE_FF, 0
#define Q(q)  CCID_QUIRK_##q

static const struct ccid_quirk rows[] = {
	/* class and descriptor type */
	{0x046A, 0x003E, ALL, CLASS, "Cherry SmartTerminal ST-2xxx: class 0xFF"},
	{0x04E6, 0x5111, ALL, CLASS, "SCM SCR331-DI: class 0xFF"},
	{0x04E6, 0x511A, ALL, CLASS, "SCM SCR3310-NTTCom: class 0xFF"},
	{0x04E6, 0x5120, ALL, CLASS, "SCM SCR331-DI-NTTCom: class 0xFF"},
	{0x04E6, 0x5121, ALL, CLASS, "SCM SDI010: class 0xFF"},
	{0x04E6, 0x512B, ALL, CLASS, "SCM SDI011: class 0xFF"},
	{0x04E6, 0x512C, ALL, CLASS, "SCM SDI011: class 0xFF"},
	{0x04E6, 0x5291, ALL, CLASS, "SCM SCL010: class 0xFF"},
	{0x04E6, 0x5292, ALL, CLASS, "SCM SCL01x: class 0xFF"},
	{0x04E6, 0xE003, ALL, CLASS, "SCM SPR532: class 0xFF in old firmware"},
	{0x076B, 0x532A, ALL, CLASS, "OMNIKEY 5321 CLi: class 0xFF"},
	{0x076B, 0x5340, ALL, CLASS, "OMNIKEY 5021 CL: class 0xFF"},
	{0x08E6, 0x1359, ALL, TYPE, "Verisign Secure Storage Token: class and type 0xFF"},
	{0x08E6, 0x2202, ALL, TYPE, "Gemalto Gem e-Seal Pro: class and type 0xFF"},
	{0x08E6, 0xACE0, ALL, TYPE, "Verisign Secure Token: class and type 0xFF"},
	{0x09BE, 0x0002, ALL, TYPE, "MySmartPad: class and type 0xFF"},
	{0x0C4B, 0x0300, ALL, CLASS, "REINER SCT cyberJack pinpad(a): class 0xFF"},
	{0x0C4B, 0x0500, ALL, CLASS, "REINER SCT cyberJack RFID standard: class 0xFF"},
	{0x1DB2, 0x0600, ALL, CLASS, "DUALi reader: class 0xFF"},
	{0x1DB2, 0x0604, ALL, CLASS, "DUALi reader: class 0xFF"},
	{0x413C, 0x2100, ALL, TYPE, "Dell SK-3106 keyboard: class and type 0xFF"},

	/* claims that are not so */
	{0x04E6, EVERY, ALL, Q(MESSAGE_271), 0, "SCM: takes 271 bytes where it claims 263"},
	{0x04E6, 0x5111, ALL, Q(SLOTS), 1, "SCM SCR331-DI: slot 1 works at another level"},
	{0x04E6, 0x5120, ALL, Q(SLOTS), 1, "SCM SCR331-DI-NTTCom: slot 1 works at another level"},
	{0x04E6, 0x5121, ALL, Q(SLOTS), 1, "SCM SDI010: slot 1 works at another level"},
	{0x09BE, 0x0002, ALL, Q(IFSD), 254, "MySmartPad: dwMaxIFSD is shifted"},
	{0x09BE, 0x0002, ALL, Q(NO_MOTION), 0, "MySmartPad: dwMechanical is shifted"},
	{0x0B97, 0x7762, ALL, Q(RATE), 9600, "O2Micro Oz776: only the default rate, no PPS"},
	{0x0B97, 0x7772, ALL, Q(RATE), 9600, "O2Micro Oz776: only the default rate, no PPS"},
	{0x0B97, 0x7762, ALL, Q(SPLIT), 0, "O2Micro Oz776: loses full 64-byte packets"},
	{0x0B97, 0x7772, ALL, Q(SPLIT), 0, "O2Micro Oz776: loses full 64-byte packets"},
	{0x08E6, 0x3480, ALL, Q(SLOT_RATES), 0, "GemCore SIM Pro: slot 1 has its own rates"},
	{0x08E6, 0x3479, ALL, Q(SLOT_RATES), 0, "GemCore POS Pro: SAM slots are slower"},
	{0x08E6, 0x3480, BELOW(0x0200), Q(BLIND), 0, "GemCore SIM Pro: slot 1 sees no cards"},
	{0x058F, 0x9540, ALL, Q(RATE), 200000, "Alcor AU9540: errors above 200000 bps"},
	{0x0D46, 0x3010, ALL, Q(SHORT), 0, "Kobil TriBank: no extended APDUs"},
	{0x0529, 0x0620, 0x0012, 0x0013, Q(AUTO_IFSD), 0, "SafeNet eToken 5100: no S(IFS)"},
	{0x0B0C, 0x0050, BELOW(0x0101), Q(AUTO_IFSD), 0, "Todos Argos Mini II: does IFSD itself"},
	{0x04E6, 0xE001, BELOW(0x0516), Q(IFSD), 48, "SCM SCR331: hangs on full 64-byte packets"},
	{0x04E6, 0x5111, BELOW(0x0620), Q(IFSD), 48, "SCM SCR331-DI: hangs on full packets"},
	{0x04E6, 0x5115, BELOW(0x0514), Q(IFSD), 48, "SCM SCR335: hangs on full packets"},
	{0x04E6, 0xE003, BELOW(0x0504), Q(IFSD), 48, "SCM SPR532: hangs on full packets"},
	{0x04E6, 0x5117, BELOW(0x0522), Q(IFSD), 48, "SCM SCR3320: slow with full packets"},

	{0x046A, 0x00A1, 0x0100, 0x0100, Q(EXTENDED), 0, "Cherry KC 1000 SC: chains long data"},
	{0x046A, 0x00A7, ALL, Q(EXTENDED), 0, "Cherry SmartTerminal XX44: chains long data"},
	{0x076B, 0x3031, ALL, Q(EXTENDED), 0, "OMNIKEY 3x21: chains long data"},
	{0x076B, 0x3A21, ALL, Q(EXTENDED), 0, "HID Aviator: chains long data"},
	{0x076B, 0x6632, ALL, Q(EXTENDED), 0, "OMNIKEY 6121: chains long data"},
	{0x0BF8, 0x1024, ALL, Q(EXTENDED), 0, "Fujitsu D323: chains long data"},
	{0x2F7C, 0x6007, ALL, Q(EXTENDED), 0, "Diebold Nixdorf PN7362AU: chains long data"},
	{0x058F, 0x9540, ALL, Q(PARAMETERS), 0, "Alcor AU9540: may refuse the parameters of T=1"},

	/* PIN pads that want their structures otherwise */
	{0x046A, 0x0010, ALL, Q(PIN_THREE), 0, "Cherry XX44: three messages or 6B80"},
	{0x046A, 0x003E, ALL, Q(PIN_INDEXES), 0, "Cherry ST-2xxx: all three bMsgIndex"},
	{0x046A, 0x00A1, ALL, Q(PIN_DEFAULT), 0, "Cherry KC 1000 SC: refuses to modify in silence"},
	{0x04E6, 0xE003, ALL, Q(PIN_INDEXES), 0, "SCM SPR532: all three bMsgIndex"},
	{0x04E6, 0xE003, ALL, Q(PIN_APPEND), 0, "SCM SPR532: appends no PIN to four bytes unasked"},
	{0x08E6, EVERY, ALL, Q(PIN_INDEXES), 0, "Gemalto: all three bMsgIndex"},
	{0x08E6, 0x3478, ALL, Q(PIN_FIXED), 0, "GemPC Pinpad: one message, validation key"},
	{0x0982, 0x0008, ALL, Q(PIN_FIXED), 0, "Covadis Vega-Alpha: one message, validation key"},
	{0x413C, 0x2100, ALL, Q(PIN_SILENT), 0, "Dell SK-3106: no messages, Enter let go"},
	{0x413C, 0x2100, ALL, Q(PIN_SWAP), 0, "Dell SK-3106: wPINMaxExtraDigit is swapped"},
	{0x413C, 0x2101, ALL, Q(PIN_SILENT), 0, "Dell keyboard: no messages, Enter let go"},

	/* PIN pads that are none, or that type the PIN into the focused window */
	{0x03F0, 0x0036, ALL, Q(NO_PIN), 0, "HP CCID keyboard: secure PIN reaches the host"},
	{0x03F0, 0x1024, ALL, Q(NO_PIN), 0, "HP smart card keyboard: secure PIN reaches the host"},
	{0x046A, 0x00A7, ALL, Q(NO_PIN), 0, "Cherry SmartTerminal XX44: no PIN pad"},
	{0x04F2, 0x1469, ALL, Q(NO_PIN), 0, "Chicony keyboard: secure PIN reaches the host"},
	{0x076B, 0x3031, ALL, Q(NO_PIN), 0, "OMNIKEY 3x21: no PIN pad"},
	{0x076B, 0x3A21, ALL, Q(NO_PIN), 0, "HID Aviator: no PIN pad"},
	{0x076B, 0x6632, ALL, Q(NO_PIN), 0, "OMNIKEY 6121: no PIN pad"},
	{0x0783, 0x0006, ALL, Q(NO_PIN), 0, "C3PO LTC31 v2: PIN entry does not work"},
	{0x0BF8, 0x1017, ALL, Q(NO_PIN), 0, "Fujitsu keyboard: secure PIN reaches the host"},
	{0x0BF8, 0x1024, ALL, Q(NO_PIN), 0, "Fujitsu D323: no PIN pad"},
	{0x25DD, 0x3111, 0x0111, 0x0111, Q(NO_PIN), 0, "bit4id miniLector: no PIN pad"},

	/* order and time */
	{0x0D46, 0x301D, ALL, Q(OFF_FIRST), 0, "Kobil IDToken: wants IccPowerOff first"},
	{0x0424, 0x1202, ALL, Q(OFF_FIRST), 0, "Microchip SEC1210: wants IccPowerOff first"},
	{0x09D8, 0x0427, ALL, Q(OFF_AT_OPEN), 0, "Elatec TWN4: polls after the first IccPowerOff"},
	{0x09D8, 0x0428, ALL, Q(OFF_AT_OPEN), 0, "Elatec TWN4: polls after the first IccPowerOff"},
	{0x08E6, 0x34D2, ALL, Q(SLOW), 300000, "Thales Fusion NFC: swallows the card's WTX"},
	{0x08C3, 0x0401, BELOW(0x5000), Q(SLOW), 60000, "Precise 250 MC: swallows the card's WTX"},
	{0x08C3, 0x0402, BELOW(0x5000), Q(SLOW), 60000, "Precise 200 MC: swallows the card's WTX"},
	{0x058F, 0x9520, BELOW(0x0102), Q(SLOW), 60000, "Alcor AU9520: swallows the card's WTX"},
	{0x0B81, 0x0200, ALL, Q(SLOW), 60000, "id3 CL1356: commands take up to a minute"},
	{0x08E6, 0x4433, ALL, Q(EMV_MODE), 0, "GemPC433: may start in EMV mode"},
	{0x046A, 0x0005, ALL, Q(EMV_MODE), 0, "Cherry XX33: may start in EMV mode"},

	/* firmware with known faults: worth a line in the log, no reason to refuse */
	{0x03F0, 0x0036, BELOW(0x0124), Q(FIRMWARE), 0, "HP CCID keyboard: firmware below 1.24"},
	{0x04E6, 0x5291, BELOW(0x0112), Q(FIRMWARE), 0, "SCM SCL010: firmware below 1.12"},
	{0x058F, 0x9520, BELOW(0x0102), Q(FIRMWARE), 0, "Alcor AU9520: firmware below 1.02"},
	{0x062D, 0x0001, BELOW(0x0102), Q(FIRMWARE), 0, "THRC reader: firmware below 1.02"},
	{0x072F, 0x2200, BELOW(0x0206), Q(FIRMWARE), 0, "ACS ACR122U: firmware below 2.06"},
	{0x09C3, 0x0008, BELOW(0x0203), Q(FIRMWARE), 0, "ActivCard V2: firmware below 2.03"},
	{0x0D46, 0x3001, BELOW(0x0037), Q(FIRMWARE), 0, "Kobil KAAN Base: firmware below 0.37"},
	{0x0D46, 0x3002, BELOW(0x0037), Q(FIRMWARE), 0, "Kobil KAAN Advanced: firmware below 0.37"},
	{0x0DC3, 0x0900, BELOW(0x0200), Q(FIRMWARE), 0,
         "Athena IDProtect Key: firmware below 2.00"},
	{0x0DC3, 0x1004, BELOW(0x0502), Q(FIRMWARE), 0, "Athena ASE IIIe: firmware below 5.02"},
	{0x0DC3, 0x1102, BELOW(0x0607), Q(FIRMWARE), 0, "Athena ASE IIIe KB: firmware below 6.07"},
};

const struct ccid_quirk *ccid_quirk_row(size_t i)
{
	return i < sizeof rows / sizeof rows[0] ? &rows[i] : NULL;
}

bool ccid_quirk_matches(const struct ccid_quirk *q, uint16_t vid, uint16_t pid, uint16_t bcd_device)
{
	return q->vid == vid && (q->pid == pid || q->pid == CCID_QUIRK_ANY_PRODUCT) &&
	       bcd_device >= q->bcd_min && bcd_device <= q->bcd_max;
}

unsigned ccid_quirk_flags(uint16_t vid, uint16_t pid, uint16_t bcd_device)
{
	const struct ccid_quirk *q;
	unsigned flags = 0;

	for (size_t i = 0; (q = ccid_quirk_row(i)) != NULL; i++)
		if (ccid_quirk_matches(q, vid, pid, bcd_device))
			flags |= q->flags;
	return flags;
}

bool ccid_quirk_accepts_ff(uint16_t vid, uint16_t pid)
{
	const struct ccid_quirk *q;

	for (size_t i = 0; (q = ccid_quirk_row(i)) != NULL; i++)
		if (q->vid == vid && q->pid == pid && (q->flags & CCID_QUIRK_TYPE_FF))
			return true;
	return false;
}

static void correct(struct ccid_tuning *out, struct ccid_class_desc *d, const struct ccid_quirk *q)
{
	const uint32_t levels =
		CCID_FEATURE_TPDU | CCID_FEATURE_SHORT_APDU | CCID_FEATURE_EXTENDED_APDU;

	if ((q->flags & CCID_QUIRK_MESSAGE_271) && d->max_message_len == 263)
		d->max_message_len = 271;
	if (q->flags & CCID_QUIRK_IFSD)
		d->max_ifsd = q->value;
	if ((q->flags & CCID_QUIRK_RATE) && d->max_data_rate_bps > q->value)
		d->max_data_rate_bps = q->value;
	if (q->flags & CCID_QUIRK_SHORT)
		d->features = (d->features & ~levels) | CCID_FEATURE_SHORT_APDU;
	if ((q->flags & CCID_QUIRK_EXTENDED) && (d->features & CCID_FEATURE_SHORT_APDU))
		d->features |= CCID_FEATURE_EXTENDED_APDU;
	if (q->flags & CCID_QUIRK_AUTO_IFSD)
		d->features |= CCID_FEATURE_AUTO_IFSD;
	if ((q->flags & CCID_QUIRK_SLOTS) && d->max_slot_index >= q->value)
		d->max_slot_index = (uint8_t)(q->value - 1);
	if (q->flags & CCID_QUIRK_NO_PIN)
		d->pin_support = 0;
	if (q->flags & CCID_QUIRK_NO_MOTION)
		d->mechanical = 0;
	if (q->flags & CCID_QUIRK_SLOW)
		out->slow_ms = q->value;
}

void ccid_quirk_apply(struct ccid_tuning *out, struct ccid_class_desc *desc, uint16_t vid,
                      uint16_t pid, uint16_t bcd_device,
                      void (*note)(void *arg, const struct ccid_quirk *q), void *arg)
{
	const struct ccid_quirk *q;

	*out = (struct ccid_tuning){0};
	for (size_t i = 0; (q = ccid_quirk_row(i)) != NULL; i++) {
		if (!ccid_quirk_matches(q, vid, pid, bcd_device))
			continue;
		out->flags |= q->flags;
		correct(out, desc, q);
		if (note != NULL)
			note(arg, q);
	}
}
