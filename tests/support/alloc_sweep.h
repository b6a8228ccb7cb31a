/* SPDX-License-Identifier: MIT */
/* Every allocation of a session fails once. */
#ifndef ALLOC_SWEEP_H
#define ALLOC_SWEEP_H

#include "alloc_count.h"

#include <cmocka.h>
#include <iscard/errors.h>

/* Repeat the session, which releases what it makes, with each of its allocations failing, until
 * none is left to fail: each time it must return E_OUTOFMEMORY and leave nothing behind. The number
 * of allocations. */
static inline unsigned alloc_sweep(HRESULT (*session)(void))
{
	HRESULT hr = E_FAIL;
	unsigned at;

	for (at = 0; FAILED(hr); at++) {
		alloc_count_start(at);
		hr = session();
		alloc_count_stop_failing();
		assert_int_equal(alloc_count_now().live, 0);
		if (FAILED(hr))
			assert_int_equal(hr, E_OUTOFMEMORY);
	}
	return at - 1;
}

#endif
