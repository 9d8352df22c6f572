/* SPDX-License-Identifier: MIT */
/* Starts CPUs by the Power State Coordination Interface (Arm DEN0022, 5.4; binding arm,psci). */
#include <arch/smccc.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/smp.h>

#define PSCI_CPU_ON64 0xc4000003u

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

/* The call's number. Before version 0.2 each firmware has its own and the tree tells it. */
static int find_function(int node, uint32_t *function)
{
    if (fdt_is_compatible(&system_fdt, node, "arm,psci-1.0") ||
        fdt_is_compatible(&system_fdt, node, "arm,psci-0.2")) {
        *function = PSCI_CPU_ON64;
        return 0;
    }
    return fdt_prop_u32(&system_fdt, node, "cpu_on", function);
}

static int find_psci(void)
{
    static const char *const compatible[] = {"arm,psci-1.0", "arm,psci-0.2", "arm,psci"};
    int node = -ENOENT;

    for (unsigned i = 0; node < 0 && i < ARRAY_SIZE(compatible); i++) {
        node = fdt_next_compatible(&system_fdt, -1, compatible[i]);
    }
    return node;
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

static int psci_start(const struct cpu *cpu, phys_addr_t entry, phys_addr_t argument)
{
    int node = find_psci();
    enum smccc_conduit conduit =
        smccc_conduit_by_name(fdt_prop_string(&system_fdt, node, "method", 0));
    uint32_t function;

    if (conduit == SMCCC_NONE || find_function(node, &function) != 0) {
        return -ENOTSUP;
    }
    return error_of(smccc_call(conduit, function, cpu->hw_id, entry, argument));
}

CPU_START_METHOD(psci, .name = "PSCI", .enable_method = "psci", .start = psci_start);
