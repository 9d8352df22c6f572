/* SPDX-License-Identifier: MIT */
/*
 * Caches of objects of one size. A slab is a page or a few: its head, then the objects, free ones
 * linked through their first words. Each CPU keeps some free objects of its own, which it takes and
 * gives with interrupts off and no lock; in batches they come from the slabs and go back there.
 *
 * With CONFIG_HEAP_DEBUG a trailer behind every object tells its state and who allocated it.
 */
#include "heap_internal.h"

#include <keel/bits.h>
#include <keel/errno.h>
#include <keel/kasan.h>
#include <keel/numa.h>
#include <keel/string.h>

#define SLAB_PAGES_MAX 8u
#define SLAB_OBJECTS   8u   /* wanted in a slab, if it has not too many pages then */
#define BATCH_BYTES    2048 /* about so much moves at once */
#define BATCH_MAX      16u
#define OBJECT_USED    UINT64_C(0x75736564206f626a)
#define OBJECT_UNUSED  UINT64_C(0x66726565206f626a)
#define CPU_STRIDE     64u /* a cache line for each CPU */
#define OBJECT_MAX     (SLAB_PAGES_MAX * PAGE_SIZE / 2)

struct slab {
    struct list_node node;
    void *free;
    uint64_t used;
};

/* In the last bytes of an object's place; between the object and this, redzone too. */
struct trailer {
    uint64_t redzone;
    uint64_t state;
    virt_addr_t site;
};

#define REDZONE_WORD UINT64_C(0xbbbbbbbbbbbbbbbb)

static struct spinlock caches_lock;
static struct list caches = LIST_INIT(caches);

static struct slab *slab_of(const struct objcache *cache, const void *object)
{
    return (struct slab *)ALIGN_DOWN((virt_addr_t)object, cache->slab_pages * PAGE_SIZE);
}

static bool is_checked(const struct objcache *cache)
{
    return IS_ENABLED(CONFIG_HEAP_DEBUG) && cache->tag == 0;
}

static struct trailer *trailer_of(const struct objcache *cache, void *object)
{
    return (struct trailer *)((char *)object + cache->pitch) - 1;
}

static struct objcache_cpu *cpu_part(const struct objcache *cache, unsigned cpu)
{
    return (struct objcache_cpu *)((char *)cache->cpus + cpu * cache->stride);
}

/* --- Slabs --- */

/* All objects of a fresh slab, in order of address. */
static void fill_slab(const struct objcache *cache, struct slab *slab)
{
    char *object = (char *)slab + cache->first;

    slab->used = 0;
    slab->free = NULL;
    if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        heap_poison(object, cache->slab_pages * PAGE_SIZE - cache->first);
    }
    for (uint32_t i = cache->capacity; i-- > 0;) {
        void **at = (void **)(object + (size_t)i * cache->pitch);

        if (cache->tag != 0) {
            *tag_of(at) = cache->tag;
        }
        if (is_checked(cache)) {
            *trailer_of(cache, at) = (struct trailer){.state = OBJECT_UNUSED};
        }
        *at = slab->free;
        slab->free = at;
    }
}

static struct slab *new_slab(const struct objcache *cache)
{
    struct slab *slab =
        heap_pages_alloc(cache->slab_pages, HEAP_ANY_NODE, PAGE_SHIFT + ilog2(cache->slab_pages));

    if (slab != NULL) {
        fill_slab(cache, slab);
    }
    return slab;
}

/* Moves up to a batch of objects from the listed slabs to the CPU. With the lock held. */
static void take_batch(struct objcache *cache, struct objcache_cpu *mine)
{
    while (objcache_count(mine) < cache->batch) {
        struct list *from = list_is_empty(&cache->partial) ? &cache->empty : &cache->partial;
        struct slab *slab;
        void **object;

        if (list_is_empty(from)) {
            break;
        }
        slab = list_first_entry(from, struct slab, node);
        if (from == &cache->empty) {
            list_remove(&slab->node);
            list_add_head(&cache->partial, &slab->node);
            cache->empty_count--;
        }
        object = slab->free;
        slab->free = *object;
        slab->used++;
        COUNT_ADD(cache->taken, 1);
        if (slab->free == NULL) {
            list_remove(&slab->node);
        }
        objcache_give(mine, object);
    }
}

void *objcache_refill(struct objcache *cache, struct objcache_cpu *mine)
{
    unsigned long irq = spin_lock(&cache->lock);

    take_batch(cache, mine);
    spin_unlock(&cache->lock, irq);
    if (mine->free == NULL) {
        struct slab *slab = new_slab(cache);

        if (slab == NULL) {
            return NULL;
        }
        irq = spin_lock(&cache->lock);
        cache->slabs++;
        cache->empty_count++;
        list_add_head(&cache->empty, &slab->node);
        take_batch(cache, mine);
        spin_unlock(&cache->lock, irq);
    }
    return objcache_take(mine);
}

