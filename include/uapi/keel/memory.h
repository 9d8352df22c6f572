/* SPDX-License-Identifier: MIT */
/* Memory objects and address regions: options of their calls. Values that Zircon has are Zircon's. */
#ifndef KEEL_UAPI_MEMORY_H
#define KEEL_UAPI_MEMORY_H

#include <keel/base.h>

/* Of keel_vmar_map() and keel_vmar_protect(): what a mapping allows. Writing and executing need reading
 * too, and never both. */
#define KEEL_VM_PERM_READ                         UINT32_C(0x001)
#define KEEL_VM_PERM_WRITE                        UINT32_C(0x002)
#define KEEL_VM_PERM_EXECUTE                      UINT32_C(0x004)
/* Of keel_vmar_map() and keel_vmar_allocate(): exactly at the offset; or, for mappings, in place of what is
 * there. Without these the kernel chooses a place and the offset is 0. */
#define KEEL_VM_SPECIFIC                          UINT32_C(0x010)
#define KEEL_VM_SPECIFIC_OVERWRITE                UINT32_C(0x020)
/* Of keel_vmar_allocate(): what may be done in the new region. */
#define KEEL_VM_CAN_MAP_SPECIFIC                  UINT32_C(0x040)
#define KEEL_VM_CAN_MAP_READ                      UINT32_C(0x080)
#define KEEL_VM_CAN_MAP_WRITE                     UINT32_C(0x100)
#define KEEL_VM_CAN_MAP_EXECUTE                   UINT32_C(0x200)
/* Of keel_vmar_map(): enter what the object holds at once; refuse one that can change its size; faults
 * beyond the object's end are expected, which changes nothing. */
#define KEEL_VM_MAP_RANGE                         UINT32_C(0x400)
#define KEEL_VM_REQUIRE_NON_RESIZABLE             UINT32_C(0x800)
#define KEEL_VM_ALLOW_FAULTS                      UINT32_C(0x1000)

/* Of keel_vmo_create(). */
#define KEEL_VMO_RESIZABLE                        UINT32_C(0x2)

/* Of keel_vmo_create_child(): a copy as it is now, of which pages are copied as either side writes; the same
 * memory; and for copies: of variable size; that the new handle may not write. */
#define KEEL_VMO_CHILD_SNAPSHOT                   UINT32_C(0x01)
#define KEEL_VMO_CHILD_RESIZABLE                  UINT32_C(0x04)
#define KEEL_VMO_CHILD_SLICE                      UINT32_C(0x08)
#define KEEL_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE UINT32_C(0x10)
#define KEEL_VMO_CHILD_NO_WRITE                   UINT32_C(0x20)

/* Of keel_vmo_op_range(). */
#define KEEL_VMO_OP_COMMIT                        UINT32_C(1) /* every page gets memory */
#define KEEL_VMO_OP_DECOMMIT                      UINT32_C(2) /* memory goes back; zeros are read */
#define KEEL_VMO_OP_CACHE_SYNC                    UINT32_C(6) /* what was written is executed */
#define KEEL_VMO_OP_CACHE_INVALIDATE              UINT32_C(7) /* as CLEAN_INVALIDATE */
#define KEEL_VMO_OP_CACHE_CLEAN                   UINT32_C(8)
#define KEEL_VMO_OP_CACHE_CLEAN_INVALIDATE        UINT32_C(9)
#define KEEL_VMO_OP_ZERO                          UINT32_C(10)

/* Of keel_vmo_set_cache_policy(). */
#define KEEL_CACHE_POLICY_CACHED                  UINT32_C(0)
#define KEEL_CACHE_POLICY_UNCACHED                UINT32_C(1)
#define KEEL_CACHE_POLICY_UNCACHED_DEVICE         UINT32_C(2)
#define KEEL_CACHE_POLICY_WRITE_COMBINING         UINT32_C(3)
#define KEEL_CACHE_POLICY_WRITE_THROUGH           UINT32_C(4) /* Keel's own */

#endif
