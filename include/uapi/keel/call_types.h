/* SPDX-License-Identifier: MIT */
/* All types that arguments of system calls have. */
#ifndef KEEL_UAPI_CALL_TYPES_H
#define KEEL_UAPI_CALL_TYPES_H

#include <keel/base.h>
#include <keel/channel.h>
#include <keel/info.h>
#include <keel/interrupt.h>
#include <keel/ktrace.h>
#include <keel/log_record.h>
#include <keel/memory.h>
#include <keel/objects.h>
#include <keel/packet.h>
#include <keel/property.h>
#include <keel/resource.h>
#include <keel/rights.h>
#include <keel/signals.h>
#include <keel/thread_state.h>

#endif
