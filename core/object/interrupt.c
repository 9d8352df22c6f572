/* SPDX-License-Identifier: MIT */
/* Interrupts as objects. Lines call in with interrupts off; the object's lock comes before those of ports
 * and lines. */
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/interrupt_object.h>
#include <keel/irq.h>
#include <keel/object_wait.h>
#include <keel/timer.h>

/* The thread that waits. */
struct interrupt_waiter {
    struct object_wait wait;
    keel_time_t when;
    bool given;
};

struct interrupt {
    struct object object; /* its lock guards what follows */
    struct irq *irq;      /* NULL: it is virtual, or destroyed */
    struct port *port;    /* with a reference; NULL: it is not bound */
    struct port_packet packet;
    struct interrupt_waiter *waiter;
    keel_time_t when; /* the first came that was not told yet */
    bool is_virtual;
    bool masks;   /* the line is masked until it is acknowledged */
    bool masked;  /* and is so now */
    bool pending; /* one came that was not told yet */
    bool told;    /* one was told that was not acknowledged yet */
    bool destroyed;
};

static struct interrupt *interrupt_of(struct object *object)
{
    return container_of(object, struct interrupt, object);
}

/* --- From the line to who is told. All expect the lock. --- */

static void tell(struct interrupt *self, struct cleanup *cleanup)
{
    if (!self->pending || self->told) {
        return;
    }
    if (self->port) {
        self->packet.data.interrupt.timestamp = self->when;
        port_queue_own(self->port, &self->packet, cleanup);
    } else if (self->waiter) {
        self->waiter->when = self->when;
        self->waiter->given = true;
        object_wait_end(&self->waiter->wait, 0, cleanup);
        self->waiter = NULL;
    } else {
        return;
    }
    self->pending = false;
    self->told = true;
}

static void set_pending(struct interrupt *self, keel_time_t when)
{
    if (!self->pending) {
        self->pending = true;
        self->when = when;
    }
}

static void come(struct interrupt *self, keel_time_t when, struct cleanup *cleanup)
{
    set_pending(self, when);
    if (self->is_virtual) {
        object_signal_locked(&self->object, KEEL_VIRTUAL_INTERRUPT_UNTRIGGERED, 0, cleanup);
    }
    tell(self, cleanup);
}

/* Lets the next one come, or tells the one that has come meanwhile. */
static void acknowledge(struct interrupt *self, struct cleanup *cleanup)
{
    if (self->port) {
        (void)port_take_back(self->port, &self->packet);
    }
    self->told = false;
    if (self->masked) {
        self->masked = false;
        irq_unmask(self->irq);
    }
    if (self->is_virtual && !self->pending) {
        object_signal_locked(&self->object, 0, KEEL_VIRTUAL_INTERRUPT_UNTRIGGERED, cleanup);
    }
    tell(self, cleanup);
}

static enum irq_result on_irq(void *arg)
{
    struct interrupt *self = arg;
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(self->object.lock);

    if (!self->destroyed) {
        if (self->masks && !self->masked) {
            self->masked = true;
            irq_mask(self->irq);
        }
        come(self, (keel_time_t)clock_ns(), &cleanup);
    }
    spin_unlock(self->object.lock, irq);
    cleanup_run(&cleanup);
    return IRQ_HANDLED;
}

/* --- Life --- */

/* Takes all away that tells it, but for the line, which is returned. Expects the lock. */
static struct irq *cut_off(struct interrupt *self, struct cleanup *cleanup)
{
    struct irq *line = self->irq;

    self->destroyed = true;
    self->irq = NULL;
    if (self->waiter) {
        object_wait_end(&self->waiter->wait, -ECANCELED, cleanup);
        self->waiter = NULL;
    }
    if (self->port) {
        (void)port_take_back(self->port, &self->packet);
        object_put_later(&self->port->object, cleanup);
        self->port = NULL;
    }
    return line;
}

static void destroy_into(struct object *object, struct cleanup *cleanup)
{
    unsigned long irq = spin_lock(object->lock);
    struct irq *line = cut_off(interrupt_of(object), cleanup);

    spin_unlock(object->lock, irq);
    if (line) {
        irq_release(line);
    }
}

void interrupt_destroy(struct object *object)
{
    struct cleanup cleanup = {0};

    destroy_into(object, &cleanup);
    cleanup_run(&cleanup);
}

static void interrupt_free(struct object *object, struct cleanup *cleanup)
{
    (void)cleanup;
    kfree(interrupt_of(object));
}

static const struct object_ops interrupt_ops = {
    .type = KEEL_OBJ_TYPE_INTERRUPT,
    .rights = KEEL_DEFAULT_INTERRUPT_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL,
    .name = "interrupt",
    .closed = destroy_into,
    .destroy = interrupt_free,
};

static struct interrupt *new_interrupt(void)
{
    struct interrupt *self = kzalloc(sizeof(*self));

    if (self) {
        object_init(&self->object, &interrupt_ops);
    }
    return self;
}

int interrupt_create_virtual(struct object **out)
{
    struct interrupt *self = new_interrupt();

    if (!self) {
        return -ENOMEM;
    }
    self->is_virtual = true;
    self->object.signals = KEEL_VIRTUAL_INTERRUPT_UNTRIGGERED;
    *out = &self->object;
    return 0;
}

