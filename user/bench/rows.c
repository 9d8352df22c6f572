/* SPDX-License-Identifier: MIT */
/* The rows. */
#include "bench.h"

#include <keel/channel.h>

#define TXID sizeof(keel_txid_t)

const struct row rows[] = {
    {"syscall.null", "the cheapest call", run_null, 0, 0},
    {"clock.read", "the time", run_clock, 0, 0},
    {"handle.dup_close", "a handle duplicated, and closed", run_dup_close, 0, 0},
    {"event.signal", "an event signalled, nobody waits", run_signal, 0, 0},
    {"channel.write_read.64", "64 bytes written and read by one thread", run_write_read, 64, 0},
    {"ipc.call.0", "a call to another process and its answer, empty", run_call, TXID, TXID},
    {"ipc.call.64", "64 bytes there, 64 back", run_call, 64, 64},
    {"ipc.call.1024", "1 KiB there, 1 KiB back", run_call, 1024, 1024},
    {"ipc.call.4096", "4 KiB there, an empty answer", run_call, 4096, TXID},
    {"ipc.call.handle", "a call with a handle, which the other closes", run_call_handle, TXID,
     TXID},
    {"event.wake", "a signal to another process that waits, one way", run_wake, 0, 0},
    {"port.packet", "a packet to another process, and one back", run_packet, 0, 0},
    {"futex.pingpong", "two threads that wake each other, there and back", run_futex, 0, 0},
    {"thread.yield", "from a thread to another of the process", run_yield, 0, 0},
    {"thread.create_join", "a thread made, started, ended, waited for", run_thread, 0, 0},
    {"process.spawn_wait", "a program loaded, run, ended, waited for", run_spawn, 0, 0},
    {"fault.zero", "the first touch of a page", run_fault_zero, 0, 0},
    {"fault.cow", "the first write to a page that a copy shares", run_fault_copy, 0, 0},
    {"vm.map_unmap.1", "a page mapped and unmapped", run_map, 0, 0},
    {"irq.user", "from a device's interrupt to its driver", run_irq, 0, 0},
    {"boot.init", "from the kernel's entry to main() of the first program", run_boot, 0, 0},
};

const unsigned row_count = sizeof(rows) / sizeof(rows[0]);
