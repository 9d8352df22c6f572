# SPDX-License-Identifier: MIT
# Tests. A part of `make check` is an executable file scripts/check/<part>.run, started with O, MAKE and
# RESULTS in its environment; it writes a line `PASS name` or `FAIL name: why` for each test to RESULTS.

parts := $(sort $(notdir $(basename $(wildcard scripts/check/*.run))))

.PHONY: check check-long $(addprefix check-,$(parts))

check:
	@+O=$(O) MAKE='$(MAKE)' $(PYTHON) sys scripts/check.py $(parts)

check-long:
	@+LONG=1 O=$(O) MAKE='$(MAKE)' $(PYTHON) sys scripts/check.py $(parts)

$(addprefix check-,$(parts)): check-%:
	@+O=$(O) MAKE='$(MAKE)' $(PYTHON) sys scripts/check.py $*
