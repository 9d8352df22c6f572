/* SPDX-License-Identifier: MIT */
/* Binds drivers to the nodes of the tree and keeps the devices that come of it. */
#define LOG_TAG "device"

#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/parse.h>
#include <keel/printf.h>
#include <keel/status.h>
#include <keel/string.h>

#define DEVICES_MAX 64
#define PATH_MAX    128

static struct device devices[DEVICES_MAX]; /* those without a driver are free */

/* The usable nodes that drivers take, in tree order, and the first for which there was no room. */
struct match {
    const struct driver *driver;
    int node;
};

static struct {
    struct match at[DEVICES_MAX];
    size_t count;
    int rest; /* negative when all fit */
    bool known;
} matches;

static const struct driver *driver_by_compatible(const char *compatible)
{
    const struct driver *driver;

    section_for_each(drivers, driver)
    {
        for (const char *const *known = driver->compatible; known && *known; known++) {
            if (strcmp(*known, compatible) == 0) {
                return driver;
            }
        }
    }
    return NULL;
}

/* What binding asks of a node, read in one walk over its properties. */
struct node_view {
    const char *compatible; /* a list of `len` bytes */
    uint32_t len;
    bool available;
};

static struct node_view look_at(int node)
{
    struct node_view view = {.available = true};
    struct fdt_prop prop;

    fdt_for_each_prop (&system_fdt, &prop, node) {
        if (strcmp(prop.name, "compatible") == 0) {
            view.compatible = (const char *)prop.value;
            view.len = prop.len;
        } else if (strcmp(prop.name, "status") == 0) {
            view.available = fdt_available(&system_fdt, node);
        }
    }
    return view;
}

/* The driver of the first string of the list that has one. */
static const struct driver *driver_for_view(const struct node_view *view)
{
    const struct driver *driver = NULL;
    uint32_t at = 0;

    while (!driver && at < view->len) {
        uint32_t left = view->len - at;
        uint32_t n = (uint32_t)strnlen(view->compatible + at, left);

        if (n == left) {
            return NULL;
        }
        driver = driver_by_compatible(view->compatible + at);
        at += n + 1;
    }
    return driver;
}

const struct driver *driver_for(int node)
{
    struct node_view view = look_at(node);

    return driver_for_view(&view);
}

bool device_node_usable(int node)
{
    int path[FDT_DEPTH_MAX];
    int levels = fdt_path_to(&system_fdt, node, path);

    for (int i = 0; i < levels; i++) {
        if (!fdt_available(&system_fdt, path[i])) {
            return false;
        }
    }
    return levels > 0;
}

static bool is_tried(const struct driver *driver, int node)
{
    for (size_t i = 0; i < DEVICES_MAX; i++) {
        if (devices[i].driver &&
            (node >= 0 ? devices[i].node == node : devices[i].driver == driver)) {
            return true;
        }
    }
    return false;
}

static struct device *free_device(void)
{
    for (size_t i = 0; i < DEVICES_MAX; i++) {
        if (!devices[i].driver) {
            return &devices[i];
        }
    }
    return NULL;
}

/* The interrupt controllers are there. */
static bool have_interrupts;

static void start_interrupts(struct device *dev)
{
    int err = dev->error == 0 && dev->driver->interrupts ? dev->driver->interrupts(dev) : 0;

    if (err < 0) {
        log_warn("%s: no interrupts for %s: %s", fdt_name(&system_fdt, dev->node),
                 dev->driver->name, status_text(err));
    }
}

void drivers_start_interrupts(void)
{
    have_interrupts = true;
    for (size_t i = 0; i < DEVICES_MAX; i++) {
        if (devices[i].driver) {
            start_interrupts(&devices[i]);
        }
    }
}

static void bind(const struct driver *driver, int node)
{
    struct device *dev = free_device();
    char path[PATH_MAX] = "firmware";

    if (fdt_path(&system_fdt, node, path, sizeof(path)) == -ENOSPC) {
        strlcpy(path, "(long path)", sizeof(path));
    }
    if (!dev) {
        log_error("%s: no room for more than %d devices", path, DEVICES_MAX);
        return;
    }
    *dev = (struct device){.driver = driver, .node = node};
    dev->error = driver->probe(dev);
    if (node < 0 && dev->error == -ENODEV) {
        dev->driver = NULL;
    } else if (dev->error == -ENODEV) {
        log_debug("%s: %s is not there", path, driver->name);
    } else if (dev->error < 0) {
        log_warn("%s: driver %s failed: %s", path, driver->name, status_text(dev->error));
    } else {
        log_info("%s: %s%s%s", path, driver->name, dev->name[0] ? " as " : "", dev->name);
    }
    if (have_interrupts && dev->driver) {
        start_interrupts(dev);
    }
}

/* The node after `node` in tree order, or the one after all that lies below it. */
static int next_node(int node, bool skip_below)
{
    int depth = 0;

    do {
        node = fdt_next(&system_fdt, node, &depth);
    } while (node >= 0 && skip_below && depth > 0);
    return node;
}

