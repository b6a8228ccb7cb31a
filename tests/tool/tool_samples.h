/* SPDX-License-Identifier: MIT */
#ifndef TOOL_SAMPLES_H
#define TOOL_SAMPLES_H

/* fn for the trace of every sample below folder, of which there must be some. */
void for_each_sample(const char *folder, void (*fn)(const char *file));

#endif
