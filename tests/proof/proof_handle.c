/* SPDX-License-Identifier: MIT */
/* Handles and rights: whatever the secret, a place's handle leads back to it, none is 0, the next one in
 * the same place is another; rights never grow. */
#include "proof.h"

#include "../../core/object/handle_code.h"

#include <keel/nospec.h>

void proof_handle_code(void)
{
    uint32_t secret = nondet_u32() & HANDLE_SECRET_MASK, generation = nondet_u32();
    uint32_t index = nondet_u32(), other_index = nondet_u32(), other_generation = nondet_u32();
    keel_handle_t handle, next, other;

    ASSUME(index <= HANDLE_INDEX_MASK && other_index <= HANDLE_INDEX_MASK);
    handle = handle_encode(secret, index, generation);
    CLAIM(handle != KEEL_HANDLE_INVALID);
    CLAIM((handle & HANDLE_FIXED) == HANDLE_FIXED);
    CLAIM(handle_index(secret, handle) == index);
    next = handle_next(secret, handle);
    CLAIM(next == handle_encode(secret, index, generation + 1));
    CLAIM(next != handle && handle_index(secret, next) == index);
    other = handle_encode(secret, other_index, other_generation);
    CLAIM((other == handle) == (other_index == index &&
                                ((other_generation ^ generation) & HANDLE_GENERATION_MASK) == 0));
}

/* Whatever number it is given, what is looked at is a slot that there is. */
void proof_handle_index(void)
{
    uint32_t secret = nondet_u32(), capacity = nondet_u32();
    uint32_t index = handle_index(secret, nondet_u32());

    ASSUME(capacity > 0 && capacity <= 1u << HANDLE_INDEX_BITS);
    CLAIM(index <= HANDLE_INDEX_MASK);
    CLAIM(index_nospec(index, capacity) == (index < capacity ? index : 0));
}

void proof_rights_shrink(void)
{
    keel_rights_t has = nondet_u32() & KEEL_RIGHTS_ALL, wanted = nondet_u32(), left = nondet_u32();
    keel_rights_t before = left;
    int err = rights_shrink(has, wanted, &left);

    CLAIM((left & ~has) == 0 || (err != 0 && left == before));
    CLAIM((err == 0) == (wanted == KEEL_RIGHT_SAME_RIGHTS || (wanted & ~has) == 0));
    CLAIM(err != 0 || left == (wanted == KEEL_RIGHT_SAME_RIGHTS ? has : wanted));
}

void proof_meta(void)
{
    uint32_t type = nondet_u32(), asked = nondet_u32();
    keel_rights_t has = nondet_u32() & KEEL_RIGHTS_ALL, needed = nondet_u32() & KEEL_RIGHTS_ALL;

    ASSUME(type < KEEL_OBJ_TYPE_LIMIT && asked < KEEL_OBJ_TYPE_LIMIT);
    CLAIM(meta_allows(meta_of(type, has), asked, needed) ==
          ((asked == KEEL_OBJ_TYPE_NONE || asked == type) && (needed & ~has) == 0));
    CLAIM(meta_of(type, has) >> META_TYPE_SHIFT == type);
}
