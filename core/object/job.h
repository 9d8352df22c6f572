/* SPDX-License-Identifier: MIT */
/* Jobs, for the files of core/object. */
#ifndef CORE_OBJECT_JOB_H
#define CORE_OBJECT_JOB_H

#include <keel/job_object.h>

/* Marks a job and those below as killed, and takes their processes that nobody else is about to kill: in a
 * list, with a reference to each. */
struct job_member *job_doom(struct object *job);

#endif
