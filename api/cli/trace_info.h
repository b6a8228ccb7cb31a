/* SPDX-License-Identifier: MIT */
/* One screen about a trace: "iscard trace info". */
#ifndef TRACE_INFO_H
#define TRACE_INFO_H

#include <stdbool.h>

/* Print it; returns an exit code. */
int trace_info(const char *path, bool json);

#endif
