# SPDX-License-Identifier: MIT
# How a program for Keel is compiled and linked; a Makefile includes it:
#
#   include path/of/the/sdk/share/keel.mk
#   hello: hello.o
#   	$(keel-link)
#
# CC=clang, LD=ld.lld and CROSS_COMPILE= choose other tools, CFLAGS adds to the compiler's flags.
# $(KEEL_MKBOOTFS) FOLDER FILE packs a boot file system.

KEEL_SDK := $(patsubst %/share/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
KEEL_ARCH := @ARCH@
KEEL_MKBOOTFS := $(KEEL_SDK)/bin/mkbootfs

CROSS_COMPILE ?= @CROSS@
ifneq ($(filter default undefined,$(origin CC)),)
  CC := $(CROSS_COMPILE)gcc
endif
ifneq ($(filter default undefined,$(origin LD)),)
  LD := $(CROSS_COMPILE)ld
endif

ifneq ($(findstring clang,$(notdir $(firstword $(CC)))),)
  KEEL_COMPILER := --target=@TARGET@ @CODE_CLANG@ -nostdinc -isystem $(KEEL_SDK)/include \
	-isystem $(shell $(CC) -print-resource-dir)/include
else
  KEEL_COMPILER := @CODE_GCC@ -nostdinc -isystem $(KEEL_SDK)/include \
	-isystem $(shell $(CC) -print-file-name=include)
endif
KEEL_CFLAGS := -std=gnu17 -O2 -g -Wall $(KEEL_COMPILER) @CODE@
KEEL_LDFLAGS := @LINK@
KEEL_LIBS := $(KEEL_SDK)/lib/start.o $(KEEL_SDK)/lib/libkeel.a

# A program from the objects among the target's prerequisites.
keel-link = $(LD) $(KEEL_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(KEEL_LIBS)

%.o: %.c
	$(CC) $(KEEL_CFLAGS) $(CFLAGS) -c -o $@ $<
%.o: %.S
	$(CC) $(KEEL_CFLAGS) $(CFLAGS) -c -o $@ $<
