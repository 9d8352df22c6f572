# SPDX-License-Identifier: MIT
# Measuring the configured board. Instructions are counted in a build of the present configuration
# with bench.config on top, below $(O)/bench; sizes are those of the board's defconfig, whatever is
# configured.

.PHONY: bench bench-check bench-kernel release-kernel

release := $(O)/bench/release
bench-kernel := $(O)/bench/$(notdir $(kernel))
bench-tool = $(PYTHON) sys scripts/bench.py $1 --board $(BOARD) --arch $(ARCH) \
	--kernel $(bench-kernel) --initrd $(O)/bench/bootfs.cpio --out $(O)/bench.tsv \
	--report $(O)/bench/report.html $(if $(MEM),--mem $(MEM))

$(O)/bench/.config: $(O)/.config configs/bench.config
	$(Q)mkdir -p $(@D)
	$(Q)cp $(O)/.config $@
	+$(Q)$(MAKE) O=$(@D) bench.config

bench-kernel: $(O)/bench/.config
	+$(Q)$(MAKE) O=$(O)/bench kernel user

release-kernel:
	$(has-launcher)
	+$(Q)$(MAKE) O=$(release) $(BOARD)_defconfig kernel

ifeq ($(PEER),)
bench: release-kernel bench-kernel
	$(Q)$(call bench-tool,run) \
	    --sizes "$$($(PYTHON) sys scripts/build/size.py --tsv $(ARCH) $(NM) $(release)/keel.elf \
	$(release)/$(notdir $(kernel)))"
else ifeq ($(PEER),linux)
bench: bench-peer
else
bench:
	$(error PEER=$(PEER) is not known: PEER=linux is)
endif

# Linux: Debian's own kernel, fetched when it is first wanted, starts our program of tests/bench/linux.
peer := $(O)/bench/linux
peer-arch := $(patsubst x86_64,amd64,$(ARCH))
peer-cc := $(CC) $(target-flag) -std=gnu17 -O2 -ffreestanding -fno-builtin -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables $(warnings) $(if $(filter riscv64,$(ARCH)),-mno-relax) -c
peer-ld := $(LD) -static --build-id=none -z noexecstack -z separate-code

.PHONY: bench-peer
bench-peer: bench-kernel
	$(Q)rm -rf $(peer) && mkdir -p $(peer)/root/dev
	$(Q)set -e; for source in bench.c start.S tiny.S; do \
	    $(peer-cc) -o $(peer)/$$source.o tests/bench/linux/$$source; done
	$(Q)$(peer-ld) -o $(peer)/root/init $(peer)/bench.c.o $(peer)/start.S.o
	$(Q)$(peer-ld) -s -o $(peer)/root/tiny $(peer)/tiny.S.o
	$(Q)$(PYTHON) sys scripts/mkbootfs $(peer)/root $(peer)/root.cpio
	$(Q)linux=$$(scripts/setup --linux $(peer-arch)) && \
	    $(PYTHON) sys scripts/bench.py peer --board $(BOARD) --arch $(ARCH) --kernel $(bench-kernel) \
	    --initrd $(O)/bench/bootfs.cpio --linux $$linux/kernel --linux-initrd $(peer)/root.cpio \
	    --out $(O)/peer-linux.tsv --timeout 900 $(if $(MEM),--mem $(MEM))

bench-check: bench
	$(Q)$(call bench-tool,check) --baseline tests/bench/baseline-$(BOARD).tsv \
	    $(if $(filter 1 y,$(UPDATE)),--update)
