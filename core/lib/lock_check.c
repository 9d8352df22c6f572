/* SPDX-License-Identifier: MIT */
/* Where spinlocks, which lie below all else, reach the checker above them. */
#include <keel/lock_check.h>

const struct lock_check_ops *lock_check_ops;

#define CALLER ((virt_addr_t)__builtin_return_address(0))

virt_addr_t lock_check_here(void)
{
    return CALLER;
}

void lock_check_spin_want(struct lock_check *lock)
{
    const struct lock_check_ops *ops = READ_ONCE(lock_check_ops);

    if (ops) {
        ops->spin_want(lock, CALLER);
    }
}

void lock_check_spin_taken(struct lock_check *lock)
{
    const struct lock_check_ops *ops = READ_ONCE(lock_check_ops);

    if (ops) {
        ops->spin_taken(lock, CALLER);
    }
}

void lock_check_spin_release(struct lock_check *lock)
{
    const struct lock_check_ops *ops = READ_ONCE(lock_check_ops);

    if (ops) {
        ops->spin_release(lock, CALLER);
    }
}
