/* SPDX-License-Identifier: MIT */
/* The registry of services. It is filled by one CPU during early init and constant afterwards. */
#define LOG_TAG "service"

#include <keel/errno.h>
#include <keel/log.h>
#include <keel/service.h>
#include <keel/string.h>

#define SERVICES_MAX 32

static struct {
    const char *name;
    void *service;
    enum privilege level;
} services[SERVICES_MAX];

static size_t count;
static bool sealed;

/* The index of a name, or `count`. */
static size_t find(const char *name)
{
    size_t i = 0;

    while (i < count && strcmp(services[i].name, name) != 0) {
        i++;
    }
    return i;
}

int service_register_raw(const char *name, void *service, enum privilege level)
{
    if (sealed) {
        return -EPERM;
    }
    if (find(name) < count) {
        return -EEXIST;
    }
    if (count == SERVICES_MAX) {
        return -ENOSPC;
    }
    services[count].name = name;
    services[count].service = service;
    services[count].level = level;
    count++;
    return 0;
}

void *service_get_raw(const char *name, enum privilege caller)
{
    size_t i = find(name);

    if (i == count) {
        return NULL;
    }
    if (services[i].level > caller) {
        log_warn("%s was refused to a caller of lower privilege", name);
        return NULL;
    }
    return services[i].service;
}

void service_seal(void)
{
    sealed = true;
}
