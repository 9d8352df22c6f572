/* SPDX-License-Identifier: MIT */
/* What each test finds, and is to leave: the boot's own thread on the boot CPU, of normal priority, that may be
 * preempted and interrupted. */
#include "../../core/sched/registry.h"

#include <arch/cpu.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/thread.h>

static bool describe_self(struct thread_info *self)
{
    uint64_t id = thread_id(thread_current());
    struct thread_walk walk;
    bool found = false;

    thread_walk_begin(&walk);
    while (!found && thread_walk_next(&walk, self, 1) == 1) {
        found = self->id == id;
    }
    thread_walk_end(&walk);
    return found;
}

KTEST_AFTER(thread_is_as_it_was)
{
    struct thread_info self;

    KTEST_REQUIRE(describe_self(&self));
    KTEST_EXPECT(self.affinity == cpumask_of(0));
    KTEST_EXPECT(self.band == PRIORITY_NORMAL && !self.deadline);
    KTEST_EXPECT(current_head()->preempt_off == 0);
    KTEST_EXPECT(arch_irq_enabled());
}
