/* SPDX-License-Identifier: MIT */
/* User space's C library as user_*: its headers stand in for the host's. */
#define _STRING_H        1
#define _STRINGS_H       1
#define _CTYPE_H         1
#define _STDLIB_H        1
#define _STDIO_H         1

#define KEEL_TEST_PREFIX user_
#include "renamed_user.h"
#include "renamed.h"

#include "../../user/lib/include/ctype.h"
#include "../../user/lib/include/stdio.h"
#include "../../user/lib/include/stdlib.h"
#include "../../user/lib/include/string.h"
#include "../../user/lib/include/strings.h"

#include "../../core/lib/strlcpy.c"
#include "../../user/lib/c/ctype.c"
#include "../../user/lib/c/format.c"
#include "../../user/lib/c/memory.c"
#include "../../user/lib/c/number.c"
#include "../../user/lib/c/sort.c"
#include "../../user/lib/c/string.c"
