/* SPDX-License-Identifier: MIT */
/* An object of every type, for what tries all calls out. */
#ifndef TESTS_USER_OBJECTS_H
#define TESTS_USER_OBJECTS_H

#include <keel/objects.h>
#include <keel/rights.h>
#include <stdbool.h>
#include <stdint.h>

/* A new object of a type, with the rights that `rights_of_new` tells; KEEL_HANDLE_INVALID: there are none
 * of that type, or none can be had. The caller closes it with close_object(). */
keel_handle_t make_object(keel_obj_type_t type);

/* The root of all resources; KEEL_HANDLE_INVALID: the program was not given it. */
keel_handle_t root_resource(void);

/* All addresses of the program; likewise. */
keel_handle_t root_vmar(void);

/* The job that the program is in; likewise. */
keel_handle_t root_job(void);

/* Where a process has the vDSO; 0: nobody says. */
uint64_t vdso_of(keel_handle_t process);

/* Closes it, and what was made with it. */
void close_object(keel_handle_t handle);

/* The rights that new handles to such objects have; all where any type is meant. */
keel_rights_t rights_of_new(keel_obj_type_t type);

#endif
