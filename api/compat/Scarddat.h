/* SPDX-License-Identifier: MIT */
/* The header's name on the Microsoft pages. */
#include <iscard/iscard.h>
