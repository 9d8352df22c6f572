# SPDX-License-Identifier: MIT
# The tools for the configured architecture and the flags they get. What only one architecture wants
# stands in bsp/<arch>/arch.mk, which sets
#   cross-default, clang-target      the toolchain's names
#   arch-cflags (-gcc, -clang)       code generation
#   arch-ldflags                     linking
#   kasan-offset                     where shadow of address 0 would lie
#   image                            y when the port boots from the flat Image too

include bsp/$(ARCH)/arch.mk

CROSS_COMPILE ?= $(cross-default)

# $(call tool,NAME,default): NAME= counts, also from the environment, but for the bare names that
# there mean the host's own tools.
tool = $(if $(filter command,$(origin $1)),$($1),$(if $(filter environment,$(origin $1)),$(or \
	$(filter-out cc gcc ld objcopy nm ar,$($1)),$2),$2))

override CC := $(call tool,CC,$(CROSS_COMPILE)gcc)
override LD := $(call tool,LD,$(CROSS_COMPILE)ld)
override OBJCOPY := $(call tool,OBJCOPY,$(CROSS_COMPILE)objcopy)
override NM := $(call tool,NM,$(CROSS_COMPILE)nm)
override AR := $(call tool,AR,$(CROSS_COMPILE)ar)
DTC ?= dtc

is-clang := $(findstring clang,$(notdir $(firstword $(CC))))
compiler := $(if $(is-clang),clang,gcc)

$(call require,$(firstword $(CC)) $(LD) $(OBJCOPY) $(NM) $(AR) $(DTC))

# Of a toolchain that somebody names: whether it is for this architecture.
machine-of = $(if $(is-clang),,$(shell $(CC) -dumpmachine 2>&1))
triple-arm64 := aarch64
triple-riscv64 := riscv64
triple-x86_64 := x86_64
ifneq ($(CC),$(cross-default)gcc)
  ifeq ($(filter $(triple-$(ARCH))%,$(if $(is-clang),$(triple-$(ARCH)),$(machine-of))),)
    $(error $(CC) compiles for $(machine-of), not for $(ARCH), which the configuration is for: \
      without CROSS_COMPILE= and CC= it is $(cross-default)gcc)
  endif
endif

ifneq ($(filter 1 y true,$(CI) $(WERROR)),)
  werror := -Werror
endif

includes := -Iinclude -Iinclude/uapi -Ibsp/$(ARCH)/include -I$(O)/include

# No path of this machine ends up in the output: sources are named from the top of the tree.
reproducible-gcc := -fdebug-prefix-map=$(srctree)=/keel -ffile-prefix-map=$(O)=build
reproducible-clang := -fdebug-compilation-dir=/keel -ffile-prefix-map=$(O)=build

warnings := -Wall -Wextra -Wshadow -Wundef -Wvla -Wmissing-prototypes -Wstrict-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wimplicit-fallthrough \
	-Wno-unused-parameter -Wframe-larger-than=$(or $(CONFIG_FRAME_LIMIT),1024)
warnings-gcc := -Wlogical-op -Wno-address-of-packed-member
warnings-clang := -Wno-address-of-packed-member -Wno-gnu-variable-sized-type-not-at-end
ifeq ($(W),1)
  warnings += -Wcast-align -Wcast-qual -Wconversion -Wredundant-decls -Wunused-parameter \
	-Wmissing-declarations -Wswitch-enum
endif

ubsan-gcc := -fsanitize=undefined -fsanitize-undefined-trap-on-error
ubsan-clang := -fsanitize=undefined -fsanitize-trap=undefined

# Calls in front of every access. Around variables on the stack functions mark shadow themselves, at an
# eighth of the address plus kasan-offset: what runs with the MMU off goes without all of it.
kasan-flags-gcc := -fsanitize=kernel-address --param=asan-globals=1 \
	--param=asan-instrumentation-with-call-threshold=0
kasan-flags-clang := -fsanitize=kernel-address -mllvm -asan-globals=1 \
	-mllvm -asan-instrumentation-with-call-threshold=0
kasan-stack-gcc-y := --param=asan-stack=1 -fasan-shadow-offset=$(kasan-offset) \
	-fsanitize-address-use-after-scope
kasan-stack-gcc- := --param=asan-stack=0
kasan-stack-clang-y := -mllvm -asan-stack=1 -mllvm -asan-mapping-offset=$(kasan-offset) \
	-mllvm -asan-use-after-scope=1
kasan-stack-clang- := -mllvm -asan-stack=0
kasan-stack := $(kasan-stack-$(compiler)-$(CONFIG_KASAN_STACK))
kasan-flags := $(if $(CONFIG_KASAN),$(kasan-flags-$(compiler)) $(kasan-stack))

ifeq ($(compiler),clang)
  compiler-headers := $(shell $(CC) -print-resource-dir)/include
else
  compiler-headers := $(shell $(CC) -print-file-name=include)
endif

kernel-cppflags := -nostdinc $(includes) -isystem $(compiler-headers) -D__KERNEL__ \
	-include include/keel/kconfig.h $(if $(CONFIG_KASAN),-DKASAN_SHADOW_OFFSET=$(kasan-offset))

kernel-cflags := -std=gnu17 -O2 -g -ffunction-sections -ffreestanding -fno-common -fPIE -fvisibility=hidden \
	-include include/keel/hidden.h \
	-fno-strict-aliasing -fno-omit-frame-pointer -fno-optimize-sibling-calls \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-delete-null-pointer-checks \
	-fstack-protector-strong $(reproducible-$(compiler)) \
	$(arch-cflags) $(arch-cflags-$(compiler)) $(if $(CONFIG_UBSAN),$(ubsan-$(compiler))) $(kasan-flags) \
	$(warnings) $(warnings-$(compiler)) $(werror)

kernel-aflags := -D__ASSEMBLY__ -g $(reproducible-$(compiler)) \
	$(arch-cflags) $(arch-cflags-$(compiler)) $(arch-aflags) $(werror)

ifeq ($(compiler),clang)
  target-flag := --target=$(clang-target)
endif

kernel-cc := $(CC) $(target-flag) $(kernel-cppflags) $(kernel-cflags)
kernel-as := $(CC) $(target-flag) $(kernel-cppflags) $(kernel-aflags)
kernel-cpp := $(CC) $(target-flag) $(kernel-cppflags) $(arch-cflags) $(arch-cflags-$(compiler)) \
	-E -P -x assembler-with-cpp -D__ASSEMBLY__ -D__LINKER__ -Ulinux -Uunix -Uriscv

kernel-ldflags := -pie --no-dynamic-linker -z text -z noexecstack -z norelro \
	-z max-page-size=4096 --gc-sections --build-id=none --no-undefined \
	$(if $(werror),--fatal-warnings) $(arch-ldflags)
