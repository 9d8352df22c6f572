/* SPDX-License-Identifier: MIT */
/* Statuses in words: the kernel's own. */
#include <keel/status.h>
#include <string.h>

const char *strerror(int error)
{
    return status_text(error < 0 ? error : -error);
}
