/* SPDX-License-Identifier: MIT */
#include "apdu_text.h"
#include "ccid_msg.h"
#include "cli_json.h"
#include "cli_story.h"
#include "cli_trace.h"
#include "duration.h"
#include "tally.h"
#include "token_text.h"

#include <inttypes.h>
#include <stdlib.h>

static const char help[] =
	"Count and measure what is in a trace: messages by type and slot, failures, status words,\n"
	"bytes, polls, sessions; and how long the reader took to answer, by command and, for\n"
	"whole APDUs, by instruction. Medians are right within 6 %, least and most are exact.\n"
	"\n"
	"  --json   one JSON object: counts, types, slots, errors, status_words, and commands and\n"
	"           instructions with count, min_us, median_us, p95_us, max_us\n";

static const char *type_name(const struct ccid_tally *t, unsigned code)
{
	struct ccid_redir_packet q = {.request_type = 0x21, .request = (uint8_t)code};
	const char *name = t->token ? ccid_token_request_name(&q) : NULL;

	return name != NULL ? name : ccid_msg_name((uint8_t)code);
}

static void instruction_name(char out[64], const struct ccid_tally *t, unsigned ins)
{
	const char *name = ccid_apdu_name(t->cla[ins], (uint8_t)ins);

	if (name != NULL)
		snprintf(out, 64, "%02X %s", ins, name);
	else
		snprintf(out, 64, "%02X", ins);
}

struct count {
	const char *name;
	uint64_t n;
};

#define COUNTS 20

static void collect(struct count out[COUNTS], const struct ccid_tally *t)
{
	const struct count all[COUNTS] = {
		{"packets", t->packets},
		{"commands", t->commands},
		{"answers", t->answers},
		{"bytes_to_reader", t->to_reader},
		{"bytes_from_reader", t->from_reader},
		{"failed_commands", t->failed},
		{"failed_transfers", t->usb_error},
		{"time_extensions", t->extensions},
		{"polls", t->polls},
		{"power_ons", t->power_ons},
		{"sessions", t->sessions},
		{"apdus", t->apdus},
		{"failed_apdus", t->apdus_failed},
		{"error_status_words", t->sw_errors},
		{"apdu_bytes_to_card", t->apdu_to_card},
		{"apdu_bytes_from_card", t->apdu_from_card},
		{"cards_seen", t->inserted},
		{"cards_removed", t->removed},
		{"notifications", t->notices},
		{"reader_resets", t->resets},
	};

	for (unsigned i = 0; i < COUNTS; i++)
		out[i] = all[i];
}

static void print_name(const char *name)
{
	for (; *name != '\0'; name++)
		putchar(*name == '_' ? ' ' : *name);
}

static void print_counts(const struct ccid_tally *t)
{
	struct count all[COUNTS];
	char took[32];

	collect(all, t);
	ccid_duration_text(took, t->last_ns - t->first_ns);
	printf("%12s  in all\n", took);
	for (unsigned i = 0; i < COUNTS; i++) {
		if (all[i].n == 0)
			continue;
		printf("%12" PRIu64 "  ", all[i].n);
		print_name(all[i].name);
		putchar('\n');
	}
}

static void print_types(const struct ccid_tally *t)
{
	puts("\nmessages");
	for (unsigned i = 0; i < 256; i++)
		if (t->type[i] > 0)
			printf("%12" PRIu64 "  %02X %s\n", t->type[i], i, type_name(t, i));
	puts("\nslots");
	for (unsigned i = 0; i < 256; i++)
		if (t->slot[i] > 0)
			printf("%12" PRIu64 "  messages of slot %u\n", t->slot[i], i);
}

static void print_errors(const struct ccid_tally *t)
{
	if (t->failed > 0)
		puts("\nfailures");
	for (unsigned i = 0; i < 256; i++)
		if (t->error[i] > 0)
			printf("%12" PRIu64 "  %02X %s\n", t->error[i], i,
			       ccid_error_name((uint8_t)i));
	if (t->sws > 0)
		puts("\nstatus words");
	for (unsigned i = 0; i < t->sws; i++)
		printf("%12" PRIu64 "  %04X %s\n", t->sw[i].count, t->sw[i].sw,
		       ccid_sw_text(t->sw[i].sw));
}

static void print_latency(const struct ccid_latency *l, const char *name)
{
	char min[32], mid[32], p95[32], max[32];

	if (l == NULL)
		return;
	ccid_duration_text(min, l->min_ns);
	ccid_duration_text(mid, ccid_latency_quantile(l, 500));
	ccid_duration_text(p95, ccid_latency_quantile(l, 950));
	ccid_duration_text(max, l->max_ns);
	printf("%12" PRIu64 " %12s %12s %12s %12s  %s\n", l->count, min, mid, p95, max, name);
}

