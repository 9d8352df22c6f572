/* SPDX-License-Identifier: MIT */
/* Futexes. Where somebody waits at a word there is a futex: a tree of who waits, and an owner. It lies with one
 * of those who wait, and in a tree of the process's by address; the process's lock of futexes guards all of that,
 * and is outside the locks of mutexes and of the scheduler. */
#include "process.h"

#include <keel/call_wait.h>
#include <keel/errno.h>
#include <keel/futex_object.h>
#include <keel/mutex.h>
#include <keel/suspend_object.h>
#include <keel/wait.h>

#define WOKEN_MAX 64u /* in one go, interrupts off */
#define CHAIN_MAX 32u /* owners who wait for owners */

struct futex {
    struct rb_node node; /* in the process's tree */
    uint64_t address;
    struct rb_tree waiters;    /* the most urgent first, of equals who came first */
    struct user_thread *owner; /* a reference; NULL: none */
    struct list_node owned;    /* in the owner's `futexes` */
};

struct futex_waiter {
    struct rb_node node; /* in the futex's tree */
    uint64_t address;
    struct user_thread *user;
    struct thread *thread;
    unsigned rank;
    bool woken;
    struct futex futex; /* that of all who wait at the address, if it lies here */
};

static struct futex_waiter *waiter_of(const struct rb_node *node)
{
    return rb_entry(node, struct futex_waiter, node);
}

static bool more_urgent(const struct rb_node *a, const struct rb_node *b)
{
    return waiter_of(a)->rank > waiter_of(b)->rank;
}

static struct futex *futex_of(const struct rb_node *node)
{
    return rb_entry(node, struct futex, node);
}

static bool lower(const struct rb_node *a, const struct rb_node *b)
{
    return futex_of(a)->address < futex_of(b)->address;
}

static int compare(const void *address, const struct rb_node *node)
{
    uint64_t one = *(const uint64_t *)address, other = futex_of(node)->address;

    return one < other ? -1 : one > other;
}

static struct futex *find(const struct futex_space *space, uint64_t address)
{
    struct rb_node *node = rb_find(&space->futexes, &address, compare);

    return node ? futex_of(node) : NULL;
}

static uint64_t address_of(const uint32_t __user *word)
{
    return (uint64_t)(__force uintptr_t)word;
}

static struct futex_space *space_here(void)
{
    return &process_current()->futexes;
}

static struct futex_waiter *first_of(const struct futex *futex)
{
    return waiter_of(rb_first(&futex->waiters));
}

/* --- Owners inherit --- */

/* The top of a thread's band: how it stands within the band changes by the moment. */
static unsigned rank_of(const struct thread *thread)
{
    unsigned level = wait_ops->urgency(thread);

    return level > PRIORITY_REALTIME * CONFIG_SCHED_LEVELS
               ? level
               : (level + CONFIG_SCHED_LEVELS - 1) / CONFIG_SCHED_LEVELS * CONFIG_SCHED_LEVELS;
}

/* Has an owner run as urgently as all that wait for it. */
static void lend(struct user_thread *owner)
{
    const struct futex *futex;
    unsigned most = 0;

    list_for_each_entry (futex, &owner->futexes, owned) {
        most = MAX(most, first_of(futex)->rank);
    }
    if (owner->head) {
        mutex_lend((struct thread *)owner->head, most);
    }
}

/* Puts one who waits where its urgency has it now; whether that changed. */
static bool put_in_order(struct futex *futex, struct futex_waiter *waiter)
{
    unsigned rank = rank_of(waiter->thread);

    if (rank == waiter->rank) {
        return false;
    }
    rb_erase(&futex->waiters, &waiter->node);
    waiter->rank = rank;
    rb_insert(&futex->waiters, &waiter->node, more_urgent);
    return true;
}

/* The owner's urgency may have changed: where it waits itself, its own owner inherits that, and so on. All are
 * the process's. */
static void pass_on(struct futex_space *space, struct user_thread *owner)
{
    for (unsigned i = 0; owner && i < CHAIN_MAX; i++) {
        struct futex *futex;

        lend(owner);
        futex = owner->futex ? find(space, owner->futex->address) : NULL;
        owner = futex && put_in_order(futex, owner->futex) ? futex->owner : NULL;
    }
}

/* The former owner, whose reference is the caller's to give up. */
static struct user_thread *set_owner(struct futex_space *space, struct futex *futex,
                                     struct user_thread *owner)
{
    struct user_thread *former = futex->owner;

    if (former == owner) {
        return NULL;
    }
    if (former) {
        list_remove(&futex->owned);
        futex->owner = NULL;
        pass_on(space, former);
    }
    if (owner && !owner->left) {
        object_get(&owner->object);
        futex->owner = owner;
        list_add_tail(&owner->futexes, &futex->owned);
        pass_on(space, owner);
    }
    return former;
}

