# SPDX-License-Identifier: MIT
# What every other piece of the build uses: quiet commands, and commands that are remembered so that
# a changed one is run again.

# What make was told with a single dash: `make -s` says nothing.
short-flags := $(filter-out ---%,$(firstword -$(MAKEFLAGS)))

ifeq ($(V),1)
  Q :=
  say = @:
else ifneq ($(findstring s,$(short-flags)),)
  Q := @
  say = @:
else
  Q := @
  say = @printf '  %-7s %s\n' $1 $(patsubst $(O)/%,%,$2)
endif

empty :=
squote := '
pound := \#

# $(call quote,text): one word of the shell.
quote = '$(subst $(squote),'\'',$1)'
# $(call escape,text): text as the right-hand side of a make variable.
escape = $(subst $(pound),\$(pound),$(subst $$,$$$$,$1))
# $(call differs,a,b): FORCE when the two texts are not the same.
differs = $(if $(subst x$(strip $1)x,,x$(strip $2)x)$(subst x$(strip $2)x,,x$(strip $1)x),FORCE)
# A target T is made by the command in cmd_T; saved_T, from the file T.cmd, is what made it last time.
# $(call changed,T): FORCE when these differ.
changed = $(call differs,$(saved_$1),$(cmd_$1))
# $(call save,T): the shell command that prints the assignment to saved_T.
save = printf '%s\n' $(call quote,saved_$1 := $(call escape,$(strip $(cmd_$1))))

# $(eval $(call rule,WORD,T,prerequisites)): T is made by cmd_T, also when cmd_T has changed.
# cmd_T is written to leave T.d behind if it knows what T was made of.
define rule
-include $(wildcard $2.cmd)
$2: $3 $$(call changed,$2)
	$$(call say,$1,$2)
	@mkdir -p $$(@D)
	$(Q)$$(cmd_$2)
	@$$(call save,$2) > $2.cmd
endef

# The same for a T whose command leaves a compiler's list of what it read in T.d.
define traced-rule
-include $(wildcard $2.cmd)
$2: $3 $$(call changed,$2) | $(fixdep)
	$$(call say,$1,$2)
	@mkdir -p $$(@D)
	$(Q)$$(cmd_$2)
	@{ $$(call save,$2); $(fixdep) $2.d $2 $(O); } > $2.cmd
endef

# A script's complaint that a tool is missing is one line; this hands it to make's user as it is.
# $(call require,tool...)
require = $(eval missing := $(shell scripts/build/require.sh $1))$(if $(missing),$(error $(missing)))

# $(call make-dirs,folder...): creates those that are not there, at once.
make-dirs = $(if $(filter-out $(wildcard $1),$1),$(shell mkdir -p $1))

PYTHON := scripts/build/python.sh
HOSTCC ?= gcc

# Turns a compiler's dependencies on autoconf.h into dependencies on the symbols really used.
fixdep := $(O)/scripts/fixdep
$(fixdep): scripts/build/fixdep.c
	$(call require,$(HOSTCC))
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -Wall -Wextra -o $@ $<

.PHONY: FORCE
FORCE:
