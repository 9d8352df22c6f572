# SPDX-License-Identifier: MIT
# From objects to keel.elf and the flat Image.

.PHONY: all build kernel
all: kernel
build: all

linker-script := $(O)/kernel.lds
cmd_$(linker-script) := $(kernel-cpp) -MMD -MP -MF $(linker-script).d -MT $(linker-script) \
	-o $(linker-script) bsp/$(ARCH)/kernel.lds.S
$(eval $(call traced-rule,LDS,$(linker-script),bsp/$(ARCH)/kernel.lds.S))
$(linker-script): | $(asm-offsets)

builtin-dtb := $(if $(CONFIG_BUILTIN_DTB),$(O)/builtin_dtb.o)
vdso-image := $(O)/vdso_image.o
kernel-objects := $(addprefix $(O)/,$(objects)) $(O)/version.o $(syscall-objects) $(builtin-dtb) $(vdso-image)

linker := scripts/build/link.py
cmd_$(O)/keel.elf := $(PYTHON) sys $(linker) --out $(O)/keel.elf --script $(linker-script) \
	--ld '$(LD)' --nm '$(NM)' --flags '$(kernel-ldflags)' \
	--assemble '$(CC) $(target-flag) $(arch-cflags) $(arch-cflags-$(compiler)) -c' \
	$(if $(CONFIG_SYMTAB),--symtab) $(if $(arch-postlink),--postlink '$(arch-postlink)') \
	$(kernel-objects)
$(eval $(call rule,LD,$(O)/keel.elf,$(kernel-objects) $(linker-script) $(linker)))

cmd_$(O)/Image := $(OBJCOPY) -O binary $(O)/keel.elf $(O)/Image
$(eval $(call rule,IMAGE,$(O)/Image,$(O)/keel.elf))

kernel := $(if $(image),$(O)/Image,$(O)/keel.elf)
kernel: $(O)/keel.elf $(kernel)
