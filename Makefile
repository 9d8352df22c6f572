# SPDX-License-Identifier: MIT
# The front door of the build: where sources and output lie, and what is read for which goal.
# `make help` lists the goals; docs/building.md tells the rest.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := /bin/sh
unexport CDPATH GREP_OPTIONS
export LC_ALL := C
export PYTHONDONTWRITEBYTECODE := 1

# make and the shell give these a meaning of their own.
hash := \#
unfit-letters := : % ~ = ; & | < > ( ) { } [ ] * ? ! ' " ` \ $(hash) ,
unfit = $(strip $(filter-out 0 1,$(words $1)) \
	$(foreach letter,$(unfit-letters),$(findstring $(letter),$1)))
ifneq ($(call unfit,$(MAKEFILE_LIST))$(call unfit,$(CURDIR)),)
  $(error the path of the source tree has a space or one of $(unfit-letters) in it: move the tree)
endif
srctree := $(patsubst %/,%,$(dir $(abspath $(MAKEFILE_LIST))))

O ?= build
ifneq ($(call unfit,$(O)),)
  $(error the output folder O=$(O) has a space or one of $(unfit-letters) in it: choose another)
endif
override O := $(or $(abspath $(O)),$(srctree)/build)
# `make clean` empties it.
source-folders := $(addprefix $(srctree)/,.ci .git bsp configs core docs drivers dts \
	include scripts tests user)
ifneq ($(filter $(O:/=)/%,$(srctree)/)$(filter $(source-folders) $(source-folders:=/%),$(O)),)
  $(error O=$(O) must not be the source tree itself, a part of it, or above it: choose another)
endif

goals := $(or $(MAKECMDGOALS),all)
# Goals that change what later goals on the same command line stand on: each of them, and all that
# follow, run in makes of their own, one after the other.
stepwise := setup install-deps clean mrproper defconfig %config %.config
one-by-one := $(and $(filter $(stepwise),$(goals)),$(word 2,$(goals)))

ifneq ($(CURDIR),$(srctree))

.PHONY: $(sort $(goals)) elsewhere
$(sort $(goals)): elsewhere
	@:
elsewhere:
	@$(MAKE) -C $(srctree) O=$(O) $(goals)

else ifneq ($(one-by-one),)

.PHONY: $(sort $(goals)) in-order
$(sort $(goals)): in-order
	@:
in-order:
	@set -e; for goal in $(goals); do $(MAKE) O=$(O) $$goal; done

else

include scripts/build/lib.mk
include scripts/build/config.mk
include scripts/build/check.mk
include scripts/build/unit.mk
include scripts/build/goals.mk
ifneq ($(fresh),)
  include scripts/build/flags.mk
  include scripts/build/syscalls.mk
  include scripts/build/objects.mk
  include scripts/build/link.mk
  include scripts/build/user.mk
  include scripts/build/vdso.mk
  include scripts/build/dts.mk
  include scripts/build/reports.mk
  include scripts/build/run.mk
  include scripts/build/bench.mk
endif

endif
