/* SPDX-License-Identifier: MIT */
#include "replay_steps.h"

#include "apdu.h"
#include "atr.h"
#include "ccid_msg.h"
#include "cli.h"
#include "explain.h"
#include "player.h"

#include <stdlib.h>
#include <string.h>

#define PPSS        0xFF
#define SLOTS       16 /* more are passed over */
#define MESSAGE_MAX (CCID_APDU_MAX + 4)

/* What is known of one slot while the messages go by. */
struct lane {
	unsigned protocol;
	bool powered;
	uint8_t command; /* type of the one under way, 0 for none */
	size_t nth;      /* that command's number */
	uint8_t t1_next; /* N(S) of the next I-block of the computer */
	uint8_t *apdu;   /* being put together */
	size_t len;
};

struct builder {
	struct cli_steps *steps;
	enum ccid_level level;
	bool failed; /* memory */
	size_t commands;
	struct lane lanes[SLOTS];
};

static void add(struct builder *b, unsigned slot, enum cli_step_kind kind, const uint8_t *data,
                size_t len)
{
	size_t n = b->steps->count;
	struct cli_step *step = realloc(b->steps->step, (n + 1) * sizeof *step);
	uint8_t *copy = step == NULL ? NULL : malloc(len + 1);

	if (step != NULL)
		b->steps->step = step;
	if (copy == NULL) {
		b->failed = true;
		return;
	}
	if (len > 0)
		memcpy(copy, data, len);
	step[n] = (struct cli_step){
		.kind = kind, .slot = slot, .data = copy, .len = len, .nth = b->lanes[slot].nth};
	b->steps->count = n + 1;
}

static void add_apdu(struct builder *b, unsigned slot)
{
	const struct lane *l = &b->lanes[slot];
	struct ccid_apdu apdu;

	if (ccid_apdu_decode(&apdu, l->apdu, l->len) < 0)
		b->steps->left_out++;
	else
		add(b, slot, CLI_STEP_APDU, l->apdu, l->len);
}

static void collect(struct builder *b, struct lane *l, const uint8_t *data, size_t len)
{
	if (l->apdu == NULL)
		l->apdu = malloc(MESSAGE_MAX);
	b->failed = b->failed || l->apdu == NULL;
	if (l->apdu == NULL)
		return;
	if (len > MESSAGE_MAX - l->len)
		len = MESSAGE_MAX - l->len;
	if (len > 0)
		memcpy(l->apdu + l->len, data, len);
	l->len += len;
}

static void take_whole(struct builder *b, unsigned slot, const struct ccid_cmd *cmd)
{
	b->lanes[slot].len = 0;
	collect(b, &b->lanes[slot], cmd->data, cmd->len);
	if (!b->failed)
		add_apdu(b, slot);
}

static void take_chained(struct builder *b, unsigned slot, const struct ccid_cmd *cmd)
{
	struct lane *l = &b->lanes[slot];
	unsigned chain = cmd->param[1];

	if (chain == CCID_CHAIN_MORE)
		return;
	if (chain == CCID_CHAIN_WHOLE || chain == CCID_CHAIN_BEGIN)
		l->len = 0;
	collect(b, l, cmd->data, cmd->len);
	if (!b->failed && (chain == CCID_CHAIN_WHOLE || chain == CCID_CHAIN_END))
		add_apdu(b, slot);
}

/* NAD, PCB, LEN, INF, EDC. A block that repeats a sequence number is sent once more. */
static void take_t1(struct builder *b, unsigned slot, const struct ccid_cmd *cmd)
{
	struct lane *l = &b->lanes[slot];
	uint8_t pcb = cmd->len >= 4 ? cmd->data[1] : 0x80;
	bool chained = (pcb & 0x20) != 0, fresh = (pcb >> 6 & 1) == l->t1_next;

	if ((pcb & 0x80) != 0 || !fresh || cmd->data[2] > cmd->len - 3)
		return;
	l->t1_next ^= 1;
	collect(b, l, cmd->data + 3, cmd->data[2]);
	if (chained || b->failed)
		return;
	add_apdu(b, slot);
	l->len = 0;
}

