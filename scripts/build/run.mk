# SPDX-License-Identifier: MIT
# Starting the configured board in the emulator.

# What run and bench start: BOARD=, else the first configured board.
BOARD ?= $(firstword $(boards))
launcher = scripts/qemu/$(BOARD)
has-launcher = $(if $(and $(BOARD),$(wildcard $(launcher))),,\
	$(error $(or $(BOARD),the configuration without a board) cannot be run; \
	there are: $(notdir $(wildcard scripts/qemu/*-*))))

.PHONY: run debug
run: kernel dtbs
	$(has-launcher)
	$(Q)O=$(O) $(launcher)
debug: kernel dtbs
	$(has-launcher)
	$(Q)O=$(O) scripts/debug $(BOARD)

# Commands for the console, separated by semicolons, that are to be seen in the trace.
TRACE_CMD ?= trace work

# A configuration without the trace gets a kernel of its own, below $(O)/trace.
trace-out := $(if $(CONFIG_TRACE),$(O),$(O)/trace)

.PHONY: trace trace-kernel
trace: trace-kernel
	$(has-launcher)
	$(Q)$(PYTHON) selectors scripts/trace/run.py $(BOARD) --out $(trace-out) \
	    --output $(O)/trace.json --commands $(call quote,$(TRACE_CMD))

ifeq ($(CONFIG_TRACE),y)
trace-kernel: kernel dtbs
else
trace-kernel: $(O)/trace/.config
	+$(Q)$(MAKE) O=$(O)/trace kernel dtbs

$(O)/trace/.config: $(O)/.config configs/trace.config
	$(Q)mkdir -p $(@D)
	$(Q)cp $(O)/.config $@
	+$(Q)$(MAKE) O=$(@D) trace.config
endif
