/* SPDX-License-Identifier: MIT */
#include "iso_file.h"

#include "result.h"
#include "status_word.h"

#include <string.h>

#define RECORDS_MAX  254 /* numbers 01 to FE */
#define ANSWER_MAX   65536u
#define SHORT_DATA   255u
#define SHORT_ANSWER 256u
#define PIECES_MAX   70000u /* the longest file in pieces of 252 bytes, and some */

static HRESULT binary_status(const struct ccid_iso *iso)
{
	return iso->sw == 0x6282 ? S_OK : ccid_status_result(iso->sw);
}

/* READ BINARY of one byte, which makes an EF with a short identifier the current one as well. */
static HRESULT probe(struct ccid_iso *iso, uint8_t sfi)
{
	HRESULT hr =
		ccid_iso_call(iso, CCID_INS_READ_BINARY, sfi != 0 ? 0x80u | sfi : 0, 0, NULL, 1);

	return iso->sw == 0x6282 || iso->sw == 0x6B00 ? S_OK : hr;
}

/* A file of which the card says nothing: try what can be done with it. */
static HRESULT find_structure(struct ccid_iso *iso, struct ccid_iso_file *f)
{
	HRESULT hr = probe(iso, f->place.sfi);

	f->records = iso->sw == 0x6981;
	if (f->records && f->place.sfi != 0)
		hr = ccid_iso_call(iso, CCID_INS_READ_RECORD, 1,
		                   (unsigned)f->place.sfi << 3 | CCID_RECORD_NUMBER, NULL,
		                   SHORT_ANSWER);
	if (f->records && (f->place.sfi == 0 || iso->sw == 0x6A83))
		hr = S_OK;
	if (iso->sw == 0x6986) { /* then it was a DF */
		iso->known = false;
		return SCARD_E_NO_FILE;
	}
	if (f->place.sfi == 0 && iso->sw != 0)
		hr = S_OK; /* it is there, whatever can be done with it now */
	return hr;
}

static HRESULT open_short(struct ccid_iso *iso, struct ccid_iso_file *f)
{
	struct ccid_place dir = ccid_place_parent(&f->place);
	HRESULT hr = ccid_iso_enter(iso, &dir);

	if (SUCCEEDED(hr))
		hr = find_structure(iso, f);
	iso->has_ef = SUCCEEDED(hr);
	iso->ef = f->place;
	return hr;
}

static HRESULT open_by_id(struct ccid_iso *iso, struct ccid_iso_file *f)
{
	struct ccid_fcp fcp;
	HRESULT hr = ccid_iso_select(iso, &f->place, false, &fcp);

	if (FAILED(hr))
		return hr;
	if (!iso->has_ef)
		return SCARD_E_NO_FILE;
	f->records = fcp.kind == CCID_FILE_FIXED || fcp.kind == CCID_FILE_VARIABLE ||
	             fcp.kind == CCID_FILE_CYCLIC;
	f->cyclic = fcp.kind == CCID_FILE_CYCLIC;
	f->has_size = fcp.has_size && !f->records;
	f->size = fcp.size;
	f->max_record = fcp.max_record;
	f->has_write = fcp.has_coding;
	f->write = fcp.write;
	return fcp.kind == CCID_FILE_UNKNOWN ? find_structure(iso, f) : S_OK;
}

HRESULT ccid_iso_file_open(struct ccid_iso *iso, struct ccid_iso_file *f,
                           const struct ccid_place *place)
{
	*f = (struct ccid_iso_file){.place = *place};
	return place->sfi != 0 ? open_short(iso, f) : open_by_id(iso, f);
}

/* Make it the card's current EF, if it is not. */
static HRESULT make_current(struct ccid_iso *iso, const struct ccid_iso_file *f)
{
	struct ccid_place dir = ccid_place_parent(&f->place);
	struct ccid_fcp fcp;
	struct ccid_iso_file again = {.place = f->place};
	HRESULT hr;

	if (iso->known && iso->has_ef && ccid_place_same(&iso->ef, &f->place))
		return S_OK;
	if (f->place.sfi != 0)
		return open_short(iso, &again);
	hr = ccid_iso_enter(iso, &dir);
	if (SUCCEEDED(hr))
		hr = ccid_iso_select(iso, &f->place, false, &fcp);
	return SUCCEEDED(hr) && !iso->has_ef ? SCARD_E_NO_FILE : hr;
}

