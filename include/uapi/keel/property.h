/* SPDX-License-Identifier: MIT */
/* Properties of objects. Numbers are Zircon's. */
#ifndef KEEL_UAPI_PROPERTY_H
#define KEEL_UAPI_PROPERTY_H

/* Of jobs, processes, threads, memory objects: text with a 0 at its end. Setting cuts it. */
#define KEEL_PROP_NAME                      3u
/* Of the calling thread, to be set on x86_64: the base of %fs, uint64_t. */
#define KEEL_PROP_REGISTER_FS               4u

/* Of processes, to be read: where the vDSO begins in their addresses (keel/vdso.h), uint64_t. */
#define KEEL_PROP_PROCESS_VDSO_BASE_ADDRESS 6u

/* Keel's own. Of processes: where the program begins, uint64_t, for reports of faults; 0: nobody has said. */
#define KEEL_PROP_PROCESS_IMAGE             32u

#define KEEL_MAX_NAME_LEN                   32u /* bytes, with the 0 */

#endif