static void take_xfr_block(struct builder *b, unsigned slot, const struct ccid_cmd *cmd)
{
	if (b->level == CCID_LEVEL_EXTENDED_APDU)
		take_chained(b, slot, cmd);
	else if (b->level == CCID_LEVEL_SHORT_APDU)
		take_whole(b, slot, cmd);
	else if (cmd->len == 0 || cmd->data[0] == PPSS)
		return;
	else if (b->lanes[slot].protocol == 1)
		take_t1(b, slot, cmd);
	else
		take_whole(b, slot, cmd);
}

static void take_mechanical(struct builder *b, unsigned slot, uint8_t function)
{
	add(b, slot, CLI_STEP_MECHANICAL, NULL, 0);
	if (!b->failed)
		b->steps->step[b->steps->count - 1].function = function;
}

static void take_power_off(struct builder *b, unsigned slot)
{
	add(b, slot, CLI_STEP_POWER_OFF, NULL, 0);
	b->lanes[slot].powered = false;
}

static void take_command(struct builder *b, const uint8_t *data, size_t len)
{
	struct ccid_cmd cmd;
	uint8_t slot, seq;

	b->commands++;
	if (ccid_cmd_decode(&cmd, &slot, &seq, data, len) < 0 || slot >= SLOTS)
		return;
	b->lanes[slot].command = cmd.type;
	b->lanes[slot].nth = b->commands;
	switch (cmd.type) {
	case CCID_GET_SLOT_STATUS: add(b, slot, CLI_STEP_STATUS, NULL, 0); break;
	case CCID_ICC_POWER_OFF: take_power_off(b, slot); break;
	case CCID_XFR_BLOCK: take_xfr_block(b, slot, &cmd); break;
	case CCID_SECURE: add(b, slot, CLI_STEP_SECURE, cmd.data, cmd.len); break;
	case CCID_ESCAPE: add(b, slot, CLI_STEP_ESCAPE, cmd.data, cmd.len); break;
	case CCID_MECHANICAL: take_mechanical(b, slot, cmd.param[0]); break;
	case CCID_SET_PARAMETERS: b->lanes[slot].protocol = cmd.param[0]; break;
	default: break;
	}
}

static void take_power_on(struct builder *b, const struct ccid_rsp *rsp)
{
	struct lane *l = &b->lanes[rsp->slot];
	struct ccid_atr atr;

	if (rsp->len < 2 || ccid_atr_decode(&atr, rsp->data, rsp->len) < 0)
		return;
	add(b, rsp->slot, l->powered ? CLI_STEP_RESET : CLI_STEP_POWER_ON, NULL, 0);
	l->powered = true;
	l->protocol = atr.specific ? atr.ta2 & 0x0F : atr.first;
	l->t1_next = 0;
	l->len = 0;
}

/* An Escape that was refused need not be sent again. */
static void forget_escape(struct builder *b, unsigned slot)
{
	struct cli_steps *s = b->steps;
	struct cli_step *last = s->count > 0 ? &s->step[s->count - 1] : NULL;

	if (last == NULL || last->kind != CLI_STEP_ESCAPE || last->slot != slot)
		return;
	free(last->data);
	s->count--;
}

static void take_answer(struct builder *b, const uint8_t *data, size_t len)
{
	struct ccid_rsp rsp;
	struct lane *l;

	if (ccid_rsp_decode(&rsp, data, len) < 0 || rsp.slot >= SLOTS)
		return;
	l = &b->lanes[rsp.slot];
	if (ccid_rsp_icc(&rsp) != CCID_ICC_ACTIVE)
		l->powered = false;
	if (ccid_rsp_cmd_status(&rsp) == CCID_CMD_TIME_EXTENSION)
		return;
	if (l->command == CCID_ICC_POWER_ON && ccid_rsp_cmd_status(&rsp) == CCID_CMD_OK)
		take_power_on(b, &rsp);
	else if (l->command == CCID_ICC_POWER_ON)
		add(b, rsp.slot, CLI_STEP_TRY, NULL, 0);
	if (l->command == CCID_ESCAPE && ccid_rsp_cmd_status(&rsp) == CCID_CMD_FAILED)
		forget_escape(b, rsp.slot);
	l->command = 0;
}

/* Tokens without bulk endpoints (USB ICCD Rev 1.0): version A sends the five bytes of the header,
 * then the body, version B whole APDUs. What they say has no CCID header, and so no bSeq. */

