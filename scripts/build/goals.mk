# SPDX-License-Identifier: MIT
# Goals that need no configuration, and the help.

.PHONY: help clean mrproper setup install-deps check-deps

setup install-deps:
	$(Q)scripts/setup

check-deps:
	$(Q)scripts/setup --check

# Only a folder that a build has made is emptied: O= may be a slip of the finger.
is-ours := $(wildcard $(O)/.config $(O)/scripts/fixdep $(O)/check $(O)/unit)
disown = $(if $(or $(is-ours),$(if $(wildcard $(O)/*),,y)),,$(error $(O) is not a folder that a build made))

# What survives clean: the configuration alone.
clean:
	$(disown)
	$(Q)if [ -d $(O) ]; then \
	    find $(O) -mindepth 1 -maxdepth 1 ! -name .config -exec rm -rf {} +; fi

mrproper:
	$(disown)
	$(Q)rm -rf $(O)

help:
	@scripts/build/help.sh