/* With the lock held. */
static void give_to_slab(struct objcache *cache, void **object)
{
    struct slab *slab = slab_of(cache, object);

    if (slab->free == NULL) {
        list_add_head(&cache->partial, &slab->node);
    }
    *object = slab->free;
    slab->free = object;
    slab->used--;
    COUNT_ADD(cache->taken, -1);
    if (slab->used == 0) {
        list_remove(&slab->node);
        list_add_head(&cache->empty, &slab->node);
        cache->empty_count++;
    }
}

/* Takes the empty slabs beyond `keep` out. With the lock held. */
static void take_empty(struct objcache *cache, uint32_t keep, struct list *out)
{
    list_init(out);
    while (cache->empty_count > keep) {
        list_add_tail(out, list_remove_head(&cache->empty));
        cache->empty_count--;
        cache->slabs--;
    }
}

static size_t free_slabs(const struct objcache *cache, struct list *slabs)
{
    size_t pages = 0;
    struct list_node *node;

    while ((node = list_remove_head(slabs)) != NULL) {
        heap_pages_free(list_entry(node, struct slab, node), cache->slab_pages);
        pages += cache->slab_pages;
    }
    return pages;
}

/* Moves objects of the CPU's to the slabs until `left` are left, and empty slabs beyond `keep` to the
 * page allocator. */
static size_t give_back(struct objcache *cache, struct objcache_cpu *mine, uint32_t left,
                        uint32_t keep)
{
    unsigned long irq = spin_lock(&cache->lock);
    struct list out;

    while (objcache_count(mine) > left) {
        void **object = mine->free;

        mine->free = *object;
        COUNT_ADD(mine->state, STATE_TAKE);
        give_to_slab(cache, object);
    }
    take_empty(cache, keep, &out);
    spin_unlock(&cache->lock, irq);
    return free_slabs(cache, &out);
}

void objcache_flush(struct objcache *cache, struct objcache_cpu *mine)
{
    give_back(cache, mine, cache->batch, 1);
}

/* --- Making them --- */

/* As many pages as `wanted` objects behind the slab's head need, if that are not too many. */
static void settle_slabs(struct objcache *cache, size_t first, size_t wanted)
{
    size_t bytes = PAGE_SIZE;

    while (bytes < SLAB_PAGES_MAX * PAGE_SIZE && bytes < first + cache->pitch * wanted) {
        bytes *= 2;
    }
    cache->first = (uint32_t)first;
    cache->slab_pages = (uint32_t)(bytes / PAGE_SIZE);
    cache->capacity = (uint32_t)((bytes - first) / cache->pitch);
    cache->batch = MAX(MIN(BATCH_BYTES / cache->pitch, BATCH_MAX), 1u);
}

static void publish(struct objcache *cache, struct objcache_cpu *cpus, size_t stride)
{
    uint64_t limit = 2 * (uint64_t)cache->batch;
    unsigned long irq;

    cache->cpus = cpus;
    cache->stride = stride;
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        *cpu_part(cache, cpu) = (struct objcache_cpu){.state = limit, .limit = limit};
    }
    list_init(&cache->partial);
    list_init(&cache->empty);
    irq = spin_lock(&caches_lock);
    list_add_tail(&caches, &cache->node);
    spin_unlock(&caches_lock, irq);
}

void objcache_init_tagged(struct objcache *cache, const char *name, size_t pitch, uint64_t tag,
                          struct objcache_cpu *cpus, size_t stride)
{
    *cache = (struct objcache){.name = name,
                               .size = (uint32_t)(pitch - sizeof(tag)),
                               .pitch = (uint32_t)pitch,
                               .tag = tag};
    settle_slabs(cache, ALIGN_UP(sizeof(struct slab) + sizeof(tag), HEAP_ALIGN), 1);
    publish(cache, cpus, stride);
}

/* From an object to the next: with CONFIG_HEAP_DEBUG a trailer lies between them. */
static size_t pitch_for(size_t size, size_t align)
{
    size_t extra = IS_ENABLED(CONFIG_HEAP_DEBUG) ? sizeof(struct trailer) : 0;

    return ALIGN_UP(ALIGN_UP(size, sizeof(void *)) + extra, align);
}

struct objcache *objcache_create(const char *name, size_t size, size_t align)
{
    size_t head = ALIGN_UP(sizeof(struct objcache), CPU_STRIDE);
    struct objcache *cache;

    align = MAX(align, sizeof(void *));
    if (size == 0 || size > OBJECT_MAX || !is_power_of_2(align) || align > PAGE_SIZE ||
        alloc_should_fail()) {
        return NULL;
    }
    cache = heap_list_alloc(head + (size_t)CPUS_MAX * CPU_STRIDE, CPU_STRIDE, numa_node_here());
    if (cache == NULL) {
        return NULL;
    }
    kasan_unpoison(cache, head + (size_t)CPUS_MAX * CPU_STRIDE);
    *cache = (struct objcache){
        .name = name, .size = (uint32_t)size, .pitch = (uint32_t)pitch_for(size, align)};
    settle_slabs(cache, ALIGN_UP(sizeof(struct slab), align), SLAB_OBJECTS);
    publish(cache, (struct objcache_cpu *)((char *)cache + head), CPU_STRIDE);
    return cache;
}