static void flush_token(struct builder *b)
{
	struct lane *l = &b->lanes[0];

	if (l->len > 0 && !b->failed)
		add_apdu(b, 0);
	l->len = 0;
}

static void take_token_block(struct builder *b, const uint8_t *data, size_t len)
{
	struct lane *l = &b->lanes[0];
	bool body = l->len == 5 && len > 0 && l->apdu[4] == len;

	if (!body)
		flush_token(b);
	collect(b, l, data, len);
}

static void take_token_atr(struct builder *b, const uint8_t *atr, size_t len)
{
	const struct ccid_rsp rsp = {.data = atr, .len = (uint32_t)len};

	if (b->lanes[0].command == CCID_ICC_POWER_ON)
		take_power_on(b, &rsp);
	b->lanes[0].command = 0;
}

static void take_token_answer(struct builder *b, const struct ccid_explain_line *line)
{
	if (strcmp(line->name, "ICC_POWER_ON") == 0)
		take_token_atr(b, line->data, line->len);
	else if (strcmp(line->name, "DATA_BLOCK") == 0 && line->len > 0 && line->data[0] == 0)
		take_token_atr(b, line->data + 1, line->len - 1);
}

static void take_token(struct builder *b, const struct ccid_explain_line *line)
{
	if (line->kind == CCID_EXPLAIN_ANSWER) {
		take_token_answer(b, line);
		return;
	}
	if (strcmp(line->name, "XFR_BLOCK") == 0) {
		take_token_block(b, line->data, line->len);
		return;
	}
	if (strcmp(line->name, "GET_ICC_STATUS") != 0)
		flush_token(b);
	if (strcmp(line->name, "ICC_POWER_ON") == 0)
		b->lanes[0].command = CCID_ICC_POWER_ON;
	else if (strcmp(line->name, "ICC_POWER_OFF") == 0 && b->lanes[0].powered)
		take_power_off(b, 0);
}

static bool is_message(const struct ccid_explain_line *line)
{
	return line->kind == CCID_EXPLAIN_COMMAND || line->kind == CCID_EXPLAIN_ANSWER;
}

static void take_line(void *arg, const struct ccid_explain_line *line)
{
	struct builder *b = arg;

	if (!b->failed && is_message(line) && line->slot >= 0 && line->seq < 0)
		take_token(b, line);
	if (b->failed || line->data == NULL || line->seq < 0)
		return;
	if (line->kind == CCID_EXPLAIN_COMMAND)
		take_command(b, line->data, line->len);
	else if (line->kind == CCID_EXPLAIN_ANSWER)
		take_answer(b, line->data, line->len);
}

/* The exchange level of the recorded reader. */
static int read_level(enum ccid_level *level, const char *path, char *problem, size_t cap)
{
	const struct ccid_env env = {0};
	struct ccid_class_desc desc;
	struct ccid_transport *t;
	int err = ccid_transport_open_replay(&t, path, NULL, &env, problem, cap);

	if (err < 0)
		return err;
	err = ccid_class_desc_decode(&desc, t->iface.desc, CCID_CLASS_DESC_LEN);
	if (err == 0)
		*level = ccid_class_desc_level(&desc);
	t->ops->close(t);
	return err;
}

int cli_steps_load(struct cli_steps *out, const char *path)
{
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct builder b = {.steps = out};
	int err;

	*out = (struct cli_steps){0};
	err = read_level(&b.level, path, problem, sizeof problem);
	if (err == 0)
		err = ccid_explain_file(path, take_line, &b, problem, sizeof problem);
	for (unsigned i = 0; i < SLOTS; i++)
		free(b.lanes[i].apdu);
	if (b.failed)
		err = CCID_E_NOMEM;
	if (err == 0)
		return CLI_OK;
	cli_error("%s: %s", path, problem[0] != '\0' ? problem : ccid_err_text(err));
	cli_steps_free(out);
	return CLI_DAMAGED;
}

void cli_steps_free(struct cli_steps *steps)
{
	for (size_t i = 0; i < steps->count; i++)
		free(steps->step[i].data);
	free(steps->step);
	*steps = (struct cli_steps){0};
}
