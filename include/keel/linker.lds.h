/* SPDX-License-Identifier: MIT */
/* What the linker scripts of all ports share: the kernel's tables and section groups. */
#ifndef KEEL_LINKER_LDS_H
#define KEEL_LINKER_LDS_H

/* clang-format off */
#define KERNEL_TABLE(name)                                                                         \
    . = ALIGN(8);                                                                                  \
    PROVIDE_HIDDEN(__start_##name = .);                                                            \
    KEEP(*(SORT_BY_NAME(.table.name)))                                                             \
    PROVIDE_HIDDEN(__stop_##name = .);

/* Functions that the compiler wants run at the start; there are none but with CONFIG_KASAN. */
#define KERNEL_CONSTRUCTORS                                                                        \
    . = ALIGN(8);                                                                                  \
    PROVIDE_HIDDEN(__start_constructors = .);                                                      \
    KEEP(*(.init_array .init_array.*))                                                             \
    PROVIDE_HIDDEN(__stop_constructors = .);

/* All of SECTION_TABLE's tables; they hold relocated pointers but are read-only once booted. */
#define KERNEL_TABLES                                                                              \
    KERNEL_CONSTRUCTORS                                                                            \
    KERNEL_TABLE(subsystems)                                                                       \
    KERNEL_TABLE(services)                                                                         \
    KERNEL_TABLE(params)                                                                           \
    KERNEL_TABLE(commands)                                                                         \
    KERNEL_TABLE(drivers)                                                                          \
    KERNEL_TABLE(earlycons)                                                                        \
    KERNEL_TABLE(cpu_start_methods)                                                                \
    KERNEL_TABLE(ktests)                                                                           \
    KERNEL_TABLE(ktest_afters)                                                                     \
    KERNEL_TABLE(benches) \
    KERNEL_TABLE(bench_curves)

/* Accesses that may fault, and instruction alternatives: 32-bit self-relative, no relocations. */
#define KERNEL_EXTABLE                                                                             \
    . = ALIGN(8);                                                                                  \
    PROVIDE_HIDDEN(__start_extable = .);                                                           \
    KEEP(*(.extable))                                                                              \
    PROVIDE_HIDDEN(__stop_extable = .);

#define KERNEL_ALTERNATIVES                                                                        \
    . = ALIGN(8);                                                                                  \
    PROVIDE_HIDDEN(__start_altinstructions = .);                                                   \
    KEEP(*(.altinstructions))                                                                      \
    PROVIDE_HIDDEN(__stop_altinstructions = .);                                                    \
    KEEP(*(.altinstr_replacement))
/* What CONFIG_KASAN knows of the image's first 8 MiB; behind its other parts, and not cleared. */
#ifdef KASAN_SHADOW_OFFSET
#define KASAN_IMAGE_MAX (8 << 20)
#define KERNEL_SHADOW(place)                                                                       \
    ASSERT(. <= _image_start + KASAN_IMAGE_MAX, "the image is larger than what has shadow")        \
    .shadow ((KERNEL_VIRT_BASE >> 3) + KASAN_SHADOW_OFFSET) (NOLOAD) : place {                     \
        _shadow_start = .;                                                                         \
        . += KASAN_IMAGE_MAX >> 3;                                                                 \
        _shadow_end = .;                                                                           \
    } :data
#else
#define KERNEL_SHADOW(place)
#endif
/* What is in the file for tools and not in memory, but for .comment. */
#define KERNEL_FILE_ONLY                                                                           \
    .debug_abbrev 0 : { *(.debug_abbrev) }                                                         \
    .debug_addr 0 : { *(.debug_addr) }                                                             \
    .debug_aranges 0 : { *(.debug_aranges) }                                                       \
    .debug_frame 0 : { *(.debug_frame) }                                                           \
    .debug_info 0 : { *(.debug_info) }                                                             \
    .debug_line 0 : { *(.debug_line) }                                                             \
    .debug_line_str 0 : { *(.debug_line_str) }                                                     \
    .debug_loc 0 : { *(.debug_loc) }                                                               \
    .debug_loclists 0 : { *(.debug_loclists) }                                                     \
    .debug_macro 0 : { *(.debug_macro) }                                                           \
    .debug_ranges 0 : { *(.debug_ranges) }                                                         \
    .debug_rnglists 0 : { *(.debug_rnglists) }                                                     \
    .debug_str 0 : { *(.debug_str) }                                                               \
    .debug_str_offsets 0 : { *(.debug_str_offsets) }                                               \
    .symtab 0 : { *(.symtab) }                                                                     \
    .strtab 0 : { *(.strtab) }                                                                     \
    .shstrtab 0 : { *(.shstrtab) }
/* clang-format on */

#endif
