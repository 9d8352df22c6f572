/* SPDX-License-Identifier: MIT */
/* Interrupts that are triggered by hand, as drivers and their tests see them. */
#include "../objects.h"
#include "fixtures.h"

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
