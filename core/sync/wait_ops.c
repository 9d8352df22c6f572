/* SPDX-License-Identifier: MIT */
/* What the scheduler fills in. */
#include <keel/wait.h>

const struct wait_ops *wait_ops;
