# SPDX-License-Identifier: MIT
# Goals that need no configuration, and the help.

.PHONY: help clean mrproper setup install-deps check-deps

setup install-deps:
	$(Q)scripts/setup

check-deps:
	$(Q)scripts/setup --check

# Only a folder that a build has made is emptied: O= may be a slip of the finger.
makes-nothing := help clean mrproper setup install-deps check-deps list-unit
ifneq ($(filter-out $(makes-nothing),$(goals)),)
  $(if $(wildcard $(O)/.keel-output),,$(shell scripts/build/own.sh $(O) mark))
endif
check-own := scripts/build/own.sh $(O) || { echo '$(O) is not a folder that a build made: left alone' >&2; exit 1; }

# What survives clean: the configuration alone.
clean:
	@$(check-own)
	$(Q)if [ -d $(O) ]; then \
	    find $(O) -mindepth 1 -maxdepth 1 ! -name .config -exec rm -rf {} +; fi

mrproper:
	@$(check-own)
	$(Q)rm -rf $(O)

help:
	@scripts/build/help.sh
