/* SPDX-License-Identifier: MIT */
/* Starts and stops CPUs by the Power State Coordination Interface (Arm DEN0022, 5.3 to 5.7;
 * binding arm,psci). */
#include <arch/smccc.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/smp.h>

#define PSCI_CPU_OFF         0x84000002u
#define PSCI_CPU_ON64        0xc4000003u
#define PSCI_AFFINITY_INFO64 0xc4000004u

#define AFFINITY_OFF         1

/* What calls return (DEN0022, 5.2.2). */
enum {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
    PSCI_ON_PENDING = -5,
    PSCI_INTERNAL_FAILURE = -6,
    PSCI_NOT_PRESENT = -7,
    PSCI_DISABLED = -8,
    PSCI_INVALID_ADDRESS = -9,
};

/* Firmware's interface, as the tree tells it. */
struct psci {
    enum smccc_conduit conduit;
    int node;
    bool has_numbers; /* those of version 0.2; before it each firmware has its own, in the tree */
};

static struct psci find_psci(void)
{
    static const char *const compatible[] = {"arm,psci-1.0", "arm,psci-0.2", "arm,psci"};
    int node = -ENOENT;
    unsigned i;

    for (i = 0; node < 0 && i < ARRAY_SIZE(compatible); i++) {
        node = fdt_next_compatible(&system_fdt, -1, compatible[i]);
    }
    return (struct psci){
        .conduit = smccc_conduit_by_name(fdt_prop_string(&system_fdt, node, "method", 0)),
        .node = node,
        .has_numbers = fdt_is_compatible(&system_fdt, node, "arm,psci-1.0") ||
                       fdt_is_compatible(&system_fdt, node, "arm,psci-0.2"),
    };
}

static int error_of(int64_t result)
{
    switch ((int)result) {
    case PSCI_SUCCESS:
        return 0;
    case PSCI_NOT_SUPPORTED:
        return -ENOTSUP;
    case PSCI_INVALID_PARAMETERS:
    case PSCI_INVALID_ADDRESS:
        return -EINVAL;
    case PSCI_DENIED:
    case PSCI_DISABLED:
        return -EPERM;
    case PSCI_ALREADY_ON:
    case PSCI_ON_PENDING:
        return -EBUSY;
    case PSCI_NOT_PRESENT:
        return -ENODEV;
    default:
        return -EIO;
    }
}

/* A function by its number, or by the property that has it. */
static int psci_call(uint32_t function, const char *property, uint64_t arg0, uint64_t arg1,
                     uint64_t arg2)
{
    struct psci psci = find_psci();

    if (psci.conduit == SMCCC_NONE ||
        (!psci.has_numbers && fdt_prop_u32(&system_fdt, psci.node, property, &function) != 0)) {
        return -ENOTSUP;
    }
    return error_of(smccc_call(psci.conduit, function, arg0, arg1, arg2));
}

static int psci_start(const struct cpu *cpu, phys_addr_t entry, phys_addr_t argument)
{
    return psci_call(PSCI_CPU_ON64, "cpu_on", cpu->hw_id, entry, argument);
}

static int psci_off(const struct cpu *cpu)
{
    (void)cpu;
    return psci_call(PSCI_CPU_OFF, "cpu_off", 0, 0, 0);
}

/* Before version 0.2 nobody can tell. */
static bool psci_is_off(const struct cpu *cpu)
{
    struct psci psci = find_psci();

    return !psci.has_numbers ||
           smccc_call(psci.conduit, PSCI_AFFINITY_INFO64, cpu->hw_id, 0, 0) == AFFINITY_OFF;
}

CPU_START_METHOD(psci, .name = "PSCI", .enable_method = "psci", .start = psci_start,
                 .off = psci_off, .is_off = psci_is_off);