/* At most n bytes at offset to the end of out; *got 0: there are no more. Behind an offset object the
 * card may have put more than was asked for into the answer's. */
static HRESULT read_piece(struct ccid_iso *iso, uint32_t offset, uint32_t n, struct ccid_blob *out,
                          uint32_t *got)
{
	uint32_t limit = offset > CCID_BINARY_OFFSET_MAX ? ANSWER_MAX : n;
	const uint8_t *data;
	size_t had = out->len;
	HRESULT hr = ccid_iso_room(iso, 0);
	int len;

	*got = 0;
	if (FAILED(hr))
		return hr;
	hr = ccid_iso_send(iso, ccid_iso_read_binary(iso->apdu.p, iso->apdu.len, offset, n), limit);
	if (FAILED(hr) || iso->sw == 0x6B00)
		return hr;
	hr = binary_status(iso);
	if (FAILED(hr))
		return hr;
	len = ccid_iso_binary_data(offset, iso->reply.p, iso->reply.len, &data);
	if (len < 0)
		return SCARD_E_UNEXPECTED;
	*got = (uint32_t)len < n ? (uint32_t)len : n;
	hr = ccid_result(ccid_blob_resize(out, had + *got), CCID_ATTACHED);
	if (SUCCEEDED(hr) && *got > 0)
		memcpy(out->p + had, data, *got);
	return hr;
}

static uint32_t end_of(const struct ccid_iso_file *f)
{
	return f->has_size && f->size < CCID_BINARY_END ? f->size : CCID_BINARY_END;
}

static HRESULT read_binary(struct ccid_iso *iso, struct ccid_iso_file *f, uint32_t max,
                           struct ccid_blob *out)
{
	uint32_t at = (uint32_t)f->pos, end = end_of(f), pieces = 0, got;
	HRESULT hr = S_OK;

	if (at > end)
		at = end;
	if (max != 0 && max < end - at)
		end = at + max;
	for (; at < end && SUCCEEDED(hr); at += got) {
		uint32_t n = at > CCID_BINARY_OFFSET_MAX ? CCID_BINARY_READ_MAX : SHORT_ANSWER;

		hr = read_piece(iso, at, n < end - at ? n : end - at, out, &got);
		if (got == 0 || iso->sw == 0x6282)
			break;
		if (++pieces == PIECES_MAX)
			hr = SCARD_E_UNEXPECTED;
	}
	if (FAILED(hr))
		return hr;
	f->pos += (LONG)out->len;
	return out->len > 0 ? S_OK : SCARD_W_EOF;
}

static HRESULT send_record(struct ccid_iso *iso, enum ccid_ins ins, LONG number, uint8_t p2,
                           const uint8_t *data, size_t n)
{
	uint32_t le = ins == CCID_INS_READ_RECORD ? SHORT_ANSWER : 0;
	HRESULT hr = ccid_iso_room(iso, 0);

	if (FAILED(hr))
		return hr;
	hr = ccid_iso_send(
		iso,
		ccid_iso_command(iso->apdu.p, iso->apdu.len, ins, (uint8_t)number, p2, data, n, le),
		le > 0 ? ANSWER_MAX : 0);
	return FAILED(hr) ? hr : binary_status(iso);
}

static HRESULT read_record(struct ccid_iso *iso, struct ccid_iso_file *f, LONG *max,
                           struct ccid_blob *out)
{
	HRESULT hr;

	if (f->at_end || f->pos >= RECORDS_MAX)
		return SCARD_W_EOF;
	hr = send_record(iso, CCID_INS_READ_RECORD, f->pos + 1, CCID_RECORD_NUMBER, NULL, 0);
	if (FAILED(hr))
		return hr;
	if (*max != 0 && iso->reply.len > (size_t)*max) {
		*max = (LONG)iso->reply.len;
		return SCARD_E_INSUFFICIENT_BUFFER;
	}
	hr = ccid_result(ccid_blob_set(out, iso->reply.p, iso->reply.len), CCID_ATTACHED);
	if (SUCCEEDED(hr))
		f->pos++;
	return hr;
}

