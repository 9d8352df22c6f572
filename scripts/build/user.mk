# SPDX-License-Identifier: MIT
# Programs: each folder of user/ with a main.c is one, static and position independent, in $(O)/user/bin. The
# boot file system $(O)/bootfs.cpio holds all of them in its folder bin, and user/etc as its folder etc.

.PHONY: user
user: $(O)/bootfs.cpio
all: user

# What compiling a program takes, in the tree and outside of it: $(call user-code,ARCH,gcc or clang).
user-arch-arm64 := -march=armv8-a -mno-outline-atomics -mno-omit-leaf-frame-pointer
user-arch-riscv64 := -mabi=lp64 -mcmodel=medany
user-arch-riscv64-gcc := -march=rv64imac_zicsr_zifencei
user-arch-riscv64-clang := -march=rv64imac -mno-relax
user-arch-x86_64 := -m64 -march=x86-64 -fcf-protection=none -mno-omit-leaf-frame-pointer
user-code = $(user-arch-$1) $(user-arch-$1-$2)
user-code-all := -ffreestanding -fPIE -fvisibility=hidden -ftls-model=local-exec -ffunction-sections \
	-fdata-sections -fno-common -fno-omit-frame-pointer -fno-optimize-sibling-calls \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-stack-protector
# GNU ld of riscv64 leaves empty relocations in code where that finds thread-local variables.
user-link := -pie --no-dynamic-linker -z $(if $(filter riscv64,$(ARCH)),notext,text) -z noexecstack -z norelro -z separate-code \
	-z max-page-size=4096 --build-id=none --no-undefined --gc-sections -e _start

# The library is memcpy() and the others: the compiler must make no calls of them of the loops that they are.
user-gcc := -fno-tree-loop-distribute-patterns
user-aflags := -nostdinc -Iuser/lib/include -I$(O)/include -Iinclude/uapi -isystem $(compiler-headers) \
	$(call user-code,$(ARCH),$(compiler)) $(reproducible-$(compiler)) -g $(werror)
user-cflags := -std=gnu17 -O2 -fno-builtin $(user-code-all) $(user-$(compiler)) $(warnings) \
	$(warnings-$(compiler))
# Stacks of programs have room for more than the kernel's.
user-cflags += -Wframe-larger-than=4096
user-ldflags := $(user-link) $(if $(werror),--fatal-warnings)

user-stubs := $(generated)/syscall_stubs.S
$(eval $(call made-of-table,stubs-$(ARCH),$(user-stubs)))

# What the library shares with the kernel, which has names of its own for it there.
user-shared := $(addprefix core/lib/,builtins.c cpio.c elf.c format.c line.c status.c strlcpy.c)
user-shared-names := bits_positions cpio_find cpio_next elf_read format_address format_buffer format_string format_text line_begin line_feed line_show status_text
user-shared-flags := -Iinclude -Dksnprintf=snprintf $(foreach name,$(user-shared-names),-D$(name)=lib_$(name))
user-sharing := core/lib/% user/lib/load/% user/lib/c/error.c user/lib/c/format.c user/lib/thread/local.c user/console/terminal.c
user-own-flags = $(if $(filter $(user-sharing),$1),$(user-shared-flags))

user-object = $(O)/$(patsubst core/%,user/core/%,$(patsubst $(O)/%,%,$(basename $1))).o

# $1: source, $2: object
define user-object-rule
cmd_$2 := $(CC) $(target-flag) $(user-aflags) $(if $(filter %.S,$1),,$(user-cflags)) $(call user-own-flags,$1) \
	-MMD -MP -MF $2.d -c -o $2 $1
$$(eval $$(call traced-rule,$(if $(filter %.S,$1),AS,CC),$2,$1))
$2: | $(syscall-headers)
endef

# $1: program, $2: objects
define user-program-rule
cmd_$(O)/user/bin/$1 := $(LD) $(user-ldflags) -o $(O)/user/bin/$1 $2
$$(eval $$(call rule,LD,$(O)/user/bin/$1,$2))
endef

