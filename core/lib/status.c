/* SPDX-License-Identifier: MIT */
/* Status codes in words. */
#include <keel/errno.h>
#include <keel/status.h>
#include <keel/types.h>

/* A switch and not a table: the codes are few and far apart. */
const char *status_text(int status)
{
    switch (-status) {
    case 0:
        return "success";
    case EPERM:
        return "not permitted";
    case ENOENT:
        return "not found";
    case EIO:
        return "input or output error";
    case ENXIO:
        return "no such device behind the address";
    case E2BIG:
        return "too large";
    case EBADF:
        return "bad handle";
    case EAGAIN:
        return "would have to wait";
    case ENOMEM:
        return "out of memory";
    case EACCES:
        return "access denied";
    case EFAULT:
        return "bad address";
    case EBUSY:
        return "in use";
    case EEXIST:
        return "exists already";
    case ENODEV:
        return "no such device";
    case EINVAL:
        return "bad argument";
    case ENOTTY:
        return "of another type";
    case ENOSPC:
        return "no room left";
    case EPIPE:
        return "the peer is closed";
    case ERANGE:
        return "out of range";
    case ENAMETOOLONG:
        return "name too long";
    case ENOSYS:
        return "not in this kernel";
    case ELOOP:
        return "a cycle";
    case EPROTO:
        return "malformed data";
    case EOVERFLOW:
        return "too large to compute with";
    case EILSEQ:
        return "illegal byte sequence";
    case ENOTSUP:
        return "not supported";
    case ETIMEDOUT:
        return "no answer in time";
    case ECANCELED:
        return "given up";
    default:
        return "unknown error";
    }
}
