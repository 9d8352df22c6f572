/* SPDX-License-Identifier: MIT */
/* Interrupts that are triggered by hand, as drivers and their tests see them. */
#include "../objects.h"
#include "workers.h"

#include <keel/interrupt.h>

static keel_handle_t new_virtual(void)
{
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_interrupt_create(KEEL_HANDLE_INVALID, 0, KEEL_INTERRUPT_VIRTUAL, &handle), 0);
    return handle;
}

UTEST(interrupt_virtual_begins_untriggered)
{
    keel_handle_t interrupt = new_virtual();

    EXPECT_EQ(signals_of(interrupt), KEEL_VIRTUAL_INTERRUPT_UNTRIGGERED);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
}

UTEST(interrupt_wait_gives_the_time)
{
    keel_handle_t interrupt = new_virtual();
    keel_time_t when = 0;

    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 12345), 0);
    EXPECT_EQ(signals_of(interrupt), 0);
    EXPECT_EQ(keel_interrupt_wait(interrupt, &when), 0);
    EXPECT_EQ(when, 12345);
    EXPECT_EQ(keel_interrupt_ack(interrupt), 0);
    EXPECT_EQ(signals_of(interrupt), KEEL_VIRTUAL_INTERRUPT_UNTRIGGERED);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
}

UTEST(interrupt_first_time_counts)
{
    keel_handle_t interrupt = new_virtual();
    keel_time_t when = 0;

    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 1), 0);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 2), 0);
    EXPECT_EQ(keel_interrupt_wait(interrupt, &when), 0);
    EXPECT_EQ(when, 1);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
}

UTEST(interrupt_goes_to_a_port)
{
    keel_handle_t interrupt = new_virtual(), port = new_port();
    keel_port_packet_t packet;

    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 99, KEEL_INTERRUPT_BIND), 0);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 777), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT(packet.key == 99 && packet.type == KEEL_PKT_TYPE_INTERRUPT &&
           packet.interrupt.timestamp == 777);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 778), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), -ETIMEDOUT);
    EXPECT_EQ(keel_interrupt_ack(interrupt), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT_EQ(packet.interrupt.timestamp, 778);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(interrupt_is_bound_once)
{
    keel_handle_t interrupt = new_virtual(), port = new_port();
    keel_time_t when;

    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 1, KEEL_INTERRUPT_UNBIND), -ENOENT);
    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 1, KEEL_INTERRUPT_BIND), 0);
    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 2, KEEL_INTERRUPT_BIND), -EBUSY);
    EXPECT_EQ(keel_interrupt_wait(interrupt, &when), -EBUSY);
    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 1, KEEL_INTERRUPT_UNBIND), 0);
    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 2, 2), -EINVAL);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(interrupt_closed_takes_its_packet_back)
{
    keel_handle_t interrupt = new_virtual(), port = new_port();
    keel_port_packet_t packet;

    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 1, KEEL_INTERRUPT_BIND), 0);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 1), 0);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), -ETIMEDOUT);
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(interrupt_port_may_go_first)
{
    keel_handle_t interrupt = new_virtual(), port = new_port();

    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 1, KEEL_INTERRUPT_BIND), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 1), 0);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
}

UTEST(interrupt_destroyed_is_over)
{
    keel_handle_t interrupt = new_virtual(), port = new_port();
    keel_time_t when;

    EXPECT_EQ(keel_interrupt_destroy(interrupt), 0);
    EXPECT_EQ(keel_interrupt_wait(interrupt, &when), -ECANCELED);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 1), -ECANCELED);
    EXPECT_EQ(keel_interrupt_ack(interrupt), -ECANCELED);
    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 1, KEEL_INTERRUPT_BIND), -ECANCELED);
    EXPECT_EQ(keel_handle_close(port), 0);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
}

UTEST(interrupt_ack_needs_one)
{
    keel_handle_t interrupt = new_virtual();

    EXPECT_EQ(keel_interrupt_ack(interrupt), -EAGAIN);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
}

UTEST(interrupt_lines_need_their_resource)
{
    struct keel_rsrc_name name = {"test"};
    keel_handle_t one, interrupt;

    EXPECT_EQ(keel_interrupt_create(KEEL_HANDLE_INVALID, 40, 0, &interrupt), -EBADF);
    REQUIRE(keel_resource_create(root_resource(), KEEL_RSRC_KIND_IRQ, 41, 1, &name, &one) == 0);
    EXPECT_EQ(keel_interrupt_create(one, 40, 0, &interrupt), -ERANGE);
    EXPECT_EQ(keel_handle_close(one), 0);
    EXPECT_EQ(keel_interrupt_create(root_resource(), UINT32_MAX, 0, &interrupt), -EINVAL);
    EXPECT_EQ(keel_interrupt_create(root_resource(), 40, 1, &interrupt), -EINVAL);
}

UTEST(interrupt_options_are_known)
{
    keel_handle_t interrupt;

    EXPECT_EQ(keel_interrupt_create(KEEL_HANDLE_INVALID, 0, 17, &interrupt), -EINVAL);
    EXPECT_EQ(keel_interrupt_create(KEEL_HANDLE_INVALID, 0, KEEL_INTERRUPT_VIRTUAL, NO_POINTER),
              -EFAULT);
    EXPECT_EQ(keel_interrupt_create(KEEL_HANDLE_INVALID, 0, 0, &interrupt), -EBADF);
}

