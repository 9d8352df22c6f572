/* SPDX-License-Identifier: MIT */
/* The console command that tells about the CPUs. */
#include "smp_internal.h"

#include <arch/feature.h>
#include <keel/boot_info.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/parse.h>
#include <keel/string.h>

static void print_boot_cpu(void)
{
    const struct cpu_identity *cpu = &boot_info.cpu;

    console_printf("boot CPU: %s %s, id %#llx, family %#x, model %#x, stepping %#x\n", cpu->vendor,
                   cpu->name, (unsigned long long)cpu->id, cpu->family, cpu->model, cpu->stepping);
    console_printf("features:");
    for (unsigned int i = 0; i < CPU_FEATURE_COUNT; i++) {
        if (cpu_has(i)) {
            console_printf(" %s", arch_feature_name(i));
        }
    }
    console_printf("\n");
}

static const char *state_name(const struct cpu *cpu)
{
    static const char *const names[] = {
        [CPU_ABSENT] = "absent",         [CPU_PRESENT] = "startable",
        [CPU_STARTING] = "starting",     [CPU_SETTING_UP] = "setting up",
        [CPU_ONLINE] = "running",        [CPU_FAILED] = "left out",
        [CPU_REFUSED] = "not to be run", [CPU_LEAVING] = "leaving",
        [CPU_STOPPING] = "leaving",      [CPU_OFF] = "off",
    };

    return names[cpu_get_state(cpu)];
}

static void print_cpu(const struct cpu *cpu)
{
    const char *compatible = fdt_prop_string(&system_fdt, cpu->tree_node, "compatible", 0);
    const char *method = fdt_prop_string(&system_fdt, cpu->tree_node, "enable-method", 0);

    console_printf("cpu %u: hardware id %#llx, node %u, %s, %s%s%s%s%s\n", cpu->index,
                   (unsigned long long)cpu->hw_id, cpu->numa_node, compatible ? compatible : "?",
                   state_name(cpu), cpu->refused ? ": " : "", cpu->refused ? cpu->refused : "",
                   method ? ", by " : "", method ? method : "");
}

static void print_interrupts(unsigned index)
{
    console_printf("       from other CPUs: %llu to look at its queue, %llu to run a function\n",
                   (unsigned long long)ipi_taken(index, IPI_RESCHEDULE),
                   (unsigned long long)ipi_taken(index, IPI_CALL));
}

/* `off` or `on`, and which. */
static int change(const char *to, const char *which)
{
    uint32_t index;

    if (kstrtou32(which, 0, &index) != 0) {
        return -EINVAL;
    }
    if (strcmp(to, "off") == 0) {
        return smp_cpu_off(index);
    }
    return strcmp(to, "on") == 0 ? smp_cpu_on(index) : -EINVAL;
}

static int cmd_cpus(int argc, char **argv)
{
    if (IS_ENABLED(CONFIG_CPU_OFF) && argc == 3) {
        return change(argv[1], argv[2]);
    }
    if (argc != 1) {
        return -EINVAL;
    }
    print_boot_cpu();
    for (unsigned index = 0; index < cpu_count(); index++) {
        print_cpu(cpu_info(index));
        if (cpumask_has(cpu_online(), index) && cpumask_count(cpu_online()) > 1) {
            print_interrupts(index);
        }
    }
    return 0;
}

COMMAND(
    cpus, IS_ENABLED(CONFIG_CPU_OFF) ? "[off|on CPU]" : "",
    "print who the boot CPU is, what it can do, and which CPUs there are, or turn one off or on",
    cmd_cpus);
