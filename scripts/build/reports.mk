# SPDX-License-Identifier: MIT
# What is read off a finished build.

.PHONY: size bloat compile_commands.json tags

all: $(O)/compile_commands.json
compile_commands.json: $(O)/compile_commands.json
commanded := $(addprefix $(O)/,$(objects)) $(user-objects)
$(O)/compile_commands.json: $(commanded) scripts/build/compile_commands.py
	$(call say,GEN,$@)
	$(Q)$(PYTHON) json scripts/build/compile_commands.py $(O) $(commanded)

size: kernel
	$(Q)$(PYTHON) sys scripts/build/size.py $(NM) $(O)/keel.elf $(kernel)

# The commit BASE, built in the same configuration, against the tree as it is.
bloat: kernel
	$(if $(BASE),,$(error usage: make bloat BASE=revision))
	$(Q)scripts/build/bloat.sh '$(BASE)' $(O)/bloat $(O)/.config '$(MAKE)'
	$(Q)$(PYTHON) sys scripts/build/bloat.py $(NM) $(O)/bloat/build/keel.elf $(O)/keel.elf

tags:
	$(call require,ctags)
	$(Q)ctags -R -f $(O)/tags --languages=C,Asm --langmap=Asm:+.S --exclude=build \
	    bsp/$(ARCH) core drivers include $(wildcard user)
	@echo "written: $(O)/tags"
