# SPDX-License-Identifier: MIT
# The configuration: the goals that make and change $(O)/.config, and what the build reads of it.

export srctree
export KCONFIG_CONFIG := $(O)/.config
export CONFIG_ := CONFIG_
kconfig := $(PYTHON) kconfiglib scripts/build/kconfig.py
module := $(PYTHON) kconfiglib -m
generated := $(O)/include/generated

default-board-arm64 := qemu-virt-arm64
default-board-riscv64 := qemu-virt-riscv
default-board-x86_64 := qemu-q35
default-board := $(or $(default-board-$(ARCH)),qemu-virt-arm64)

config-goals := menuconfig nconfig guiconfig savedefconfig olddefconfig oldconfig listnewconfig \
	allyesconfig allnoconfig randconfig defconfig %_defconfig %.config
other-goals := $(config-goals) help clean mrproper setup install-deps check-deps check check-% \
	unit-% list-unit
needs-config := $(filter-out $(other-goals),$(goals))

.PHONY: menuconfig nconfig guiconfig savedefconfig olddefconfig oldconfig listnewconfig \
	allyesconfig allnoconfig randconfig defconfig

nconfig:
	@echo "nconfig: the same as menuconfig here"
	$(Q)$(MAKE) O=$(O) menuconfig

guiconfig: module := $(PYTHON) tkinter -m
menuconfig guiconfig oldconfig olddefconfig listnewconfig: | $(O)/.config
	$(Q)$(module) $@ Kconfig

savedefconfig: | $(O)/.config
	$(Q)$(kconfig) savedefconfig $(O)/defconfig
	@echo "written: $(O)/defconfig"

allyesconfig allnoconfig randconfig: | $(O)/
	$(Q)SEED=$(SEED) ARCH=$(ARCH) $(kconfig) $@

defconfig: $(default-board)_defconfig

%_defconfig: | $(O)/
	$(Q)$(kconfig) defconfig configs/$@

%.config: | $(O)/.config
	$(Q)$(kconfig) merge configs/$@

$(O)/:
	$(Q)mkdir -p $@

ifeq ($(filter $(config-goals),$(goals)),)
$(O)/.config:
	@echo "no configuration in $(O): taking $(default-board)_defconfig"
else
$(O)/.config:
endif
	$(Q)mkdir -p $(@D)
	$(Q)$(kconfig) defconfig configs/$(default-board)_defconfig

ifneq ($(needs-config),)

# auto.conf is the configuration as make reads it; the rule also brings autoconf.h (C) and
# the files that fixdep's output names (a file for each symbol, touched when it changes) up to date.
auto-conf := $(O)/include/config/auto.conf
$(auto-conf): $(O)/.config scripts/build/kconfig.py
	$(Q)mkdir -p $(O)/include/config $(generated)
	$(Q)$(kconfig) sync $(O)/include

-include $(O)/include/config/kconfig.cmd
include $(auto-conf)

# When auto.conf is old, make renews it and starts over; what stands in it now says nothing.
fresh := $(shell [ -e $(auto-conf) ] && ! [ $(O)/.config -nt $(auto-conf) ] && echo y)
override ARCH := $(patsubst "%",%,$(CONFIG_ARCH))

endif
