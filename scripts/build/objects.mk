# SPDX-License-Identifier: MIT
# The kernel's objects. Each folder's Makefile adds to obj-y: file.o, or subfolder/. It may set
# ccflags-y for all its objects, CFLAGS_file.o for one, and CFLAGS_REMOVE_file.o to take flags away.

# $(call cold,files.o) marks what runs at boot, on request or on a failure, which a port may want small.
cold = $(foreach name,$1,$(eval CFLAGS_$(name) += $(cold-cflags)))

# $(call hot,files.o) marks the way of every call: it ends in other functions without a frame of its own, and what
# it keeps on the stack are no arrays that are written at an index from outside.
hot = $(foreach name,$1,$(eval CFLAGS_$(name) += $(hot-cflags)))
hot-cflags := -fomit-frame-pointer -foptimize-sibling-calls -fno-stack-protector

objects :=

# $(call visit,folder/): reads the folder's list and those below it. The folder's objects go to
# `objects`, their own flags to flags_<object> and unflags_<object>.
visit = $(eval obj-y :=)$(eval ccflags-y :=)$(eval include $1Makefile)\
	$(eval list-$1 := $(obj-y))$(eval folder-flags-$1 := $(ccflags-y))\
	$(foreach entry,$(list-$1),$(if $(filter %/,$(entry)),\
	    $(call visit,$1$(entry)),$(call add-object,$1,$(entry))))
add-object = $(eval objects += $1$2)$(eval flags_$1$2 := $(folder-flags-$1) $(CFLAGS_$2))\
	$(eval unflags_$1$2 := $(CFLAGS_REMOVE_$2))$(eval CFLAGS_$2 :=)$(eval CFLAGS_REMOVE_$2 :=)

top-folders := bsp/$(ARCH)/ core/ drivers/ tests/kernel/ tests/bench/
$(foreach folder,$(patsubst %Makefile,%,$(wildcard $(addsuffix Makefile,$(top-folders)))),\
	$(call visit,$(folder)))

# Objects asked for by name that the configuration does not list are compiled all the same.
extra-objects := $(filter-out $(objects),$(filter %.o,$(goals)))

source-of = $(firstword $(wildcard $(1:.o=.c) $(1:.o=.S)))

asm-offsets := $(if $(wildcard bsp/$(ARCH)/asm-offsets.c),$(generated)/asm-offsets.h)

define object-rule
ifeq ($2,)
  $$(error there is no $(1:.o=.c) or $(1:.o=.S) to make $1 of)
endif
cmd_$(O)/$1 := $(filter-out $(unflags_$1),$(if $(filter %.S,$2),$(kernel-as),$(kernel-cc))) $(flags_$1) \
	-MMD -MP -MF $(O)/$1.d -c -o $(O)/$1 $2
$(call traced-rule,$(if $(filter %.S,$2),AS,CC),$(O)/$1,$2)
$(O)/$1: | $(syscall-headers) $(if $(filter %.S,$2),$(asm-offsets))
endef
$(foreach object,$(objects) $(extra-objects),\
	$(eval $(call object-rule,$(object),$(call source-of,$(object)))))

# Offsets of structure members for assembly.
ifneq ($(asm-offsets),)
offsets-source := bsp/$(ARCH)/asm-offsets.c
cmd_$(O)/asm-offsets.s := $(kernel-cc) -fno-lto -g0 -MMD -MP -MF $(O)/asm-offsets.s.d -S \
	-o $(O)/asm-offsets.s $(offsets-source)
$(eval $(call traced-rule,CC,$(O)/asm-offsets.s,$(offsets-source)))

# The header keeps its time when it stays the same, so that assembly is left alone then.
offsets-stamp := $(O)/asm-offsets.stamp
cmd_$(offsets-stamp) = scripts/build/asm-offsets.sh $(O)/asm-offsets.s $(asm-offsets)
$(eval $(call rule,GEN,$(offsets-stamp),$(O)/asm-offsets.s scripts/build/asm-offsets.sh))
$(asm-offsets): $(offsets-stamp) ;
endif

# What the kernel knows of its own making. The script leaves the file alone when nothing changed.
version := $(generated)/version.c
$(call make-dirs,$(generated))
$(if $(filter-out 0,$(shell scripts/build/version.sh $(version) \
	$(O)/include/config/name "$(CC)" >&2; echo $$?)),$(error version.sh failed))
cmd_$(O)/version.o := $(kernel-cc) -MMD -MP -MF $(O)/version.o.d -c -o $(O)/version.o $(version)
$(eval $(call traced-rule,CC,$(O)/version.o,$(version)))
$(version):

# make DIR/ and make DIR/file.o
.PHONY: $(filter %/ %.o,$(goals))
$(filter %.o,$(goals)): %.o: $(O)/%.o
$(foreach folder,$(filter %/,$(goals)),$(if $(filter $(folder)%,$(objects)),\
	$(eval $(folder): $(addprefix $(O)/,$(filter $(folder)%,$(objects)))),\
	$(error nothing below $(folder) is part of this configuration)))