/* Walks the tree once for all levels: the nodes that drivers take, in tree order. */
static void find_matches(void)
{
    struct node_view view;

    matches.known = true;
    matches.rest = -ENOENT;
    for (int node = fdt_root(&system_fdt); node >= 0; node = next_node(node, !view.available)) {
        const struct driver *driver;

        view = look_at(node);
        driver = view.available ? driver_for_view(&view) : NULL;
        if (driver && matches.count == ARRAY_SIZE(matches.at)) {
            matches.rest = node;
            return;
        }
        if (driver) {
            matches.at[matches.count++] = (struct match){.driver = driver, .node = node};
        }
    }
}

static void probe_match(const struct driver *driver, int node, enum driver_level level)
{
    if (driver && driver->level == level && !is_tried(driver, node)) {
        bind(driver, node);
    }
}

/* The nodes from matches.rest on, which there was no room for. */
static void probe_rest(enum driver_level level)
{
    struct node_view view;

    for (int node = matches.rest; node >= 0; node = next_node(node, !view.available)) {
        view = look_at(node);
        probe_match(view.available ? driver_for_view(&view) : NULL, node, level);
    }
}

void drivers_probe(enum driver_level level)
{
    const struct driver *driver;

    if (!matches.known) {
        find_matches();
    }
    for (size_t i = 0; i < matches.count; i++) {
        probe_match(matches.at[i].driver, matches.at[i].node, level);
    }
    probe_rest(level);
    section_for_each(drivers, driver)
    {
        if (!driver->compatible && driver->level == level && !is_tried(driver, -ENOENT)) {
            bind(driver, -ENOENT);
        }
    }
}

int device_remove(struct device *dev)
{
    if (dev->error < 0) {
        return -ENODEV;
    }
    if (!dev->driver->remove) {
        return -ENOTSUP;
    }
    dev->driver->remove(dev);
    *dev = (struct device){.driver = NULL};
    return 0;
}

struct device *device_at(unsigned index)
{
    for (size_t i = 0; i < DEVICES_MAX; i++) {
        if (devices[i].driver && index-- == 0) {
            return &devices[i];
        }
    }
    return NULL;
}

struct device *device_find(const char *name)
{
    for (size_t i = 0; i < DEVICES_MAX && name[0]; i++) {
        if (devices[i].driver && strcmp(devices[i].name, name) == 0) {
            return &devices[i];
        }
    }
    return NULL;
}

/* Whether `name` is `prefix` and a number behind it. */
static bool is_numbered(const char *name, const char *prefix)
{
    size_t len = strlen(prefix);
    uint64_t number;

    return str_has_prefix(name, prefix) && kstrtou64(name + len, 10, &number) == 0;
}

/* The device's alias that is made of the prefix and a number, or NULL. */
static const char *own_alias(const struct device *dev, const char *prefix)
{
    int aliases = fdt_find(&system_fdt, "/aliases");
    struct fdt_prop prop;

    if (aliases < 0 || dev->node < 0) {
        return NULL;
    }
    fdt_for_each_prop (&system_fdt, &prop, aliases) {
        if (is_numbered(prop.name, prefix) &&
            fdt_find(&system_fdt, fdt_alias(&system_fdt, prop.name, strlen(prop.name))) ==
                dev->node) {
            return prop.name;
        }
    }
    return NULL;
}

int device_publish(struct device *dev, const char *prefix)
{
    const char *alias = own_alias(dev, prefix);
    char name[DEVICE_NAME_MAX];
    int len = alias ? ksnprintf(name, sizeof(name), "%s", alias) : 0;

    if (dev->name[0] || (alias && device_find(alias))) {
        return -EEXIST;
    }
    for (unsigned int n = 0; !alias; n++) {
        len = ksnprintf(name, sizeof(name), "%s%u", prefix, n);
        if (!fdt_alias(&system_fdt, name, strlen(name)) && !device_find(name)) {
            break;
        }
    }
    if (len >= (int)sizeof(name)) {
        return -ENAMETOOLONG;
    }
    strlcpy(dev->name, name, sizeof(dev->name));
    return 0;
}

int device_control(struct device *dev, uint32_t request, void *arg, size_t size)
{
    if (dev->error < 0 || !dev->driver->control) {
        return -ENOTSUP;
    }
    return dev->driver->control(dev, request, arg, size);
}

int device_interrupt(struct device *dev, unsigned index, struct fdt_irq *out)
{
    return fdt_interrupt(&system_fdt, dev->node, index, out);
}

uint64_t device_clock_hz(struct device *dev, unsigned index)
{
    struct fdt_args clock;
    uint64_t hz;

    if (index == 0 && fdt_prop_number(&system_fdt, dev->node, "clock-frequency", &hz) == 0) {
        return hz;
    }
    if (fdt_phandle_args(&system_fdt, dev->node, "clocks", "#clock-cells", index, &clock) == 0 &&
        clock.count == 0 && fdt_prop_number(&system_fdt, clock.node, "clock-frequency", &hz) == 0) {
        return hz;
    }
    return 0;
}
