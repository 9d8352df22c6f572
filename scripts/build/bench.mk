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

bench: release-kernel bench-kernel
	$(Q)$(call bench-tool,run) \
	    --sizes "$$($(PYTHON) sys scripts/build/size.py --tsv $(ARCH) $(NM) $(release)/keel.elf \
	$(release)/$(notdir $(kernel)))"

bench-check: bench
	$(Q)$(call bench-tool,check) --baseline tests/bench/baseline-$(BOARD).tsv \
	    $(if $(filter 1 y,$(UPDATE)),--update)
