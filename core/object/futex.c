/* SPDX-License-Identifier: MIT */
/* Futexes. The first who waits at a word stands in a table by process and address and leads the others, in order
 * of arrival; what the futex has is his, and goes on to the next. futex_lock guards all of it, and is outside
 * the locks of mutexes and of the scheduler. */
#include <keel/call_wait.h>
#include <keel/errno.h>
#include <keel/futex_object.h>
#include <keel/mutex.h>
#include <keel/wait.h>

#define BUCKETS   256u
#define WOKEN_MAX 64u /* in one go, interrupts off */
#define CHAIN_MAX 32u /* owners who wait for owners */
#define GOLDEN    UINT64_C(0x9e3779b97f4a7c15)

struct futex_waiter {
    struct list_node node; /* in the table, or in the leader's `others` */
    struct process *process;
    uint64_t address;
    struct user_thread *user;
    struct thread *thread;
    unsigned key; /* its urgency, as the futex counts it */
    bool leads, woken;
    /* The leader's. */
    struct list others;
    struct user_thread *owner; /* a reference; NULL: none */
    struct list_node owned;    /* in the owner's `futexes` */
    unsigned most, most_count; /* the highest key, and how many have it */
};

static struct spinlock futex_lock;
static struct list buckets[BUCKETS];

static struct list *bucket_of(const struct process *process, uint64_t address)
{
    uint64_t hash = ((uintptr_t)process / 64 + address / 4) * GOLDEN;
    struct list *bucket = &buckets[hash >> 56];

    if (!bucket->head.next) {
        list_init(bucket);
    }
    return bucket;
}

static struct futex_waiter *find(const struct process *process, uint64_t address)
{
    struct futex_waiter *waiter;

    list_for_each_entry (waiter, bucket_of(process, address), node) {
        if (waiter->address == address && waiter->process == process) {
            return waiter;
        }
    }
    return NULL;
}

static uint64_t address_of(const uint32_t __user *word)
{
    return (uint64_t)(__force uintptr_t)word;
}

static struct futex_waiter *find_here(const uint32_t __user *word)
{
    return find(process_current(), address_of(word));
}

/* --- Owners inherit --- */

/* Has an owner run as urgently as all that wait for it. */
static void lend(struct user_thread *owner)
{
    struct futex_waiter *leader;
    unsigned most = 0;

    list_for_each_entry (leader, &owner->futexes, owned) {
        most = MAX(most, leader->most);
    }
    if (owner->head) {
        mutex_lend((struct thread *)owner->head, most);
    }
}

/* Looks at the keys of all anew. */
static void count_keys(struct futex_waiter *leader)
{
    const struct futex_waiter *waiter;

    leader->most = leader->key;
    leader->most_count = 1;
    list_for_each_entry (waiter, &leader->others, node) {
        if (waiter->key > leader->most) {
            leader->most = waiter->key;
            leader->most_count = 0;
        }
        leader->most_count += waiter->key == leader->most;
    }
}

/* The owner's urgency may have changed: where it waits itself, its own owner inherits that, and so on. */
static void pass_on(struct user_thread *owner)
{
    for (unsigned i = 0; owner && i < CHAIN_MAX; i++) {
        struct futex_waiter *waiter, *leader;
        unsigned before;

        lend(owner);
        waiter = owner->futex;
        if (!waiter || waiter->key == wait_ops->urgency(waiter->thread)) {
            return;
        }
        waiter->key = wait_ops->urgency(waiter->thread);
        leader = find(waiter->process, waiter->address);
        before = leader->most;
        count_keys(leader);
        owner = leader->most != before ? leader->owner : NULL;
    }
}

/* The former owner, whose reference is the caller's to give up. */
static struct user_thread *set_owner(struct futex_waiter *leader, struct user_thread *owner)
{
    struct user_thread *former = leader->owner;

    if (former == owner) {
        return NULL;
    }
    if (former) {
        list_remove(&leader->owned);
        leader->owner = NULL;
        pass_on(former);
    }
    if (owner && !owner->left) {
        object_get(&owner->object);
        leader->owner = owner;
        list_add_tail(&owner->futexes, &leader->owned);
        pass_on(owner);
    }
    return former;
}

/* --- Coming and going --- */

static void enter(struct futex_waiter *waiter)
{
    struct futex_waiter *leader = find(waiter->process, waiter->address);

    waiter->leads = !leader;
    if (!leader) {
        list_init(&waiter->others);
        waiter->owner = NULL;
        waiter->most = waiter->key;
        waiter->most_count = 1;
        list_add_tail(bucket_of(waiter->process, waiter->address), &waiter->node);
        return;
    }
    list_add_tail(&leader->others, &waiter->node);
    if (waiter->key >= leader->most) {
        leader->most_count = waiter->key == leader->most ? leader->most_count + 1 : 1;
        leader->most = waiter->key;
    }
}

/* Makes the next who waits the leader; false: there is none. */
static bool hand_on(struct futex_waiter *leader)
{
    struct list_node *node = list_remove_head(&leader->others);
    struct futex_waiter *next;

    if (!node) {
        return false;
    }
    next = list_entry(node, struct futex_waiter, node);
    next->leads = true;
    list_init(&next->others);
    list_splice_tail(&next->others, &leader->others);
    next->owner = leader->owner;
    if (next->owner) {
        list_remove(&leader->owned);
        list_add_tail(&next->owner->futexes, &next->owned);
    }
    next->most = leader->most;
    next->most_count = leader->most_count;
    list_add_tail(bucket_of(next->process, next->address), &next->node);
    return true;
}

/* Takes one out. The former owner, if it was the last one. */
static struct user_thread *leave(struct futex_waiter *waiter)
{
    struct futex_waiter *leader = find(waiter->process, waiter->address);
    struct user_thread *former = NULL;

