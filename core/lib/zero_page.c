/* SPDX-License-Identifier: MIT */
/* The page of zeros. */
#include <keel/zero_page.h>

const uint8_t zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);
