/* SPDX-License-Identifier: MIT */
/* Services (K2): typed interfaces that one subsystem publishes and another looks up. */
#ifndef KEEL_SERVICE_H
#define KEEL_SERVICE_H

#include <keel/subsystem.h>

/*
 * SERVICE_TYPE(name, type) in a header declares that the service `name` is a `type`;
 * service_register(name, pointer, privilege) and service_get(name, caller_privilege) then check the
 * type at compile time: a wrong pointer does not build.
 */
#define SERVICE_TYPE(name, type) typedef type service_type_##name

/*
 * Publishes `ptr` (a service_type_<name> *, owned by the caller, kept for ever) under its name for
 * callers of `level` and above. Returns 0, -EEXIST when the name is taken, -ENOSPC when the
 * registry is full, -EPERM once early init is over.
 */
#define service_register(name, ptr, level) \
    service_register_raw(#name, (service_type_##name *){(ptr)}, level)

/*
 * The service, or NULL when nobody published it, or when it stands above the caller's privilege
 * (that is logged as a warning).
 */
#define service_get(name, caller) ((service_type_##name *)service_get_raw(#name, caller))

int service_register_raw(const char *name, void *service, enum privilege level);
void *service_get_raw(const char *name, enum privilege caller);

/* Closes the registry for publishing; subsystems_start() calls it between early and late init. */
void service_seal(void);

#endif