    list_remove(&waiter->node);
    if (waiter->leads) {
        if (!hand_on(waiter)) {
            former = waiter->owner;
            if (former) {
                list_remove(&waiter->owned);
                pass_on(former);
            }
            return former;
        }
        leader = find(waiter->process, waiter->address);
    }
    if (waiter->key == leader->most && --leader->most_count == 0) {
        count_keys(leader);
        pass_on(leader->owner);
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

/* The same, with futex_lock taken when it is 0. The page is brought in before. */
static int check_and_lock(const uint32_t __user *word, uint32_t current,
                          const struct user_thread *owner, uint64_t address, unsigned long *irq)
{
    uint32_t value;
    int err;

    if (user_copy_in(&value, word, sizeof(value)) != 0) {
        return -EFAULT;
    }
    *irq = spin_lock(&futex_lock);
    err = check(word, current, owner, address);
    if (err != 0) {
        spin_unlock(&futex_lock, *irq);
    }
    return err;
}

/* Nobody has woken it: it goes by itself. */
static int give_up(struct futex_waiter *waiter)
{
    int status = thread_is_cancelled() ? -ECANCELED : -ETIMEDOUT;
    unsigned long irq = spin_lock(&futex_lock);
    struct user_thread *former = NULL;

    if (waiter->woken) {
        status = 0;
    } else {
        waiter->user->futex = NULL;
        former = leave(waiter);
    }
    spin_unlock(&futex_lock, irq);
    put_owner(former);
    return status;
}

int futex_wait(const uint32_t __user *word, uint32_t current, struct user_thread *owner,
               uint64_t deadline_ns)
{
    struct futex_waiter waiter = {.process = process_current(),
                                  .address = address_of(word),
                                  .user = current_head()->user,
                                  .thread = wait_ops->current()};
    struct user_thread *former;
    unsigned long irq;
    int err = owner == waiter.user && owner
                  ? -EINVAL
                  : check_and_lock(word, current, owner, waiter.address, &irq);

    if (err != 0) {
        return err;
    }
    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        lock_check_block();
    }
    waiter.key = wait_ops->urgency(waiter.thread);
    enter(&waiter);
    waiter.user->futex = &waiter;
    former = set_owner(find(waiter.process, waiter.address), owner);
    pass_on(owner);
    if (!call_wait(&futex_lock, irq, deadline_ns, 0)) {
        err = give_up(&waiter);
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
    unsigned long irq = spin_lock(&futex_lock);
    struct futex_waiter *leader = find_here(word);
    struct user_thread *former = leader ? set_owner(leader, NULL) : NULL;
    uint32_t woken = 0;

    while (leader && woken < MIN(count, WOKEN_MAX)) {
        struct user_thread *user = leader->user;

        (void)leave(leader); /* nobody owns it */
        wake(leader);
        woken++;
        leader = find_here(word);
        if (single_owner && leader) {
            (void)set_owner(leader, user);
        }
    }
    spin_unlock(&futex_lock, irq);
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

/* Has some, at most WOKEN_MAX, wait at another word; how many. */
static uint32_t move_some(const uint32_t __user *word, const uint32_t __user *other, uint32_t count,
                          struct user_thread *owner)
{
    unsigned long irq = spin_lock(&futex_lock);
    struct futex_waiter *leader = find_here(word);
    struct user_thread *former[2] = {leader ? set_owner(leader, NULL) : NULL, NULL};
    uint32_t moved = 0;

    while (leader && moved < MIN(count, WOKEN_MAX)) {
        (void)leave(leader);
        leader->address = address_of(other);
        enter(leader);
        moved++;
        leader = find_here(word);
    }
    leader = find_here(other);
    if (leader) {
        former[1] = set_owner(leader, may_own(owner, address_of(other)) ? owner : NULL);
        pass_on(leader->owner);
    }
    spin_unlock(&futex_lock, irq);
    put_owner(former[0]);
    put_owner(former[1]);
    return moved;
}

int futex_requeue(const uint32_t __user *word, uint32_t wake_count, uint32_t current,
                  const uint32_t __user *other, uint32_t requeue_count, struct user_thread *owner)
{
    uint32_t moved;
    unsigned long irq;
    int err = check_and_lock(word, current, owner, address_of(other), &irq);

    if (err != 0) {
        return err;
    }
    if (!may_own(owner, address_of(word))) {
        err = -EINVAL;
    }
    spin_unlock(&futex_lock, irq);
    if (err != 0) {
        return err;
    }
    if (wake_count > 0) {
        futex_wake(word, wake_count);
    }
    do {
        moved = move_some(word, other, requeue_count, owner);
        requeue_count -= moved;
    } while (moved == WOKEN_MAX && requeue_count > 0);
    return 0;
}

keel_koid_t futex_owner(const uint32_t __user *word)
{
    unsigned long irq = spin_lock(&futex_lock);
    const struct futex_waiter *leader = find_here(word);
    keel_koid_t koid = leader && leader->owner ? leader->owner->object.koid : KEEL_KOID_INVALID;

    spin_unlock(&futex_lock, irq);
    return koid;
}

/* Takes a futex from an owner that ends; false: it has none. */
static bool disown_one(struct user_thread *user)
{
    unsigned long irq = spin_lock(&futex_lock);
    struct list_node *node = list_first(&user->futexes);
    struct user_thread *former = NULL;

    user->left = true;
    if (node) {
        former = set_owner(list_entry(node, struct futex_waiter, owned), NULL);
    }
    spin_unlock(&futex_lock, irq);
    put_owner(former);
    return former != NULL;
}

void futex_exit(struct user_thread *user)
{
    while (disown_one(user)) {
    }
}
