/* SPDX-License-Identifier: MIT */
/* Makes threads and processes for tests. */
#include "workers.h"

#include "../objects.h"
#include "../raw_call.h"

#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscall_numbers.h>
#include <stddef.h>

#define STACK_SIZE 16384u
#define PATIENCE   30000u
#define RX         (KEEL_VM_PERM_READ | KEEL_VM_PERM_EXECUTE)
#define RW         (KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE)
/* Local symbols will not do: assemblers know them by their section, of which a table of addresses has one. */
#define PROGRAMS                                        \
    ".pushsection .rodata.programs, \"a\"\n.balign 8\n" \
    ".globl exit_program, call_program, spin_program, exit_call, programs_end\n"
#define EXIT_CALL ".balign 8\n exit_call: .quad 0\n programs_end: .popsection"

/* Programs that lie anywhere: one ends with its second argument, one makes the call that that points to, one
 * never ends. At exit_call is put where the vDSO has process_exit. */
extern const char exit_program[], call_program[], spin_program[], exit_call[], programs_end[];
#if defined(__aarch64__)
__asm__(PROGRAMS "exit_program: mov x0, x1\n ldr x16, exit_call\n br x16\n"
                 "call_program: mov x19, x1\n ldr x16, [x19]\n ldp x9, x1, [x19, #8]\n"
                 "cbnz x0, 1f\n mov x0, x9\n 1: ldp x2, x3, [x19, #24]\n"
                 "ldp x4, x5, [x19, #40]\n blr x16\n"
                 "str x0, [x19, #56]\n ldr x16, exit_call\n br x16\n"
                 "spin_program: b spin_program\n" EXIT_CALL);
#elif defined(__riscv)
__asm__(PROGRAMS
        ".option push\n .option norelax\n"
        "exit_program: mv a0, a1\n ld t1, exit_call\n jr t1\n"
        "call_program: mv s1, a1\n ld t1, 0(s1)\n bnez a0, 1f\n ld a0, 8(s1)\n 1: ld a1, 16(s1)\n"
        "ld a2, 24(s1)\n ld a3, 32(s1)\n ld a4, 40(s1)\n ld a5, 48(s1)\n jalr t1\n"
        "sd a0, 56(s1)\n ld t1, exit_call\n jr t1\n"
        "spin_program: j spin_program\n .option pop\n" EXIT_CALL);
#elif defined(__x86_64__)
__asm__(PROGRAMS "exit_program: movq %rsi, %rdi\n jmp *exit_call(%rip)\n"
                 "call_program: movq %rsi, %rbx\n leaq 4096(%rbx), %rsp\n movq (%rbx), %rax\n"
                 "testq %rdi, %rdi\n jnz 1f\n movq 8(%rbx), %rdi\n"
                 "1: movq 16(%rbx), %rsi\n movq 24(%rbx), %rdx\n"
                 "movq 32(%rbx), %rcx\n movq 40(%rbx), %r8\n movq 48(%rbx), %r9\n call *%rax\n"
                 "movq %rax, 56(%rbx)\n movq %rax, %rdi\n jmp *exit_call(%rip)\n"
                 "spin_program: jmp spin_program\n" EXIT_CALL);
#endif

keel_handle_t self(void)
{
    static keel_handle_t process;

    if (process == KEEL_HANDLE_INVALID) {
        process = keel_startup_handle(KEEL_STARTUP_PROCESS_SELF);
    }
    return process;
}

/* --- Threads of this process --- */

bool start_worker(struct worker *worker, void (*entry)(uint64_t, uint64_t), uint64_t first,
                  uint64_t second)
{
    keel_handle_t stack = new_vmo(STACK_SIZE, 0);
    int64_t at = keel_vmar_map(root_vmar(), RW, 0, stack, 0, STACK_SIZE);
    uint64_t top = (uint64_t)at + STACK_SIZE;

    EXPECT_EQ(keel_handle_close(stack), 0);
    EXPECT(at > 0);
    EXPECT_EQ(keel_thread_create(self(), "worker", 6, 0, &worker->thread), 0);
#if defined(__x86_64__)
    top -= 8; /* where a call would have left its return address */
#endif
    worker->stack = (uint64_t)at;
    return keel_thread_start(worker->thread, (uint64_t)entry, top, first, second) == 0;
}

