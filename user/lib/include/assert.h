/* SPDX-License-Identifier: MIT */
/* What must hold (C17, 7.2): if it does not, the program says so and ends by abort(). */
#ifndef USER_ASSERT_H
#define USER_ASSERT_H

__attribute__((noreturn)) void keel_assert_failed(const char *what, const char *file, int line);

#define static_assert _Static_assert

#endif

#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) \
    ((condition) ? (void)0 : keel_assert_failed(#condition, __FILE__, __LINE__))
#endif
