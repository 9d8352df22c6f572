# SPDX-License-Identifier: MIT
# The vDSO: $(O)/vdso.so, a shared object with symbols; what of it processes have mapped is part of the kernel.

vdso := $(O)/vdso.so
vdso-calls := $(generated)/vdso_calls.S
$(eval $(call made-of-table,vdso-$(ARCH),$(vdso-calls)))

vdso-sources := $(vdso-calls) $(wildcard user/vdso/*.c)
vdso-objects := $(foreach source,$(vdso-sources),$(call user-object,$(source)))
user-objects += $(foreach source,$(filter %.c,$(vdso-sources)),$(call user-object,$(source)))
vdso-cflags := -std=gnu17 -O2 -g -ffreestanding -fno-builtin -fPIC -fvisibility=hidden -fomit-frame-pointer \
	-foptimize-sibling-calls -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-stack-protector \
	$(user-$(compiler)) $(warnings) $(warnings-$(compiler))
vdso-ldflags := -shared -Bsymbolic -soname keel-vdso.so --hash-style=gnu --build-id=none -z noexecstack -z norelro \
	-z max-page-size=4096 --no-undefined $(if $(werror),--fatal-warnings)

define vdso-object-rule
cmd_$2 := $(CC) $(target-flag) $(user-aflags) $(if $(filter %.S,$1),,$(vdso-cflags)) -MMD -MP -MF $2.d -c -o $2 $1
$$(eval $$(call traced-rule,$(if $(filter %.S,$1),AS,CC),$2,$1))
$2: | $(syscall-headers)
endef
$(foreach source,$(vdso-sources),$(eval $(call vdso-object-rule,$(source),$(call user-object,$(source)))))

cmd_$(vdso) := $(LD) $(vdso-ldflags) -T user/vdso/vdso.lds -o $(vdso) $(vdso-objects)
$(eval $(call rule,LD,$(vdso),user/vdso/vdso.lds $(vdso-objects)))
cmd_$(vdso).img := $(OBJCOPY) -S -R .comment $(vdso) $(vdso).img
$(eval $(call rule,IMAGE,$(vdso).img,$(vdso)))

cmd_$(vdso-image) := $(kernel-as) -DVDSO='"$(vdso).img"' -c -o $(vdso-image) scripts/build/vdso.S
$(eval $(call rule,AS,$(vdso-image),scripts/build/vdso.S $(vdso).img))