/* --- Coming and going --- */

static struct futex *enter(struct futex_space *space, struct futex_waiter *waiter)
{
    struct futex *futex = find(space, waiter->address);

    if (!futex) {
        futex = &waiter->futex;
        *futex = (struct futex){.address = waiter->address};
        rb_insert(&space->futexes, &futex->node, lower);
    }
    rb_insert(&futex->waiters, &waiter->node, more_urgent);
    return futex;
}

/* Has another who waits keep the futex, which changes its place. */
static struct futex *keep_with(struct futex_space *space, struct futex_waiter *waiter,
                               struct futex *futex)
{
    rb_erase(&space->futexes, &futex->node);
    waiter->futex = *futex;
    rb_insert(&space->futexes, &waiter->futex.node, lower);
    if (futex->owner) {
        list_remove(&futex->owned);
        list_add_tail(&futex->owner->futexes, &waiter->futex.owned);
    }
    return &waiter->futex;
}

/* Takes one out. The former owner, if it was the last one. */
static struct user_thread *leave(struct futex_space *space, struct futex_waiter *waiter)
{
    struct futex *futex = find(space, waiter->address);

    rb_erase(&futex->waiters, &waiter->node);
    if (rb_is_empty(&futex->waiters)) {
        rb_erase(&space->futexes, &futex->node);
        if (futex->owner) {
            list_remove(&futex->owned);
            pass_on(space, futex->owner);
        }
        return futex->owner;
    }
    if (futex == &waiter->futex) {
        futex = keep_with(space, first_of(futex), futex);
    }
    if (waiter->rank > first_of(futex)->rank) {
        pass_on(space, futex->owner);
    }
    return NULL;
}

static void put_owner(struct user_thread *former)
{
    if (former) {
        object_put(&former->object);
    }
}

/* --- Waiting --- */

/* Whether a thread may be the owner of a futex. */
static bool may_own(const struct user_thread *owner, uint64_t address)
{
    return !owner || (owner->process == process_current() &&
                      !(owner->futex && owner->futex->address == address));
}

/* Looks at the word and at the owner; 0: go on. */
static int check(const uint32_t __user *word, uint32_t current, const struct user_thread *owner,
                 uint64_t address)
{
    uint32_t value;

    if (user_copy_in(&value, word, sizeof(value)) != 0) {
        return -EFAULT;
    }
    return value != current ? -EAGAIN : may_own(owner, address) ? 0 : -EINVAL;
}

/* The same, with the lock taken when it is 0. The page is brought in before. */
static int check_and_lock(const uint32_t __user *word, uint32_t current,
                          const struct user_thread *owner, uint64_t address, unsigned long *irq)
{
    uint32_t value;
    int err;

    if (user_copy_in(&value, word, sizeof(value)) != 0) {
        return -EFAULT;
    }
    *irq = spin_lock(&space_here()->lock);
    err = check(word, current, owner, address);
    if (err != 0) {
        spin_unlock(&space_here()->lock, *irq);
    }
    return err;
}

/* Nobody has woken it: it goes by itself. */
static int give_up(struct futex_space *space, struct futex_waiter *waiter)
{
    int status = thread_is_cancelled() ? -ECANCELED : -ETIMEDOUT;
    unsigned long irq = spin_lock(&space->lock);
    struct user_thread *former = NULL;

    if (waiter->woken) {
        status = 0;
    } else {
        waiter->user->futex = NULL;
        former = leave(space, waiter);
    }
    spin_unlock(&space->lock, irq);
    put_owner(former);
    return status;
}

int futex_wait(const uint32_t __user *word, uint32_t current, struct user_thread *owner,
               uint64_t deadline_ns)
{
    struct futex_space *space = space_here();
    struct futex_waiter waiter;
    struct user_thread *former;
    unsigned long irq;
    int err;

    waiter.address = address_of(word);
    waiter.user = current_head()->user;
    waiter.thread = wait_ops->current();
    waiter.woken = false;
    err = owner && owner == waiter.user
              ? -EINVAL
              : check_and_lock(word, current, owner, waiter.address, &irq);
    if (err != 0) {
        return err;
    }
    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        lock_check_block();
    }
    waiter.rank = rank_of(waiter.thread);
    waiter.user->futex = &waiter;
    former = set_owner(space, enter(space, &waiter), owner);
    pass_on(space, owner);
    while (!call_wait(&space->lock, irq, deadline_ns, 0)) {
        if (!user_wait_goes_on(&deadline_ns)) {
            err = give_up(space, &waiter);
            break;
        }
        irq = spin_lock(&space->lock);
        if (waiter.woken) {
            spin_unlock(&space->lock, irq);
            break;
        }
    }
    put_owner(former);
    return err;
}

/* --- Waking --- */