void join_worker(struct worker *worker)
{
    wait_for_end(worker->thread);
    EXPECT_EQ(keel_handle_close(worker->thread), 0);
    EXPECT_EQ(keel_vmar_unmap(root_vmar(), worker->stack, STACK_SIZE), 0);
}

bool await_blocked(keel_handle_t thread)
{
    keel_info_thread_t info = {0};

    for (unsigned i = 0; i < PATIENCE && info.state != KEEL_THREAD_STATE_BLOCKED; i++) {
        keel_nanosleep(keel_clock_get_monotonic() + MS / 10);
        EXPECT_EQ(keel_object_get_info(thread, KEEL_INFO_THREAD, &info, sizeof(info), NULL, NULL),
                  0);
    }
    EXPECT_EQ(info.state, KEEL_THREAD_STATE_BLOCKED);
    return info.state == KEEL_THREAD_STATE_BLOCKED;
}

void stagger(unsigned round)
{
    if (round % 4 != 0) {
        keel_nanosleep(keel_clock_get_monotonic() + (round * 7919) % 200 * (MS / 1000));
    }
}

/* --- Processes --- */

static uint64_t map_there(keel_handle_t vmar, keel_handle_t vmo, uint32_t options, uint64_t size)
{
    int64_t at = keel_vmar_map(vmar, options, 0, vmo, 0, size);

    EXPECT(at > 0);
    return (uint64_t)at;
}

/* Where a process has the function that makes a call. */
static uint64_t call_there(keel_handle_t process, uint64_t number)
{
    return lib_vdso_calls[number] - vdso_of(self()) + vdso_of(process);
}

static keel_handle_t new_code(keel_handle_t process)
{
    uint64_t exit = call_there(process, KEEL_SYS_process_exit);
    uint64_t exit_offset = (uint64_t)(exit_call - exit_program);
    keel_handle_t vmo = new_vmo(PAGE, 0), code = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_vmo_write(vmo, exit_program, 0, (size_t)(programs_end - exit_program)), 0);
    EXPECT_EQ(keel_vmo_write(vmo, &exit, exit_offset, sizeof(exit)), 0);
    EXPECT_EQ(keel_vmo_replace_as_executable(vmo, KEEL_HANDLE_INVALID, &code), 0);
    return code;
}

struct child new_child(keel_handle_t job)
{
    struct child child = {.memory = new_vmo(CHILD_MEMORY, 0)};
    keel_handle_t code;

    EXPECT_EQ(keel_process_create(job, "child", 5, 0, &child.process, &child.vmar), 0);
    code = new_code(child.process);
    child.entry = map_there(child.vmar, code, RX, PAGE);
    child.call = child.entry + (uint64_t)(call_program - exit_program);
    child.spin = child.entry + (uint64_t)(spin_program - exit_program);
    child.base = map_there(child.vmar, child.memory, RW, CHILD_MEMORY);
    EXPECT_EQ(keel_thread_create(child.process, "main", 4, 0, &child.thread), 0);
    EXPECT_EQ(keel_handle_close(code), 0);
    return child;
}

void end_child(struct child child)
{
    EXPECT_EQ(keel_handle_close(child.memory), 0);
    EXPECT_EQ(keel_handle_close(child.thread), 0);
    EXPECT_EQ(keel_handle_close(child.vmar), 0);
    EXPECT_EQ(keel_handle_close(child.process), 0);
}

int start_call(struct child *child, const struct child_call *call, keel_handle_t handle)
{
    struct child_call there = *call;

    there.number = call_there(child->process, call->number);
    EXPECT_EQ(keel_vmo_write(child->memory, &there, 0, sizeof(there)), 0);
    return keel_process_start(child->process, child->thread, child->call, 0, handle, child->base);
}

int64_t result_of(const struct child *child)
{
    struct child_call call = {0};

    EXPECT_EQ(keel_vmo_read(child->memory, &call, 0, sizeof(call)), 0);
    return call.result;
}

void wait_for_end(keel_handle_t task)
{
    keel_signals_t signals;

    EXPECT_EQ(keel_object_wait_one(task, KEEL_TASK_TERMINATED, FOREVER, &signals), 0);
}
