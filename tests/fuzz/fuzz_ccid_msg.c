/* SPDX-License-Identifier: MIT */
/* Input: one bulk message, taken as an answer and as a command. */
#include "ccid_msg.h"

#include "fuzz.h"

static void check_answer(const uint8_t *data, size_t size)
{
	struct ccid_rsp rsp;
	int err;

	if (ccid_rsp_decode(&rsp, data, size) != 0)
		return;
	FUZZ_CHECK((size_t)rsp.len + rsp.extra + CCID_HEADER_LEN == size);
	FUZZ_CHECK(rsp.data == data + CCID_HEADER_LEN);
	FUZZ_CHECK(ccid_rsp_icc(&rsp) <= CCID_ICC_ABSENT);
	err = ccid_rsp_failure(&rsp);
	FUZZ_CHECK(err < 0 && err >= CCID_E_LAST);
	FUZZ_CHECK(ccid_msg_name(rsp.type) != NULL && ccid_error_name(rsp.error) != NULL);
}

static void check_command(const uint8_t *data, size_t size)
{
	struct ccid_cmd cmd;
	uint8_t slot, seq, *again;

	if (ccid_cmd_decode(&cmd, &slot, &seq, data, size) != 0)
		return;
	FUZZ_CHECK(cmd.len + CCID_HEADER_LEN <= size);
	again = malloc(CCID_HEADER_LEN + cmd.len);
	FUZZ_CHECK(again != NULL);
	FUZZ_CHECK(ccid_cmd_encode(again, CCID_HEADER_LEN + cmd.len, &cmd, slot, seq) ==
	           (int)(CCID_HEADER_LEN + cmd.len));
	FUZZ_CHECK(memcmp(again, data, CCID_HEADER_LEN + cmd.len) == 0);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_answer(data, size);
	check_command(data, size);
	return 0;
}