/* The free objects of every CPU go back: nobody else uses the cache any more. */
static void drain(struct objcache *cache)
{
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        give_back(cache, cpu_part(cache, cpu), 0, 0);
    }
}

int objcache_destroy(struct objcache *cache)
{
    unsigned long irq;

    if (objcache_used(cache) != 0) {
        return -EBUSY;
    }
    drain(cache);
    irq = spin_lock(&caches_lock);
    list_remove(&cache->node);
    spin_unlock(&caches_lock, irq);
    kasan_poison(cache, heap_list_usable(cache), KASAN_UNUSED);
    heap_list_free(cache);
    return 0;
}

/* --- Objects --- */

/* Checks that a free object is as it was left, and marks it as in use. */
static void check_out(const struct objcache *cache, void *object, virt_addr_t now)
{
    struct trailer *trailer = trailer_of(cache, object);
    uint8_t *bytes = object;

    if (trailer->state != OBJECT_UNUSED) {
        heap_panic("free list damaged", object, cache->size, trailer->site, now);
    }
    if (cache->size > sizeof(void *)) {
        heap_check_poison(bytes + sizeof(void *), cache->size - sizeof(void *), now);
    }
    memset(bytes, POISON_NEW, cache->size);
    memset(bytes + cache->size, REDZONE, (uint8_t *)trailer - bytes - cache->size);
    *trailer = (struct trailer){.redzone = REDZONE_WORD, .state = OBJECT_USED, .site = now};
    heap_trace_alloc(now, cache->size);
    kasan_unpoison(object, cache->size);
}

/* Checks an object that comes back, and poisons it. */
static void check_in(const struct objcache *cache, void *object, virt_addr_t now)
{
    struct trailer *trailer = trailer_of(cache, object);
    uint8_t *bytes = object;
    size_t slack = (size_t)((uint8_t *)trailer - bytes) - cache->size;

    if (trailer->state == OBJECT_UNUSED) {
        heap_panic("object freed twice", object, cache->size, trailer->site, now);
    }
    if (trailer->state != OBJECT_USED || trailer->redzone != REDZONE_WORD ||
        heap_find_other(bytes + cache->size, slack, REDZONE) != NULL) {
        heap_panic("written behind its end", object, cache->size,
                   trailer->state == OBJECT_USED ? trailer->site : 0, now);
    }
    heap_trace_free(object, cache->size, trailer->site, now);
    heap_poison(object, cache->size);
    trailer->state = OBJECT_UNUSED;
    kasan_poison(object, cache->pitch, KASAN_FREE);
}

void *objcache_alloc(struct objcache *cache)
{
    unsigned long irq;
    struct objcache_cpu *mine;
    void *object;

    if (alloc_should_fail()) {
        return NULL;
    }
    irq = arch_irq_save();
    mine = cpu_part(cache, cpu_index());
    object = objcache_take(mine);
    if (unlikely(object == NULL)) {
        object = objcache_refill(cache, mine);
    }
    arch_irq_restore(irq);
    if (IS_ENABLED(CONFIG_HEAP_DEBUG) && object != NULL) {
        check_out(cache, object, (virt_addr_t)__builtin_return_address(0));
    }
    return object;
}

void objcache_free(struct objcache *cache, void *object)
{
    unsigned long irq;
    struct objcache_cpu *mine;

    if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        check_in(cache, object, (virt_addr_t)__builtin_return_address(0));
    }
    irq = arch_irq_save();
    mine = cpu_part(cache, cpu_index());
    if (unlikely(objcache_give(mine, object))) {
        objcache_flush(cache, mine);
    }
    arch_irq_restore(irq);
}

/* --- What there is --- */

uint64_t objcache_used(const struct objcache *cache)
{
    uint64_t used = __atomic_load_n(&cache->taken, __ATOMIC_RELAXED);

    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        used -= objcache_count(cpu_part(cache, cpu));
    }
    return used;
}

uint64_t objcache_allocations(const struct objcache *cache)
{
    uint64_t sum = 0;

    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        sum += __atomic_load_n(&cpu_part(cache, cpu)->state, __ATOMIC_RELAXED) / STATE_ALLOC;
    }
    return sum;
}

void objcache_for_each(void (*visit)(const struct objcache *cache, void *arg), void *arg)
{
    unsigned long irq = spin_lock(&caches_lock);
    const struct objcache *cache;

    list_for_each_entry (cache, &caches, node) {
        visit(cache, arg);
    }
    spin_unlock(&caches_lock, irq);
}

size_t objcache_trim_all(unsigned cpu)
{
    unsigned long irq = spin_lock(&caches_lock);
    struct objcache *cache;
    size_t pages = 0;

    cpu = cpu == OBJCACHE_HERE ? cpu_index() : cpu;
    list_for_each_entry (cache, &caches, node) {
        pages += give_back(cache, cpu_part(cache, cpu), 0, 0);
    }
    spin_unlock(&caches_lock, irq);
    return pages;
}
