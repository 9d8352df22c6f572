# SPDX-License-Identifier: MIT
# Device trees: dts/<arch>/<board>.dts to $(O)/<board>.dtb, through the C preprocessor and dtc, whose
# every warning is an error; overlays (.dtso) to .dtbo. DTOVERLAYS="a b" lays $(O)/a.dtbo and b.dtbo
# over the trees of the configured boards.

dtb-sources := $(sort $(wildcard dts/$(ARCH)/*.dts))
dtbo-sources := $(sort $(wildcard dts/$(ARCH)/*.dtso))
dtbs := $(patsubst dts/$(ARCH)/%.dts,$(O)/%.dtb,$(dtb-sources))
dtbos := $(patsubst dts/$(ARCH)/%.dtso,$(O)/%.dtbo,$(dtbo-sources))

cpp-dts := $(CC) $(target-flag) -E -nostdinc -undef -D__DTS__ -x assembler-with-cpp \
	-Idts -Idts/$(ARCH) -Idts/include -ffile-prefix-map=$(O)=build

# $(call overlays-of,board): what is laid over its tree
overlays-of = $(if $(filter $1,$(boards)),$(patsubst %,$(O)/%.dtbo,$(DTOVERLAYS)))

ifneq ($(filter-out $(basename $(notdir $(dtbos))),$(DTOVERLAYS)),)
  $(error DTOVERLAYS: there is no $(filter-out $(basename $(notdir $(dtbos))),$(DTOVERLAYS)) for $(ARCH); \
    there are: $(basename $(notdir $(dtbos))))
endif

# $1: output below $(O), $2: source, $3: overlays
define dtb-rule
cmd_$(O)/$1 := $(cpp-dts) -MMD -MP -MF $(O)/$1.d -MT $(O)/$1 -o $(O)/$1.pre $2 && \
	scripts/build/dtc.sh '$(DTC)' $(O)/$1.pre $(O)/$1 $3
$(call traced-rule,DTC,$(O)/$1,$2 $3 scripts/build/dtc.sh)
endef
$(foreach source,$(dtb-sources),$(eval $(call dtb-rule,$(basename $(notdir $(source))).dtb,$(source),\
	$(call overlays-of,$(basename $(notdir $(source)))))))
$(foreach source,$(dtbo-sources),$(eval $(call dtb-rule,$(basename $(notdir $(source))).dtbo,$(source))))

.PHONY: dtbs
all: dtbs
dtbs: $(dtbs) $(dtbos)

# The tree that is linked into kernels whose firmware brings none.
ifeq ($(CONFIG_BUILTIN_DTB),y)
builtin-tree := $(O)/$(CONFIG_BUILTIN_DTB_NAME:"%"=%).dtb
cmd_$(builtin-dtb) := $(kernel-as) -DBUILTIN_DTB='"$(builtin-tree)"' -c -o $(builtin-dtb) \
	scripts/build/builtin_dtb.S
$(eval $(call rule,AS,$(builtin-dtb),scripts/build/builtin_dtb.S $(builtin-tree)))
endif