HRESULT ccid_iso_file_read(struct ccid_iso *iso, struct ccid_iso_file *f, LONG *max,
                           struct ccid_blob *out)
{
	uint32_t most = *max > (LONG)CCID_BINARY_END ? CCID_BINARY_END : (uint32_t)*max;
	HRESULT hr = make_current(iso, f);

	if (FAILED(hr))
		return hr;
	return f->records ? read_record(iso, f, max, out) : read_binary(iso, f, most, out);
}

/* How many there are, by looking for the first that is not there. */
static HRESULT count_records(struct ccid_iso *iso, struct ccid_iso_file *f, LONG *count)
{
	LONG there = 0, missing = RECORDS_MAX + 1;
	HRESULT hr = make_current(iso, f);

	while (SUCCEEDED(hr) && missing - there > 1) {
		LONG middle = there + (missing - there) / 2;

		hr = send_record(iso, CCID_INS_READ_RECORD, middle, CCID_RECORD_NUMBER, NULL, 0);
		if (SUCCEEDED(hr))
			there = middle;
		else if (hr == SCARD_W_EOF)
			missing = middle;
		if (hr == SCARD_W_EOF)
			hr = S_OK;
	}
	*count = there;
	return hr;
}

bool ccid_iso_file_seek_asks(const struct ccid_iso_file *f, LONG offset, SEEKTYPE origin)
{
	return f->records && offset != 0 &&
	       (origin == SC_SEEK_FROM_END || (origin == SC_SEEK_RELATIVE && f->at_end));
}

/* From there to offset; end is the last place that is known to be good. */
static HRESULT move(struct ccid_iso_file *f, LONG from, LONG offset, LONG end)
{
	if (offset < -from || offset > end - from)
		return SCARD_E_BAD_SEEK;
	f->pos = from + offset;
	f->at_end = false;
	return S_OK;
}

static HRESULT seek_bytes(struct ccid_iso_file *f, LONG offset, SEEKTYPE origin)
{
	LONG end = (LONG)end_of(f);

	if (origin != SC_SEEK_FROM_END)
		return move(f, origin == SC_SEEK_RELATIVE ? f->pos : 0, offset, end);
	return f->has_size ? move(f, end, offset, end) : SCARD_E_BAD_SEEK;
}

HRESULT ccid_iso_file_seek(struct ccid_iso *iso, struct ccid_iso_file *f, LONG offset,
                           SEEKTYPE origin)
{
	LONG count;
	HRESULT hr;

	if (!f->records)
		return seek_bytes(f, offset, origin);
	if (ccid_iso_file_seek_asks(f, offset, origin)) {
		hr = count_records(iso, f, &count);
		return SUCCEEDED(hr) ? move(f, count, offset, count) : hr;
	}
	if (origin == SC_SEEK_FROM_END)
		f->at_end = true;
	if (f->at_end && offset == 0 && origin != SC_SEEK_FROM_BEGINNING)
		return S_OK;
	return move(f, origin == SC_SEEK_RELATIVE ? f->pos : 0, offset, RECORDS_MAX);
}

static enum ccid_ins binary_ins(SCARD_FLAGS how)
{
	return how == SC_FL_OR || how == SC_FL_AND ? CCID_INS_WRITE_BINARY : CCID_INS_UPDATE_BINARY;
}

static HRESULT write_binary(struct ccid_iso *iso, struct ccid_iso_file *f, const uint8_t *data,
                            size_t n, SCARD_FLAGS how)
{
	size_t done = 0;
	HRESULT hr = S_OK;

	while (done < n && SUCCEEDED(hr)) {
		uint32_t at = (uint32_t)f->pos + (uint32_t)done;
		size_t piece = at > CCID_BINARY_OFFSET_MAX ? CCID_BINARY_WRITE_MAX : SHORT_DATA;

		if (piece > n - done)
			piece = n - done;
		hr = ccid_iso_room(iso, 0);
		if (SUCCEEDED(hr))
			hr = ccid_iso_send(iso,
			                   ccid_iso_put_binary(iso->apdu.p, iso->apdu.len,
			                                       binary_ins(how), at, data + done,
			                                       piece),
			                   0);
		if (SUCCEEDED(hr))
			hr = ccid_status_result(iso->sw);
		done += piece;
	}
	return hr;
}

