/* SPDX-License-Identifier: MIT */
/* What handles are made of: generation, index, and two bits that are set in every valid one, masked by the
 * table's secret; and rights. */
#ifndef OBJECT_HANDLE_CODE_H
#define OBJECT_HANDLE_CODE_H

#include <keel/errno.h>
#include <keel/handle.h>
#include <keel/objects.h>
#include <keel/rights.h>
#include <keel/types.h>

#define HANDLE_FIXED           3u /* bits 1 and 0 */
#define HANDLE_INDEX_SHIFT     2u
#define HANDLE_INDEX_BITS      18u
#define HANDLE_GENERATION_BITS 12u

#define HANDLE_INDEX_MASK      ((1u << HANDLE_INDEX_BITS) - 1)
#define HANDLE_GENERATION_MASK ((1u << HANDLE_GENERATION_BITS) - 1)
#define HANDLE_SECRET_MASK     (~HANDLE_FIXED)

/* `generation` counts on for ever; its low bits are what the handle has. */
static inline keel_handle_t handle_encode(uint32_t secret, uint32_t index, uint32_t generation)
{
    uint32_t place = (generation & HANDLE_GENERATION_MASK) << HANDLE_INDEX_BITS | index;

    return (place << HANDLE_INDEX_SHIFT | HANDLE_FIXED) ^ secret;
}

/* Where the handle would be if it were valid. */
static inline uint32_t handle_index(uint32_t secret, keel_handle_t handle)
{
    return (handle ^ secret) >> HANDLE_INDEX_SHIFT & HANDLE_INDEX_MASK;
}

/* The handle that follows in the same place. */
static inline keel_handle_t handle_next(uint32_t secret, keel_handle_t handle)
{
    uint32_t place = (handle ^ secret) >> HANDLE_INDEX_SHIFT;

    return handle_encode(secret, place & HANDLE_INDEX_MASK, (place >> HANDLE_INDEX_BITS) + 1);
}

/* What of `has` a request for rights gives: no right that was not there. -EINVAL: it asks for more. */
static inline int rights_shrink(keel_rights_t has, keel_rights_t wanted, keel_rights_t *out)
{
    if (wanted == KEEL_RIGHT_SAME_RIGHTS) {
        *out = has;
        return 0;
    }
    if ((wanted & ~has) != 0) {
        return -EINVAL;
    }
    *out = wanted;
    return 0;
}

/* Type and rights of a handle in one word, so that one comparison checks both. */
#define META_TYPE_SHIFT HANDLE_TYPE_SHIFT
#define META_TYPE_MASK  (31u << META_TYPE_SHIFT)

_Static_assert(KEEL_RIGHTS_ALL == (1u << META_TYPE_SHIFT) - 1 && KEEL_OBJ_TYPE_LIMIT == 32,
               "rights and types share a word");

static inline uint32_t meta_of(uint32_t type, keel_rights_t rights)
{
    return type << META_TYPE_SHIFT | (rights & KEEL_RIGHTS_ALL);
}

/* Whether a handle with this word is of `type` (0: any) and has `rights`, which are rights. */
static inline bool meta_allows(uint32_t meta, uint32_t type, keel_rights_t rights)
{
    uint32_t looked_at = (type != 0 ? META_TYPE_MASK : 0) | rights;

    return (meta & looked_at) == meta_of(type, rights);
}

#endif
