/* SPDX-License-Identifier: MIT */
/* The end of jobs: all processes of a tree, one after the other. Threads only, no lock held. */
#include "job.h"
#include "process.h"

void job_kill(struct object *job)
{
    struct job_member *member = job_doom(job);

    while (member) {
        struct job_member *next = member->next_doomed;
        struct object *process = member->object;

        process_kill(process_of(process));
        object_put(process);
        member = next;
    }
}