static void wake(struct futex_waiter *waiter)
{
    waiter->user->futex = NULL;
    waiter->woken = true;
    wait_ops->wake(waiter->thread);
}

/* Wakes some, at most WOKEN_MAX, and makes the last of them the owner or nobody; how many. */
static uint32_t wake_some(const uint32_t __user *word, uint32_t count, bool single_owner)
{
    struct futex_space *space = space_here();
    unsigned long irq = spin_lock(&space->lock);
    struct futex *futex = find(space, address_of(word));
    struct user_thread *former = futex ? set_owner(space, futex, NULL) : NULL;
    uint32_t woken = 0;

    while (futex && woken < MIN(count, WOKEN_MAX)) {
        struct futex_waiter *first = first_of(futex);
        struct user_thread *user = first->user;

        (void)leave(space, first); /* nobody owns it */
        wake(first);
        woken++;
        futex = find(space, address_of(word));
        if (single_owner && futex) {
            (void)set_owner(space, futex, user);
        }
    }
    spin_unlock(&space->lock, irq);
    put_owner(former);
    wait_resched();
    return woken;
}

void futex_wake(const uint32_t __user *word, uint32_t count)
{
    uint32_t woken;

    do {
        woken = wake_some(word, count, false);
        count -= woken;
    } while (woken == WOKEN_MAX && count > 0);
}

void futex_wake_single_owner(const uint32_t __user *word)
{
    (void)wake_some(word, 1, true);
}

/* --- Requeueing --- */

struct requeue {
    uint64_t from, to;
    uint32_t wake_count, move_count; /* that are left */
    struct user_thread *owner;       /* of the futex at `to` */
    struct user_thread *former[2];   /* whose references are to be given up */
};

/* Wakes some, and moves the next, at most WOKEN_MAX together; the lock is held. Whether it was so many. */
static bool requeue_some(struct futex_space *space, struct requeue *self)
{
    struct futex *futex = find(space, self->from);
    uint32_t count = 0;

    self->former[0] = futex ? set_owner(space, futex, NULL) : NULL;
    for (; futex && count < WOKEN_MAX && (self->wake_count | self->move_count) != 0; count++) {
        struct futex_waiter *first = first_of(futex);

        (void)leave(space, first); /* nobody owns it */
        if (self->wake_count > 0) {
            self->wake_count--;
            wake(first);
        } else {
            self->move_count--;
            first->address = self->to;
            (void)enter(space, first);
        }
        futex = find(space, self->from);
    }
    futex = find(space, self->to);
    self->former[1] = NULL;
    if (futex) {
        self->former[1] =
            set_owner(space, futex, may_own(self->owner, self->to) ? self->owner : NULL);
        pass_on(space, futex->owner);
    }
    return count == WOKEN_MAX;
}

/* None is moved before as many were woken as are to be: of the first WOKEN_MAX nobody can come in between. */
int futex_requeue(const uint32_t __user *word, uint32_t wake_count, uint32_t current,
                  const uint32_t __user *other, uint32_t requeue_count, struct user_thread *owner)
{
    struct requeue self = {
        address_of(word), address_of(other), wake_count, requeue_count, owner, {0}};
    struct futex_space *space = space_here();
    unsigned long irq;
    bool more = false;
    int err = check_and_lock(word, current, owner, self.to, &irq);

    if (err != 0) {
        return err;
    }
    if (may_own(owner, self.from)) {
        more = requeue_some(space, &self);
    } else {
        err = -EINVAL;
    }
    for (;;) {
        spin_unlock(&space->lock, irq);
        put_owner(self.former[0]);
        put_owner(self.former[1]);
        if (!more) {
            wait_resched();
            return err;
        }
        irq = spin_lock(&space->lock);
        more = requeue_some(space, &self);
    }
}

keel_koid_t futex_owner(const uint32_t __user *word)
{
    struct futex_space *space = space_here();
    unsigned long irq = spin_lock(&space->lock);
    const struct futex *futex = find(space, address_of(word));
    keel_koid_t koid = futex && futex->owner ? futex->owner->object.koid : KEEL_KOID_INVALID;

    spin_unlock(&space->lock, irq);
    return koid;
}

/* Takes a futex from an owner that ends; false: it has none. */
static bool disown_one(struct user_thread *user)
{
    struct futex_space *space = &user->process->futexes;
    unsigned long irq = spin_lock(&space->lock);
    struct list_node *node = list_first(&user->futexes);
    struct user_thread *former = NULL;

    user->left = true;
    if (node) {
        former = set_owner(space, list_entry(node, struct futex, owned), NULL);
    }
    spin_unlock(&space->lock, irq);
    put_owner(former);
    return former != NULL;
}

void futex_exit(struct user_thread *user)
{
    while (disown_one(user)) {
    }
}