UTEST(interrupt_needs_rights)
{
    keel_handle_t interrupt = new_virtual(), port = new_port();
    keel_handle_t bare = with_rights(interrupt, KEEL_RIGHT_DUPLICATE);
    keel_handle_t reader = with_rights(port, KEEL_RIGHT_READ);
    keel_time_t when;

    EXPECT_EQ(keel_interrupt_bind(bare, port, 1, KEEL_INTERRUPT_BIND), -EACCES);
    EXPECT_EQ(keel_interrupt_bind(interrupt, reader, 1, KEEL_INTERRUPT_BIND), -EACCES);
    EXPECT_EQ(keel_interrupt_trigger(bare, 0, 1), -EACCES);
    EXPECT_EQ(keel_interrupt_wait(bare, &when), -EACCES);
    EXPECT_EQ(keel_interrupt_ack(bare), -EACCES);
    EXPECT_EQ(keel_interrupt_destroy(bare), -EACCES);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 1, 1), -EINVAL);
    EXPECT_EQ(keel_interrupt_wait(interrupt, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_handle_close(reader), 0);
    EXPECT_EQ(keel_handle_close(bare), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
}

UTEST(interrupt_ack_takes_the_packet_back)
{
    keel_handle_t interrupt = new_virtual(), port = new_port();
    keel_port_packet_t packet;

    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 1, KEEL_INTERRUPT_BIND), 0);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 1), 0);
    EXPECT_EQ(keel_interrupt_ack(interrupt), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), -ETIMEDOUT);
    EXPECT_EQ(keel_interrupt_ack(interrupt), -EAGAIN);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 2), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT_EQ(packet.interrupt.timestamp, 2);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
}

/* One that came before is told as soon as there is a port. */
UTEST(interrupt_bound_late_tells_what_came)
{
    keel_handle_t interrupt = new_virtual(), port = new_port(), other = new_port();
    keel_port_packet_t packet = {0};

    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 31), 0);
    EXPECT_EQ(keel_interrupt_bind(interrupt, port, 8, KEEL_INTERRUPT_BIND), 0);
    EXPECT_EQ(keel_interrupt_bind(interrupt, other, 8, KEEL_INTERRUPT_UNBIND), -ENOENT);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT(packet.key == 8 && packet.interrupt.timestamp == 31);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
    EXPECT_EQ(keel_handle_close(other), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
}

struct waiting {
    keel_handle_t interrupt;
    keel_time_t when;
    int result;
};

static void wait_for_it(uint64_t waiting, uint64_t unused)
{
    struct waiting *self = (struct waiting *)waiting;

    (void)unused;
    self->result = keel_interrupt_wait(self->interrupt, &self->when);
    keel_thread_exit();
}

UTEST(interrupt_wakes_who_waits)
{
    struct waiting waiting = {.interrupt = new_virtual(), .result = 1};
    keel_handle_t port = new_port();
    struct worker worker;
    keel_time_t when;

    REQUIRE(start_worker(&worker, wait_for_it, (uint64_t)&waiting, 0));
    EXPECT(await_blocked(worker.thread));
    EXPECT_EQ(keel_interrupt_wait(waiting.interrupt, &when), -EBUSY);
    EXPECT_EQ(keel_interrupt_bind(waiting.interrupt, port, 1, KEEL_INTERRUPT_BIND), -EBUSY);
    EXPECT_EQ(keel_interrupt_trigger(waiting.interrupt, 0, 99), 0);
    join_worker(&worker);
    EXPECT(waiting.result == 0 && waiting.when == 99);
    EXPECT_EQ(keel_handle_close(port), 0);
    EXPECT_EQ(keel_handle_close(waiting.interrupt), 0);
}

/* The line with the highest number that can be had; 0: none. */
static uint32_t free_line(keel_handle_t *out)
{
    for (uint32_t line = 300; line > 0; line--) {
        if (keel_interrupt_create(root_resource(), line, KEEL_INTERRUPT_MODE_DEFAULT, out) == 0) {
            return line;
        }
    }
    return 0;
}

UTEST(interrupt_line_is_one_persons)
{
    keel_handle_t interrupt, second;
    uint32_t line = free_line(&interrupt);

    REQUIRE(line != 0);
    EXPECT_EQ(keel_interrupt_create(root_resource(), line, 0, &second), -EBUSY);
    EXPECT_EQ(keel_interrupt_trigger(interrupt, 0, 1), -ENOTSUP);
    EXPECT_EQ(keel_interrupt_ack(interrupt), -EAGAIN);
    EXPECT_EQ(keel_interrupt_destroy(interrupt), 0);
    EXPECT_EQ(keel_interrupt_create(root_resource(), line, 0, &second), 0);
    EXPECT_EQ(keel_handle_close(second), 0);
    EXPECT_EQ(keel_handle_close(interrupt), 0);
}

UTEST(interrupt_line_needs_a_resource_of_its_kind)
{
    struct keel_rsrc_name name = {"test"};
    keel_handle_t mmio, interrupt;

    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_MMIO, 0, 64, &name, &mmio), 0);
    EXPECT_EQ(keel_interrupt_create(mmio, 40, 0, &interrupt), -ENOTTY);
    EXPECT_EQ(keel_interrupt_create(root_resource(), 40, 1, &interrupt), -EINVAL);
    EXPECT_EQ(keel_interrupt_create(root_resource(), 40, 12, &interrupt), -EINVAL);
    EXPECT_EQ(keel_handle_close(mmio), 0);
}
