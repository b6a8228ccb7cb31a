/* SPDX-License-Identifier: MIT */
/* SELECT: as few as can be, for selecting a DF anew may cost what was verified in it. */
#include "iso_card.h"
#include "status_word.h"

static bool selected(const struct ccid_iso *iso)
{
	return iso->sw == 0x9000 || (iso->sw & 0xFF00) == 0x6200 || (iso->sw & 0xFF00) == 0x6100;
}

/* The card does not take this P1 or P2. */
static bool refused(const struct ccid_iso *iso)
{
	return iso->sw == 0x6A86 || iso->sw == 0x6A81 || iso->sw == 0x6B00 || iso->sw == 0x6A80 ||
	       iso->sw == 0x6700;
}

static HRESULT select_once(struct ccid_iso *iso, enum ccid_select how, uint8_t p2,
                           const uint8_t *data, size_t n)
{
	uint32_t le = p2 == CCID_SELECT_NOTHING ? 0 : 256;
	HRESULT hr = ccid_iso_room(iso, 0);

	if (FAILED(hr))
		return hr;
	return ccid_iso_send(iso,
	                     ccid_iso_command(iso->apdu.p, iso->apdu.len, CCID_INS_SELECT,
	                                      (uint8_t)how, p2, data, n, le),
	                     le);
}

/* Ask for control parameters, or for the FCI, or for nothing: what the card took last time first. A
 * file that is not there leaves everything as it was (ISO/IEC 7816-4, 7.1.1). */
static HRESULT select_as_told(struct ccid_iso *iso, enum ccid_select how, const uint8_t *data,
                              size_t n)
{
	static const uint8_t answers[] = {CCID_SELECT_FCP, CCID_SELECT_FCI, CCID_SELECT_NOTHING};
	HRESULT hr = S_OK;

	for (size_t i = iso->answers; i < sizeof answers; i++) {
		hr = select_once(iso, how, answers[i], data, n);
		if (SUCCEEDED(hr) && selected(iso))
			iso->answers = (uint8_t)i;
		if (FAILED(hr) || !refused(iso))
			break;
	}
	if (FAILED(hr))
		return hr;
	iso->has_ef = false;
	if (selected(iso))
		return S_OK;
	if (iso->sw != 0x6A82)
		iso->known = false;
	return ccid_status_result(iso->sw);
}

static HRESULT select_root(struct ccid_iso *iso, const struct ccid_place *to)
{
	const uint8_t mf[] = {0x3F, 0x00};
	HRESULT hr = to->aid_len > 0 ? select_as_told(iso, CCID_SELECT_NAME, to->aid, to->aid_len)
	                             : select_as_told(iso, CCID_SELECT_ID, mf, sizeof mf);

	if (FAILED(hr))
		return hr;
	iso->known = true;
	iso->at = *to;
	iso->at.depth = iso->at.sfi = 0;
	return hr;
}

/* The identifiers from..depth-1 as one path. S_FALSE: the card has to be led step by step. */
static HRESULT select_path(struct ccid_iso *iso, enum ccid_select how, const struct ccid_place *to,
                           unsigned from)
{
	uint8_t path[2 * CCID_PLACE_DEPTH_MAX];
	size_t n = 0;
	HRESULT hr;

	if (iso->no_paths || to->depth < from + 2u)
		return S_FALSE;
	for (unsigned i = from; i < to->depth; i++) {
		path[n++] = (uint8_t)(to->id[i] >> 8);
		path[n++] = (uint8_t)to->id[i];
	}
	hr = select_as_told(iso, how, path, n);
	if (SUCCEEDED(hr) || !refused(iso))
		return hr;
	iso->no_paths = true;
	return S_FALSE;
}

static HRESULT select_steps(struct ccid_iso *iso, const struct ccid_place *to, unsigned from)
{
	HRESULT hr = S_OK;

	for (unsigned i = from; i < to->depth && SUCCEEDED(hr); i++) {
		const uint8_t id[] = {(uint8_t)(to->id[i] >> 8), (uint8_t)to->id[i]};

		hr = select_as_told(iso, CCID_SELECT_ID, id, sizeof id);
		if (SUCCEEDED(hr) && i + 1u < to->depth)
			iso->at.id[iso->at.depth++] = to->id[i];
	}
	return hr;
}

/* To a file by its identifiers; from where the card is, if that is on the way. */
static HRESULT travel(struct ccid_iso *iso, const struct ccid_place *to)
{
	struct ccid_place dir = *to;
	HRESULT hr;

	dir.sfi = 0;
	if (iso->known && ccid_place_same(&dir, &iso->at) && to->depth > 0) {
		hr = select_steps(iso, &dir, dir.depth - 1u); /* as a child of its parent */
		if (hr != SCARD_E_FILE_NOT_FOUND)
			return hr;
		iso->known = false;
	}
	if (!iso->known || !ccid_place_below(&dir, &iso->at) || to->depth == 0) {
		hr = to->aid_len == 0 ? select_path(iso, CCID_SELECT_PATH_FROM_MF, &dir, 0)
		                      : S_FALSE;
		if (hr != S_FALSE)
			return hr;
		hr = select_root(iso, &dir);
		if (FAILED(hr))
			return hr;
	}
	hr = select_path(iso, CCID_SELECT_PATH, &dir, iso->at.depth);
	return hr == S_FALSE ? select_steps(iso, &dir, iso->at.depth) : hr;
}

static bool is_df(const struct ccid_fcp *fcp, bool as_df)
{
	return fcp->kind == CCID_FILE_DF || (fcp->kind == CCID_FILE_UNKNOWN && as_df);
}

HRESULT ccid_iso_select(struct ccid_iso *iso, const struct ccid_place *to, bool as_df,
                        struct ccid_fcp *fcp)
{
	HRESULT hr = travel(iso, to);

	*fcp = (struct ccid_fcp){.kind = CCID_FILE_UNKNOWN};
	if (FAILED(hr))
		return hr;
	if (ccid_fcp_decode(fcp, iso->reply.p, iso->reply.len) < 0)
		*fcp = (struct ccid_fcp){.kind = CCID_FILE_UNKNOWN};
	if (to->depth == 0 && fcp->kind == CCID_FILE_UNKNOWN)
		fcp->kind = CCID_FILE_DF;
	iso->known = true;
	iso->has_ef = !is_df(fcp, as_df);
	iso->at = iso->has_ef ? ccid_place_parent(to) : *to;
	iso->ef = *to;
	return S_OK;
}

HRESULT ccid_iso_enter(struct ccid_iso *iso, const struct ccid_place *dir)
{
	struct ccid_fcp fcp;
	HRESULT hr;

	if (iso->known && ccid_place_same(dir, &iso->at))
		return S_OK;
	hr = ccid_iso_select(iso, dir, true, &fcp);
	return SUCCEEDED(hr) && iso->has_ef ? SCARD_E_NO_DIR : hr;
}