/* The trigger of a mode, and whether lines are masked so; false: there is no such mode. */
static bool find_mode(uint32_t mode, enum irq_trigger *trigger, bool *masks)
{
    static const uint8_t triggers[] = {IRQ_TRIGGER_DEFAULT, IRQ_EDGE_FALLING, IRQ_EDGE_RISING,
                                       IRQ_LEVEL_LOW,       IRQ_LEVEL_HIGH,   IRQ_EDGE_BOTH};
    uint32_t index = mode / KEEL_INTERRUPT_MODE_EDGE_LOW;

    if (mode % KEEL_INTERRUPT_MODE_EDGE_LOW != 0 || index >= ARRAY_SIZE(triggers)) {
        return false;
    }
    *trigger = (enum irq_trigger)triggers[index];
    *masks =
        *trigger == IRQ_TRIGGER_DEFAULT || *trigger == IRQ_LEVEL_LOW || *trigger == IRQ_LEVEL_HIGH;
    return true;
}

/* A line that each CPU has is the kernel's own. */
static int request_line(struct interrupt *self, uint32_t number, uint32_t mode)
{
    struct irq_request request = {
        .name = "user", .handler = on_irq, .arg = self, .flags = IRQ_MASKED};
    struct irq_chip *chip;
    unsigned hw;

    if (!find_mode(mode, &request.trigger, &self->masks) ||
        irq_find_line(number, &chip, &hw) != 0 || hw < chip->percpu_lines) {
        return -EINVAL;
    }
    return irq_request_line(chip, hw, &request, &self->irq);
}

int interrupt_create(uint32_t number, uint32_t mode, struct object **out)
{
    struct interrupt *self = new_interrupt();
    int err = self ? request_line(self, number, mode) : -ENOMEM;

    if (err == 0) {
        irq_unmask(self->irq);
        *out = &self->object;
    } else if (self) {
        self->irq = NULL;
        object_close(&self->object);
    }
    return err;
}

/* --- What is asked of it --- */

int interrupt_bind(struct object *object, struct port *port, uint64_t key)
{
    struct interrupt *self = interrupt_of(object);
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(object->lock);
    int err = self->destroyed ? -ECANCELED : self->port || self->waiter ? -EBUSY : 0;

    if (err == 0) {
        object_get(&port->object);
        self->port = port;
        self->packet.data = (keel_port_packet_t){.key = key, .type = KEEL_PKT_TYPE_INTERRUPT};
        tell(self, &cleanup);
    }
    spin_unlock(object->lock, irq);
    cleanup_run(&cleanup);
    return err;
}

int interrupt_unbind(struct object *object, struct port *port)
{
    struct interrupt *self = interrupt_of(object);
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(object->lock);
    int err = self->destroyed ? -ECANCELED : self->port != port ? -ENOENT : 0;

    if (err == 0) {
        if (port_take_back(port, &self->packet)) {
            self->told = false;
            self->pending = true;
            self->when = self->packet.data.interrupt.timestamp;
        }
        object_put_later(&port->object, &cleanup);
        self->port = NULL;
    }
    spin_unlock(object->lock, irq);
    cleanup_run(&cleanup);
    return err;
}

/* Tells what has come, or enters the thread (-EAGAIN). Expects the lock. */
static int take_or_enter(struct interrupt *self, struct interrupt_waiter *waiter,
                         struct cleanup *cleanup)
{
    if (self->destroyed) {
        return -ECANCELED;
    }
    if (self->port || self->waiter) {
        return -EBUSY;
    }
    self->waiter = waiter;
    if (self->told) {
        acknowledge(self, cleanup);
    } else {
        tell(self, cleanup);
    }
    return waiter->given ? 0 : -EAGAIN;
}

int interrupt_wait(struct object *object, keel_time_t *out)
{
    struct interrupt *self = interrupt_of(object);
    struct interrupt_waiter waiter = {0};
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(object->lock);
    int status = take_or_enter(self, &waiter, &cleanup);

    spin_unlock(object->lock, irq);
    cleanup_run(&cleanup);
    if (status == -EAGAIN) {
        status = object_wait_block(&waiter.wait, TIMER_NEVER, 0);
        irq = spin_lock(object->lock);
        if (self->waiter == &waiter) {
            self->waiter = NULL;
        }
        spin_unlock(object->lock, irq);
    }
    *out = waiter.when;
    return waiter.given ? 0 : status;
}

void interrupt_put_back(struct object *object, keel_time_t when)
{
    struct interrupt *self = interrupt_of(object);
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(object->lock);

    if (self->told && !self->destroyed) {
        self->told = false;
        self->pending = true;
        self->when = when;
        tell(self, &cleanup);
    }
    spin_unlock(object->lock, irq);
    cleanup_run(&cleanup);
}

int interrupt_ack(struct object *object)
{
    struct interrupt *self = interrupt_of(object);
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(object->lock);
    int err = self->destroyed ? -ECANCELED : !self->told ? -EAGAIN : 0;

    if (err == 0) {
        acknowledge(self, &cleanup);
    }
    spin_unlock(object->lock, irq);
    cleanup_run(&cleanup);
    return err;
}

int interrupt_trigger(struct object *object, keel_time_t when)
{
    struct interrupt *self = interrupt_of(object);
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(object->lock);
    int err = !self->is_virtual ? -ENOTSUP : self->destroyed ? -ECANCELED : 0;

    if (err == 0) {
        come(self, when, &cleanup);
    }
    spin_unlock(object->lock, irq);
    cleanup_run(&cleanup);
    return err;
}
