/* SPDX-License-Identifier: MIT */
/* What of user space's C library stands beside the host's: names of its own, for renamed_user.c and its test. */
#ifndef TESTS_RENAMED_USER_H
#define TESTS_RENAMED_USER_H

#define strcasecmp  user_strcasecmp
#define strncasecmp user_strncasecmp
#define strpbrk     user_strpbrk
#define strtok_r    user_strtok_r
#define strtol      user_strtol
#define strtoul     user_strtoul
#define strtoll     user_strtoll
#define strtoull    user_strtoull
#define atoi        user_atoi
#define atol        user_atol
#define abs         user_abs
#define labs        user_labs
#define qsort       user_qsort
#define bsearch     user_bsearch
#define snprintf    user_snprintf
#define vsnprintf   user_vsnprintf
#define isalnum     user_isalnum
#define isalpha     user_isalpha
#define isblank     user_isblank
#define iscntrl     user_iscntrl
#define isdigit     user_isdigit
#define isgraph     user_isgraph
#define islower     user_islower
#define isprint     user_isprint
#define ispunct     user_ispunct
#define isspace     user_isspace
#define isupper     user_isupper
#define isxdigit    user_isxdigit
#define tolower     user_tolower
#define toupper     user_toupper

#endif
