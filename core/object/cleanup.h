/* SPDX-License-Identifier: MIT */
/* What cleanups have done so far. */
#ifndef OBJECT_CLEANUP_H
#define OBJECT_CLEANUP_H

#include <keel/object.h>

/* Objects destroyed, ever. */
uint64_t cleanup_destroyed(void);

/* One more. */
void cleanup_count(void);

#endif
