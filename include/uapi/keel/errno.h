/* SPDX-License-Identifier: MIT */
/* Status codes of the kernel and of every system call: 0, or one of these negated. The values are
 * Linux's generic ones, so that a number in a log means what the reader thinks it means. */
#ifndef KEEL_UAPI_ERRNO_H
#define KEEL_UAPI_ERRNO_H

#define EPERM        1   /* not permitted to this caller */
#define ENOENT       2   /* no such name, node, property */
#define EIO          5   /* the device failed */
#define ENXIO        6   /* no such device behind the address */
#define E2BIG        7   /* argument list or message too long */
#define EBADF        9   /* bad handle */
#define EAGAIN       11  /* would have to wait */
#define ENOMEM       12  /* out of memory */
#define EACCES       13  /* a right is missing */
#define EFAULT       14  /* bad address */
#define EBUSY        16  /* in use */
#define EEXIST       17  /* exists already */
#define ENODEV       19  /* no such device */
#define EINVAL       22  /* bad argument */
#define ENOTTY       25  /* the handle is of another type */
#define ENOSPC       28  /* no room left */
#define EPIPE        32  /* the peer is closed */
#define ERANGE       34  /* result does not fit */
#define EDEADLK      35  /* would wait for itself */
#define ENAMETOOLONG 36  /* name too long */
#define ENOSYS       38  /* no such call */
#define ELOOP        40  /* a cycle where none may be */
#define EPROTO       71  /* malformed data from the other side */
#define EOVERFLOW    75  /* arithmetic would overflow */
#define EILSEQ       84  /* illegal byte sequence */
#define ENOTSUP      95  /* not supported here */
#define ETIMEDOUT    110 /* the time ran out */
#define ECANCELED    125 /* given up on request */

#endif
