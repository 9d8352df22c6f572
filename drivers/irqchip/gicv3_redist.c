/* SPDX-License-Identifier: MIT */
/* Redistributors of the GICv3 (Arm IHI 0069H, 12.10 and 12.11): which is whose, and waking them. */
#include "gicv3.h"

#include <keel/errno.h>

/* The affinity as GICR_TYPER has it, in 32 bits, and as MPIDR_EL1. */
static uint32_t typer_affinity(uint64_t mpidr)
{
    return (uint32_t)((mpidr >> 8 & 0xff000000) | (mpidr & 0xffffff));
}

static uint64_t stride_of(const struct gicv3 *gic, uint32_t typer)
{
    return gic->stride ? gic->stride : (typer & GICR_TYPER_VLPIS ? 4 : 2) * GICR_FRAME;
}

static bool find_in(const struct gicv3 *gic, const struct io_region *region, uint32_t affinity,
                    struct io_region *out)
{
    uint64_t at = 0;
    uint32_t typer;

    do {
        if (region->size - at < 2 * GICR_FRAME) {
            return false;
        }
        *out = (struct io_region){.base = (uint8_t __iomem *)region->base + at,
                                  .size = 2 * GICR_FRAME,
                                  .phys = region->phys + at};
        typer = io_read32(out, GICR_TYPER);
        if (io_read32(out, GICR_TYPER + 4) == affinity) {
            return true;
        }
        at += stride_of(gic, typer);
    } while (!(typer & GICR_TYPER_LAST) && at < region->size);
    return false;
}

int gicv3_find_redist(const struct gicv3 *gic, uint64_t affinity, struct io_region *out)
{
    for (unsigned i = 0; i < gic->regions; i++) {
        if (find_in(gic, &gic->redist[i], typer_affinity(affinity), out)) {
            return 0;
        }
    }
    return -ENXIO;
}

int gicv3_settle(const struct io_region *io, uint32_t busy)
{
    for (unsigned i = 0; i < GIC_POLLS_MAX; i++) {
        if (!(io_read32(io, GICD_CTLR) & busy)) {
            return 0;
        }
    }
    return -ETIMEDOUT;
}

static int wake(const struct io_region *redist)
{
    uint32_t waker = io_read32(redist, GICR_WAKER);

    io_write32(redist, GICR_WAKER, waker & ~(uint32_t)GICR_WAKER_SLEEP);
    for (unsigned i = 0; i < GIC_POLLS_MAX; i++) {
        if (!(io_read32(redist, GICR_WAKER) & GICR_WAKER_ASLEEP)) {
            return 0;
        }
    }
    return -ETIMEDOUT;
}

int gicv3_start_redist(const struct io_region *redist)
{
    struct io_region lines = *redist;
    int err = wake(redist);

    lines.base = (uint8_t __iomem *)redist->base + GICR_SGI_FRAME;
    if (err == 0) {
        io_write32(&lines, GICD_IGROUPR, UINT32_MAX);
        io_write32(&lines, GICD_IGRPMODR, 0);
        gic_reset_lines(&lines, 0, GIC_PERCPU_LINES);
        err = gicv3_settle(redist, CTLR_RWP_GICR);
    }
    return err;
}
