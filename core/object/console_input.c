/* SPDX-License-Identifier: MIT */
/* Bytes from the consoles to the process that reads them. The lock is taken alone, but for that of a wait. */
#include <keel/console_input.h>
#include <keel/errno.h>
#include <keel/object_wait.h>

static struct {
    struct spinlock lock;
    const struct process *reader;
    struct object_wait *waiting; /* a thread of the reader's */
    uint64_t put, taken;         /* bytes so far */
    char bytes[CONSOLE_INPUT_SIZE];
    void (*hook)(bool come);
} input;

static void tell(bool come)
{
    void (*hook)(bool) = READ_ONCE(input.hook);

    if (hook) {
        hook(come);
    }
}

void console_input_set_hook(void (*hook)(bool come))
{
    WRITE_ONCE(input.hook, hook);
}

bool console_input_is_read(void)
{
    return READ_ONCE(input.reader) != NULL;
}

/* Makes a process the reader; true: it has not been. */
static bool claim(const struct process *process)
{
    unsigned long irq = spin_lock(&input.lock);
    bool come = !input.reader;

    if (come) {
        WRITE_ONCE(input.reader, process);
    }
    spin_unlock(&input.lock, irq);
    return come;
}

/* Enters a wait where there is something to wait for: 1. 0: there are bytes; -EBUSY. */
static int begin_wait(const struct process *process, struct object_wait *wait)
{
    unsigned long irq = spin_lock(&input.lock);
    int result = 0;

    if (input.reader != process || input.waiting) {
        result = -EBUSY;
    } else if (input.put == input.taken) {
        input.waiting = wait;
        result = 1;
    }
    spin_unlock(&input.lock, irq);
    return result;
}

static void end_wait(void)
{
    unsigned long irq = spin_lock(&input.lock);

    input.waiting = NULL;
    spin_unlock(&input.lock, irq);
}

int console_input_wait(const struct process *process, uint64_t deadline_ns)
{
    struct object_wait wait = {0};
    int result;

    if (claim(process)) {
        tell(true);
    }
    result = begin_wait(process, &wait);
    if (result == 1) {
        result = object_wait_block(&wait, deadline_ns, 0);
        end_wait();
    }
    return result;
}

size_t console_input_peek(char *out, size_t size, uint64_t *from)
{
    unsigned long irq = spin_lock(&input.lock);
    size_t count = MIN(size, (size_t)(input.put - input.taken));

    *from = input.taken;
    for (size_t i = 0; i < count; i++) {
        out[i] = input.bytes[(input.taken + i) % CONSOLE_INPUT_SIZE];
    }
    spin_unlock(&input.lock, irq);
    return count;
}

bool console_input_take(uint64_t from, size_t count)
{
    unsigned long irq = spin_lock(&input.lock);
    bool good = input.taken == from && count <= input.put - from;

    if (good) {
        input.taken += count;
    }
    spin_unlock(&input.lock, irq);
    return good;
}

void console_input_put(char byte)
{
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(&input.lock);

    if (input.reader && input.put - input.taken < CONSOLE_INPUT_SIZE) {
        input.bytes[input.put++ % CONSOLE_INPUT_SIZE] = byte;
        if (input.waiting) {
            object_wait_end(input.waiting, 0, &cleanup);
        }
    }
    spin_unlock(&input.lock, irq);
    cleanup_run(&cleanup);
}

void console_input_release(const struct process *process)
{
    unsigned long irq = spin_lock(&input.lock);
    bool gone = process && input.reader == process;

    if (gone) {
        WRITE_ONCE(input.reader, NULL);
        input.taken = input.put;
    }
    spin_unlock(&input.lock, irq);
    if (gone) {
        tell(false);
    }
}
