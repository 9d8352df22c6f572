/* SPDX-License-Identifier: MIT */
/* Which CPUs there are, by the tree (DTS 3.8), and which of them may run the kernel. */
#define LOG_TAG "cpus"
#include "smp_internal.h"

#include <keel/boot_info.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/numa.h>
#include <keel/param.h>
#include <keel/string.h>

static int64_t cpus_wanted = CPUS_MAX;

KPARAM(cpus, PARAM_INT, cpus_wanted, 1, CPUS_MAX, "how many CPUs run at most");

static struct cpu cpus[CPUS_MAX];
static unsigned count;
const struct smp_threads *smp_threads;
cpumask_t cpu_online_mask = 1; /* the boot CPU is there before all tables */

/* One walk over the nodes of /cpus. */
struct search {
    int parent;
    bool need_mmu_type; /* some CPU tells what its MMU is: then one that does not has none */
    unsigned usable;    /* entered, that may run */
    unsigned left_out;  /* for which there is no room */
};

const struct cpu *cpu_info(unsigned index)
{
    return index < count ? &cpus[index] : NULL;
}

struct cpu *cpu_entry(unsigned index)
{
    return &cpus[index];
}

unsigned cpu_count(void)
{
    return count;
}

void cpu_set_online(unsigned index)
{
    __atomic_fetch_or(&cpu_online_mask, cpumask_of(index), __ATOMIC_SEQ_CST);
}

void cpu_set_offline(unsigned index)
{
    __atomic_fetch_and(&cpu_online_mask, ~cpumask_of(index), __ATOMIC_SEQ_CST);
}

enum cpu_state cpu_get_state(const struct cpu *cpu)
{
    return (enum cpu_state)__atomic_load_n((const unsigned *)&cpu->state, __ATOMIC_ACQUIRE);
}

bool cpu_change_state(struct cpu *cpu, enum cpu_state from, enum cpu_state to)
{
    unsigned expected = from;

    return __atomic_compare_exchange_n((unsigned *)&cpu->state, &expected, to, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

int cpu_by_hw_id(uint64_t hw_id)
{
    for (unsigned i = 0; i < count; i++) {
        if (cpus[i].hw_id == hw_id) {
            return (int)i;
        }
    }
    return -ENOENT;
}

static bool is_cpu(int node)
{
    const char *type = fdt_prop_string(&system_fdt, node, "device_type", 0);

    return type ? strcmp(type, "cpu") == 0 : fdt_name_is(&system_fdt, node, "cpu");
}

/* Whether the CPU says that it has an MMU: vendor,sv39 or the like, but for vendor,none. */
static bool has_mmu_type(int node)
{
    const char *type = fdt_prop_string(&system_fdt, node, "mmu-type", 0);
    const char *kind = type ? strchr(type, ',') : NULL;

    return type && !(kind && strcmp(kind, ",none") == 0);
}

static bool any_mmu_type(int parent)
{
    int node;

    fdt_for_each_child (&system_fdt, node, parent) {
        if (is_cpu(node) && fdt_prop_present(&system_fdt, node, "mmu-type")) {
            return true;
        }
    }
    return false;
}

/* Why a CPU must not run the kernel; NULL when it may. */
static const char *refusal(const struct search *search, int node)
{
    if (!fdt_available(&system_fdt, node)) {
        return "disabled";
    }
    if (search->need_mmu_type && !has_mmu_type(node)) {
        return "no MMU";
    }
    return NULL;
}

/* The memory node of a CPU; for the boot CPU a wrong one was told of already (numa_init()). */
static unsigned numa_node_of_cpu(unsigned index, int node)
{
    uint32_t numa_node;

    if (fdt_prop_u32(&system_fdt, node, "numa-node-id", &numa_node) != 0) {
        return 0;
    }
    if (numa_set_cpu(index, numa_node) != 0) {
        if (index != 0) {
            log_warn("CPU %u: node %u is not among the %u there can be, taken for node 0", index,
                     numa_node, NUMA_NODES_MAX);
        }
        return 0;
    }
    return numa_node;
}

static void enter(uint64_t hw_id, int node, enum cpu_state state, const char *refused)
{
    cpus[count] = (struct cpu){.index = count,
                               .hw_id = hw_id,
                               .tree_node = node,
                               .numa_node = numa_node_of_cpu(count, node),
                               .state = state,
                               .refused = refused};
    count++;
}

/* The boot CPU runs, whatever the tree thinks of it. */
static void enter_boot_cpu(int parent)
{
    uint64_t hw_id, no_size;
    int node;

    fdt_for_each_child (&system_fdt, node, parent) {
        for (uint32_t i = 0;
             is_cpu(node) && fdt_reg_raw(&system_fdt, node, i, &hw_id, &no_size) == 0; i++) {
            if (hw_id == boot_info.cpu.hw_id) {
                enter(hw_id, node, CPU_ONLINE, NULL);
                return;
            }
        }
    }
    log_warn("the tree does not know the boot CPU, hardware id %#llx",
             (unsigned long long)boot_info.cpu.hw_id);
    enter(boot_info.cpu.hw_id, -ENOENT, CPU_ONLINE, NULL);
}

static void consider(struct search *search, uint64_t hw_id, int node, const char *refused)
{
    int same = cpu_by_hw_id(hw_id);

    if (same >= 0) {
        if (cpus[same].tree_node != node) {
            log_warn("hardware id %#llx belongs to two CPUs of the tree: one is left out",
                     (unsigned long long)hw_id);
        }
    } else if (count == CPUS_MAX) {
        search->left_out++;
    } else if (!refused && search->usable >= (uint64_t)cpus_wanted) {
        enter(hw_id, node, CPU_REFUSED, "more than cpus= asks for");
    } else {
        search->usable += refused == NULL;
        enter(hw_id, node, refused ? CPU_REFUSED : CPU_PRESENT, refused);
    }
}

/* A node's `reg` has an id for each thread of execution (DTS 3.8.1). */
static void consider_node(struct search *search, int node, const char *refused)
{
    uint64_t hw_id, no_size;

    for (uint32_t i = 0; fdt_reg_raw(&system_fdt, node, i, &hw_id, &no_size) == 0; i++) {
        consider(search, hw_id, node, refused);
    }
}

/* Those that may run come first, so that their indices have no gaps. */
static void enter_others(struct search *search, bool refused)
{
    int node;

    fdt_for_each_child (&system_fdt, node, search->parent) {
        const char *why = is_cpu(node) ? refusal(search, node) : NULL;

        if (is_cpu(node) && (why != NULL) == refused) {
            consider_node(search, node, why);
        }
    }
}

void cpus_find(void)
{
    struct search search = {.parent = fdt_find(&system_fdt, "/cpus"), .usable = 1};

    count = 0;
    search.need_mmu_type = any_mmu_type(search.parent);
    enter_boot_cpu(search.parent);
    enter_others(&search, false);
    enter_others(&search, true);
    numa_settle();
    if (search.left_out != 0) {
        log_warn("%u CPUs are left out: this kernel is built for %u", search.left_out, CPUS_MAX);
    }
}
