# SPDX-License-Identifier: MIT
# Builds the tests that run on the host (tests/unit/Makefile lists them) with the sanitizers, into
# $(O)/unit. No configuration is needed.

unit-y :=
include tests/unit/Makefile

unit := $(O)/unit
HOSTCFLAGS ?=
unit-cflags := -std=gnu17 -O1 -g -fno-omit-frame-pointer -fno-common -Wall -Wextra \
	-Wno-unused-parameter $(if $(filter 1 y true,$(CI) $(WERROR)),-Werror) \
	-DKEEL_HOST_TEST \
	-Itests/unit/include -Itests/unit -Iinclude -Iinclude/uapi $(HOSTCFLAGS)

# test_x-sanitize names other sanitizers for a test.
unit-sanitize := address,undefined
sanitize = -fsanitize=$(or $($1-sanitize),$(unit-sanitize)) -fno-sanitize-recover=all

unit-sources = tests/unit/$1.c $($1-srcs)
unit-objects = $(patsubst %,$(unit)/$1.d/%.o,$(basename $(call unit-sources,$1)))

# $1: test, $2: source
define unit-object-rule
cmd_$(unit)/$1.d/$(basename $2).o := $(HOSTCC) $(unit-cflags) $(call sanitize,$1) $($1-cflags) -MMD -MP \
	-MF $(unit)/$1.d/$(basename $2).o.d -c -o $(unit)/$1.d/$(basename $2).o $2
$(call traced-rule,HOSTCC,$(unit)/$1.d/$(basename $2).o,$2)
endef

define unit-rule
$(foreach source,$(call unit-sources,$1),$(eval $(call unit-object-rule,$1,$(source))))
cmd_$(unit)/$1 := $(HOSTCC) $(call sanitize,$1) -o $(unit)/$1 $(call unit-objects,$1) \
	-lcmocka $($1-libs)
$(call rule,HOSTLD,$(unit)/$1,$(call unit-objects,$1))
endef
$(foreach test,$(unit-y),$(eval $(call unit-rule,$(test))))

# unit-tests builds them; unit-test_x builds one and runs it.
.PHONY: unit-tests $(addprefix unit-,$(unit-y))
unit-tests: $(addprefix $(unit)/,$(unit-y))
$(addprefix unit-,$(unit-y)): unit-%: $(unit)/%
	$(Q)$<

.PHONY: list-unit
list-unit:
	@echo $(unit-y)
