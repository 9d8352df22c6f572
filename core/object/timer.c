/* SPDX-License-Identifier: MIT */
/* Timers as objects: a signal that the time sets. */
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/event_object.h>
#include <keel/heap.h>
#include <keel/timer.h>

struct timer_object {
    struct object object;
    uint32_t options;
    bool set;          /* guarded by the object's lock, as is the setting of `timer` */
    uint64_t earliest; /* when it is to fire, once set */
    struct timer timer;
};

static struct timer_object *timer_of(struct object *object)
{
    return container_of(object, struct timer_object, object);
}

/* In the interrupt. It may have been set anew since the timer was due: then this is not for now. */
static void expired(struct timer *timer)
{
    struct timer_object *self = container_of(timer, struct timer_object, timer);
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(self->object.lock);

    if (self->set && !timer_is_set(timer) && clock_ns() >= self->earliest) {
        self->set = false;
        object_signal_locked(&self->object, 0, KEEL_TIMER_SIGNALED, &cleanup);
    }
    spin_unlock(self->object.lock, irq);
    cleanup_run(&cleanup);
}

static void timer_destroy(struct object *object, struct cleanup *cleanup)
{
    (void)cleanup;
    timer_cancel_sync(&timer_of(object)->timer);
    kfree(timer_of(object));
}

static const struct object_ops timer_ops = {
    .type = KEEL_OBJ_TYPE_TIMER,
    .rights = KEEL_DEFAULT_TIMER_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL,
    .name = "timer",
    .destroy = timer_destroy,
};

int timer_object_create(uint32_t options, struct object **out)
{
    struct timer_object *self;

    if (options > KEEL_TIMER_SLACK_LATE) {
        return -EINVAL;
    }
    self = kzalloc(sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    object_init(&self->object, &timer_ops);
    timer_init(&self->timer, expired);
    self->options = options;
    *out = &self->object;
    return 0;
}

/* The time before and after the deadline in which it may fire, as one. */
static uint64_t window(const struct timer_object *self, uint64_t deadline_ns, uint64_t slack_ns,
                       uint64_t *width)
{
    uint64_t before = self->options == KEEL_TIMER_SLACK_LATE ? 0 : MIN(slack_ns, deadline_ns);
    uint64_t after = self->options == KEEL_TIMER_SLACK_EARLY ? 0 : slack_ns;

    *width = after <= UINT64_MAX - before ? before + after : UINT64_MAX;
    return deadline_ns == TIMER_NEVER ? TIMER_NEVER : deadline_ns - before;
}

void timer_object_set(struct object *object, uint64_t deadline_ns, uint64_t slack_ns)
{
    struct timer_object *self = timer_of(object);
    struct cleanup cleanup = {0};
    uint64_t width, earliest = window(self, deadline_ns, slack_ns, &width);
    unsigned long irq = spin_lock(object->lock);
    bool now = earliest <= clock_ns();

    timer_cancel(&self->timer);
    self->set = !now;
    self->earliest = earliest;
    object_signal_locked(object, KEEL_TIMER_SIGNALED, now ? KEEL_TIMER_SIGNALED : 0, &cleanup);
    if (!now) {
        timer_set(&self->timer, earliest, width);
    }
    spin_unlock(object->lock, irq);
    cleanup_run(&cleanup);
}

void timer_object_cancel(struct object *object)
{
    struct timer_object *self = timer_of(object);
    unsigned long irq = spin_lock(object->lock);

    timer_cancel(&self->timer);
    self->set = false;
    spin_unlock(object->lock, irq);
}
