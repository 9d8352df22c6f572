# SPDX-License-Identifier: MIT
# What is made of the table of system calls; scripts/build/syscalls.py says what there is.

syscalls := scripts/build/syscalls.py
syscall-table := include/uapi/keel/syscalls.tbl

# $(call made-of-table,KIND,FILE)
define made-of-table
cmd_$2 := $(PYTHON) sys $(syscalls) $1 $(syscall-table) $2
$$(eval $$(call rule,GEN,$2,$(syscall-table) $(syscalls)))
endef

syscall-headers := $(O)/include/keel/syscall_numbers.h $(O)/include/keel/syscalls.h \
	$(generated)/syscall_handlers.h
$(eval $(call made-of-table,numbers,$(O)/include/keel/syscall_numbers.h))
$(eval $(call made-of-table,prototypes,$(O)/include/keel/syscalls.h))
$(eval $(call made-of-table,handlers,$(generated)/syscall_handlers.h))
$(eval $(call made-of-table,dispatch,$(generated)/syscall_dispatch.c))
$(eval $(call made-of-table,names,$(generated)/syscall_names.c))

# What checks arguments goes on to what performs the call, and leaves no frame of its own; it has no arrays.
syscall-objects := $(O)/syscall_dispatch.o $(if $(CONFIG_TRACE),$(O)/syscall_names.o)
define syscall-object-rule
cmd_$(O)/$1.o := $(kernel-cc) -fomit-frame-pointer -foptimize-sibling-calls -fno-stack-protector -MMD -MP \
	-MF $(O)/$1.o.d -c -o $(O)/$1.o $(generated)/$1.c
$$(eval $$(call traced-rule,CC,$(O)/$1.o,$(generated)/$1.c))
$(O)/$1.o: | $(syscall-headers)
endef
$(eval $(call syscall-object-rule,syscall_dispatch))
$(eval $(call syscall-object-rule,syscall_names))
