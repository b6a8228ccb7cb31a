/* SPDX-License-Identifier: MIT */
#include "trace_file.h"
