/* SPDX-License-Identifier: MIT */
/* Alternatives settled when the test is built: KEEL_TEST_REPLACEMENTS takes the second forms. */
#ifndef ARCH_ALTERNATIVE_H
#define ARCH_ALTERNATIVE_H

#ifdef KEEL_TEST_REPLACEMENTS
#define ALT_BEGIN .if 0
#else
#define ALT_BEGIN .if 1
#endif
/* The rest of the line, the feature, becomes a comment. */
#define ALT_ELSE .else #
#define ALT_END  .endif

#endif