static HRESULT erase_binary(struct ccid_iso *iso, const struct ccid_iso_file *f, size_t n)
{
	uint32_t from = (uint32_t)f->pos;
	HRESULT hr = ccid_iso_room(iso, 0);

	if (FAILED(hr))
		return hr;
	hr = ccid_iso_send(
		iso, ccid_iso_erase_binary(iso->apdu.p, iso->apdu.len, from, from + (uint32_t)n),
		0);
	return FAILED(hr) ? hr : ccid_status_result(iso->sw);
}

static HRESULT put_bytes(struct ccid_iso *iso, struct ccid_iso_file *f, const uint8_t *data,
                         size_t n, SCARD_FLAGS how)
{
	uint32_t end = end_of(f);
	HRESULT hr;

	if ((uint32_t)f->pos > end || n > end - (uint32_t)f->pos)
		return SCARD_E_WRITE_TOO_MANY;
	hr = how == SC_FL_ERASE ? erase_binary(iso, f, n) : write_binary(iso, f, data, n, how);
	if (SUCCEEDED(hr))
		f->pos += (LONG)n;
	return hr;
}

/* A card without APPEND RECORD may know the same for a cyclic EF as an update of the previous. */
static HRESULT append_record(struct ccid_iso *iso, const struct ccid_iso_file *f,
                             const uint8_t *data, size_t n)
{
	HRESULT hr = send_record(iso, CCID_INS_APPEND_RECORD, 0, 0, data, n);

	if (f->cyclic && iso->sw == 0x6D00)
		hr = send_record(iso, CCID_INS_UPDATE_RECORD, 0, CCID_RECORD_PREVIOUS, data, n);
	return hr;
}

static HRESULT put_record(struct ccid_iso *iso, struct ccid_iso_file *f, const uint8_t *data,
                          size_t n, SCARD_FLAGS how)
{
	enum ccid_ins ins = CCID_INS_UPDATE_RECORD;
	HRESULT hr;

	if (n > SHORT_DATA || (f->max_record > 0 && n > f->max_record))
		return SCARD_E_WRITE_TOO_MANY;
	if (how == SC_FL_OR || how == SC_FL_AND)
		ins = CCID_INS_WRITE_RECORD;
	if (how == SC_FL_ERASE)
		ins = CCID_INS_ERASE_RECORD;
	if (f->at_end)
		return ins == CCID_INS_UPDATE_RECORD ? append_record(iso, f, data, n) : SCARD_W_EOF;
	if (f->pos >= RECORDS_MAX)
		return SCARD_W_EOF;
	hr = send_record(iso, ins, f->pos + 1, CCID_RECORD_NUMBER, data,
	                 how == SC_FL_ERASE ? 0 : n);
	if (SUCCEEDED(hr))
		f->pos++;
	return hr;
}

/* Whether WRITE does on this file what the caller wants of it. */
static bool writes_so(const struct ccid_iso_file *f, SCARD_FLAGS how)
{
	if (how == SC_FL_OR)
		return f->has_write && f->write == CCID_WRITE_OR;
	if (how == SC_FL_AND)
		return f->has_write && f->write == CCID_WRITE_AND;
	return true;
}

HRESULT ccid_iso_file_write(struct ccid_iso *iso, struct ccid_iso_file *f, const uint8_t *data,
                            size_t n, SCARD_FLAGS how)
{
	HRESULT hr;

	if (!writes_so(f, how))
		return SCARD_E_UNSUPPORTED_FEATURE;
	if (f->records && how == SC_FL_ERASE && n != 1)
		return E_INVALIDARG;
	hr = make_current(iso, f);
	if (FAILED(hr))
		return hr;
	return f->records ? put_record(iso, f, data, n, how) : put_bytes(iso, f, data, n, how);
}