static void print_latencies(const struct ccid_tally *t)
{
	static const char columns[] = "       count          min       median          p95"
				      "          max";
	char name[64];

	printf("\nanswers after\n%s  command\n", columns);
	for (unsigned i = 0; i < 256; i++)
		print_latency(t->of_command[i], type_name(t, i));
	if (t->apdus > t->apdus_failed)
		printf("\nAPDUs answered after\n%s  instruction\n", columns);
	for (unsigned i = 0; i < 256; i++) {
		instruction_name(name, t, i);
		print_latency(t->of_ins[i], name);
	}
}

static void json_latency(struct cli_json *j, const struct ccid_latency *l, unsigned code,
                         const char *name)
{
	if (l == NULL)
		return;
	cli_json_object(j, NULL);
	cli_json_number(j, "code", code);
	cli_json_string(j, "name", name);
	cli_json_number(j, "count", (long long)l->count);
	cli_json_number(j, "min_us", (long long)(l->min_ns / 1000));
	cli_json_number(j, "median_us", (long long)(ccid_latency_quantile(l, 500) / 1000));
	cli_json_number(j, "p95_us", (long long)(ccid_latency_quantile(l, 950) / 1000));
	cli_json_number(j, "max_us", (long long)(l->max_ns / 1000));
	cli_json_end_object(j);
}

static void json_counted(struct cli_json *j, const char *key, unsigned code, const char *name,
                         uint64_t n)
{
	if (n == 0)
		return;
	cli_json_object(j, NULL);
	cli_json_number(j, key, code);
	if (name != NULL)
		cli_json_string(j, "name", name);
	cli_json_number(j, "count", (long long)n);
	cli_json_end_object(j);
}

static void json_lists(struct cli_json *j, const struct ccid_tally *t)
{
	cli_json_array(j, "types");
	for (unsigned i = 0; i < 256; i++)
		json_counted(j, "code", i, type_name(t, i), t->type[i]);
	cli_json_end_array(j);
	cli_json_array(j, "slots");
	for (unsigned i = 0; i < 256; i++)
		json_counted(j, "slot", i, NULL, t->slot[i]);
	cli_json_end_array(j);
	cli_json_array(j, "errors");
	for (unsigned i = 0; i < 256; i++)
		json_counted(j, "code", i, ccid_error_name((uint8_t)i), t->error[i]);
	cli_json_end_array(j);
	cli_json_array(j, "status_words");
	for (unsigned i = 0; i < t->sws; i++)
		json_counted(j, "sw", t->sw[i].sw, ccid_sw_text(t->sw[i].sw), t->sw[i].count);
	cli_json_end_array(j);
}

static void print_json(const struct ccid_tally *t)
{
	struct cli_json j = cli_json(stdout);
	struct count all[COUNTS];
	char name[64];

	collect(all, t);
	cli_json_object(&j, NULL);
	cli_json_object(&j, "counts");
	cli_json_number(&j, "microseconds", (long long)((t->last_ns - t->first_ns) / 1000));
	for (unsigned i = 0; i < COUNTS; i++)
		cli_json_number(&j, all[i].name, (long long)all[i].n);
	cli_json_end_object(&j);
	json_lists(&j, t);
	cli_json_array(&j, "commands");
	for (unsigned i = 0; i < 256; i++)
		json_latency(&j, t->of_command[i], i, type_name(t, i));
	cli_json_end_array(&j);
	cli_json_array(&j, "instructions");
	for (unsigned i = 0; i < 256; i++) {
		instruction_name(name, t, i);
		json_latency(&j, t->of_ins[i], i, name);
	}
	cli_json_end_array(&j);
	cli_json_end_object(&j);
}

static void print_text(const struct ccid_tally *t)
{
	print_counts(t);
	print_types(t);
	print_errors(t);
	print_latencies(t);
}

static int stat_file(const char *path, bool json)
{
	struct ccid_tally *t = calloc(1, sizeof *t);
	int code;

	if (t == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	code = cli_story_read(path, ccid_tally_take, t, NULL, true);
	if (t->packets > 0 && json)
		print_json(t);
	else if (t->packets > 0)
		print_text(t);
	ccid_tally_free(t);
	free(t);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	return cli_story_run(self, argc, argv, stat_file);
}

const struct cli_command cli_trace_stat = {
	.name = "trace stat",
	.args = "FILE [--json]",
	.summary = "count and measure what is in a trace",
	.help = help,
	.run = run,
};
