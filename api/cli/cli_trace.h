/* SPDX-License-Identifier: MIT */
/* The commands below "iscard trace". Each is a command like any other; its name holds both words. */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include "cli.h"

extern const struct cli_command cli_trace_diff;
extern const struct cli_command cli_trace_export;
extern const struct cli_command cli_trace_import;
extern const struct cli_command cli_trace_info;
extern const struct cli_command cli_trace_mark;
extern const struct cli_command cli_trace_plot;
extern const struct cli_command cli_trace_redact;
extern const struct cli_command cli_trace_show;
extern const struct cli_command cli_trace_stat;

#endif