# The library is an archive: a program links what it uses. Its first instructions stand beside it.
user-start-source := user/lib/start/$(ARCH)/start.S
user-lib-sources := $(wildcard user/lib/*/*.c user/lib/*/$(ARCH)/*.c user/lib/*/$(ARCH)/*.S) $(user-shared) $(user-stubs)
user-lib-objects := $(foreach source,$(filter-out $(user-start-source),$(user-lib-sources)),\
	$(call user-object,$(source)))
user-archive := $(O)/user/lib/libkeel.a
user-lib := $(call user-object,$(user-start-source)) $(user-archive)
cmd_$(user-archive) := rm -f $(user-archive) && $(AR) rcsD $(user-archive) $(user-lib-objects)
$(eval $(call rule,AR,$(user-archive),$(user-lib-objects)))

user-programs := $(patsubst user/%/main.c,%,$(wildcard user/*/main.c))
user-sources := $(wildcard $(patsubst %,user/%/*.c,$(user-programs)))

$(foreach source,$(user-lib-sources) $(user-sources),\
	$(eval $(call user-object-rule,$(source),$(call user-object,$(source)))))
$(foreach program,$(user-programs),$(eval $(call user-program-rule,$(program),\
	$(foreach source,$(filter user/$(program)/%,$(user-sources)),$(call user-object,$(source))) $(user-lib))))

# The programs that test the kernel from user space are packed where the kernel has its own tests.
user-tests := $(if $(CONFIG_KTEST),$(patsubst tests/user/%/main.c,%,$(wildcard tests/user/*/main.c)))
user-test-lib := $(if $(user-tests),$(wildcard tests/user/*.c) $(generated)/syscall_grammar.c)
user-test-sources := $(wildcard $(patsubst %,tests/user/%/*.c,$(user-tests)))
user-aflags += $(if $(user-tests),-Itests/user $(if $(CONFIG_SYSCALL_FROM_VDSO_ONLY),-DCALLS_FROM_VDSO_ONLY=1))
$(if $(user-tests),$(eval $(call made-of-table,grammar,$(generated)/syscall_grammar.c)))
$(foreach source,$(user-test-lib) $(user-test-sources),\
	$(eval $(call user-object-rule,$(source),$(call user-object,$(source)))))
$(foreach test,$(user-tests),$(eval $(call user-program-rule,$(test),\
	$(foreach source,$(filter tests/user/$(test)/%,$(user-test-sources)) $(user-test-lib),\
	$(call user-object,$(source))) $(user-lib))))

# Those of the library that are not the kernel's, too.
user-objects := $(foreach source,$(filter-out core/%,$(filter %.c,$(user-lib-sources) $(user-sources) $(user-test-lib) \
	$(user-test-sources))),$(call user-object,$(source)))
user-files := $(addprefix $(O)/user/bin/,$(user-programs) $(user-tests))
user-etc := $(wildcard user/etc/*)
cmd_$(O)/bootfs.cpio := rm -rf $(O)/bootfs && mkdir -p $(O)/bootfs/bin $(O)/bootfs/etc && \
	cp $(user-files) $(O)/bootfs/bin && cp $(user-etc) $(O)/bootfs/etc && \
	$(PYTHON) sys scripts/mkbootfs $(O)/bootfs $(O)/bootfs.cpio
$(eval $(call rule,PACK,$(O)/bootfs.cpio,$(user-files) $(user-etc) scripts/mkbootfs))

# What programs outside of the tree are built with. Headers of three places become one folder; keel.mk tells how
# this library was compiled and linked.
.PHONY: sdk
sdk := $(O)/sdk
sdk: $(sdk).stamp
sdk-headers := $(wildcard include/uapi/keel/*.h user/lib/include/*.h user/lib/include/keel/*.h) \
	$(filter $(O)/include/keel/%,$(syscall-headers))
sdk-template := user/sdk/keel.mk
sdk-words := ARCH=$(ARCH) CROSS=$(cross-default) TARGET=$(clang-target) 'CODE=$(user-code-all) $(user-arch-$(ARCH))' \
	'CODE_GCC=$(user-arch-$(ARCH)-gcc)' 'CODE_CLANG=$(user-arch-$(ARCH)-clang)' 'LINK=$(user-link)'
cmd_$(sdk).stamp := scripts/build/sdk.sh $(sdk) $(sdk-template) '$(sdk-headers)' '$(user-lib)' $(sdk-words) && \
	touch $(sdk).stamp
$(eval $(call rule,PACK,$(sdk).stamp,scripts/build/sdk.sh scripts/mkbootfs $(sdk-template) $(sdk-headers) \
	$(user-lib)))
