/* SPDX-License-Identifier: MIT */
/* The level that who calls lends to who answers. */
#include "lend.h"
#include "deadline.h"

void lend_level(struct thread *to, unsigned level)
{
    to->entity.lent = (uint8_t)level;
    to->entity.boost = (uint8_t)MAX((unsigned)to->entity.boost, level);
    entity_set_level(&to->entity);
}

void lend_end(struct sched_cpu *sched, struct thread *thread)
{
    thread->entity.lent = 0;
    if (deadline_is_special(thread)) {
        deadline_boost(sched, thread, thread->locks.inherited);
    } else {
        thread->entity.boost = (uint8_t)thread->locks.inherited;
        entity_set_level(&thread->entity);
    }
}

void lend_give_back(struct sched_cpu *sched, struct thread *self, bool calls)
{
    self->entity.rescued = false;
    if (self->entity.lent != 0 && !calls) {
        lend_end(sched, self);
    } else {
        entity_set_level(&self->entity);
    }
}
