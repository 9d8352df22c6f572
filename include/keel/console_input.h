/* SPDX-License-Identifier: MIT */
/* Keys for programs: what is typed goes to the process that reads, not to the kernel's prompt. */
#ifndef KEEL_CONSOLE_INPUT_H
#define KEEL_CONSOLE_INPUT_H

#include <keel/types.h>

struct process;

#define CONSOLE_INPUT_SIZE 1024u /* bytes that wait to be read; a power of two */

/* --- For who reads: the first process to do so is the reader until it ends --- */

/* Waits until there is a byte for the process. 0; -EBUSY: another process is the reader, or another thread
 * waits; -ETIMEDOUT at deadline_ns of clock_ns() (TIMER_NEVER: none); -ECANCELED: the process ends. Threads;
 * no lock held. */
int console_input_wait(const struct process *process, uint64_t deadline_ns);

/* Copies up to `size` of the bytes that wait, which stay; how many, and in *from where they begin. Any context. */
size_t console_input_peek(char *out, size_t size, uint64_t *from);

/* Takes bytes that were copied away; false: somebody else has been faster. Any context. */
bool console_input_take(uint64_t from, size_t count);

/* The process has ended: it is the reader no more, and what it has not read is thrown away. Nothing if it was
 * not. Any context but interrupts. */
void console_input_release(const struct process *process);

/* --- For who watches the consoles --- */

/* Whether there is a reader. */
bool console_input_is_read(void);

/* Gives the reader a byte. Nothing if there is no reader, or CONSOLE_INPUT_SIZE bytes wait already. Threads. */
void console_input_put(char byte);

/* Who is told, in the thread that reads or has ended, when a reader has come (true) or gone; set once. */
void console_input_set_hook(void (*hook)(bool come));

#endif
