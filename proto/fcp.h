/* SPDX-License-Identifier: MIT */
/* What a card says about a file (control parameters, ISO/IEC 7816-4:2005, 5.3.3), and about its
 * applications (EF.DIR, 8.2.1.1). */
#ifndef CCID_FCP_H
#define CCID_FCP_H

#include "tlv.h"

enum ccid_file_kind {
	CCID_FILE_UNKNOWN,
	CCID_FILE_DF,
	CCID_FILE_TRANSPARENT,
	CCID_FILE_FIXED, /* linear, records of one size */
	CCID_FILE_VARIABLE,
	CCID_FILE_CYCLIC,
	CCID_FILE_TLV, /* an EF of data objects */
};

/* Behaviour of WRITE commands, bits 7 and 6 of the data coding byte. */
enum ccid_file_write {
	CCID_WRITE_ONCE,
	CCID_WRITE_PROPRIETARY,
	CCID_WRITE_OR,
	CCID_WRITE_AND,
};

struct ccid_fcp {
	const uint8_t *objects; /* what the template holds, a view into the input */
	size_t objects_len;
	enum ccid_file_kind kind;
	bool has_coding, has_size, has_id, has_sfi;
	enum ccid_file_write write; /* with has_coding */
	uint32_t size;              /* bytes of data, with has_size */
	uint32_t max_record;        /* 0: not told */
	uint16_t id;
	uint8_t sfi;         /* with has_sfi; 0: the card says there is none */
	const uint8_t *name; /* of a DF, a view; NULL: not told */
	size_t name_len;
};

/* Read the answer to SELECT: a template 62 (FCP), 64 (FMD) or 6F (FCI, where the parameters may
 * also stand in a 62 of their own). CCID_E_FORMAT when it is none of these or malformed. A parameter
 * of a length that it cannot have counts as not told. *out is written on success only. */
CCID_MUST_USE
int ccid_fcp_decode(struct ccid_fcp *out, const uint8_t *buf, size_t len);

#define CCID_AID_MAX 16

struct ccid_application {
	const uint8_t *aid; /* 1 to 16 bytes; a view */
	size_t aid_len;
};

/* The next application of EF.DIR: a template 61 with an AID, or an AID alone. Records are given one
 * behind the other; filler between them does not matter. 1, 0 at the end, CCID_E_FORMAT. */
CCID_MUST_USE
int ccid_application_next(struct ccid_rd *r, struct ccid_application *out);

#endif
