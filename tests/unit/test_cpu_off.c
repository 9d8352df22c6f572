/* SPDX-License-Identifier: MIT */
/* A CPU on its way off and on: each state, and what is done when it refuses, comes late or never, with
 * one thread that plays both CPUs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <arch/cpu.h>

static void irqs_on(void);
static __noreturn void halt_here(void);
#define arch_irq_enable()  irqs_on()
#define arch_irq_disable() ((void)0)
#define arch_halt()        halt_here()

#include "../../core/smp/off.c"

_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
_Thread_local bool fake_irqs_off;
cpumask_t cpu_online_mask;

static struct cpu cpus[3];
static struct thread_head head;
static struct {
    char done[64];  /* what was done, a letter each, in order */
    int evacuated;  /* what smp_threads->evacuate() says */
    int refused;    /* what the way off says; 0: the CPU does not come back */
    unsigned looks; /* how often it is asked for before it is off */
    bool comes;     /* to smp_leave() */
    bool stopped;   /* another CPU ends the machine */
    const char *broken;
    int start;
} world;
static struct cpu_start_method method;
static jmp_buf gone;
static uint64_t now;

static void note(char what)
{
    world.done[strlen(world.done)] = what;
}

static void irqs_on(void)
{
}

static __noreturn void halt_here(void)
{
    note('H');
    longjmp(gone, 1);
}

uint64_t clock_hz(void)
{
    return 1000;
}

uint64_t clock_ns(void)
{
    return now += NS_PER_SEC / 10;
}

int mutex_lock_slow(struct mutex *mutex, uint64_t deadline_ns)
{
    fail_msg("the mutex is taken");
    return 0;
}

void mutex_unlock_slow(struct mutex *mutex)
{
    fail_msg("the mutex is somebody else's");
}

/* --- What the file under test calls --- */

struct cpu *cpu_entry(unsigned index)
{
    return &cpus[index];
}

unsigned cpu_count(void)
{
    return ARRAY_SIZE(cpus);
}

enum cpu_state cpu_get_state(const struct cpu *cpu)
{
    return cpu->state;
}

bool cpu_change_state(struct cpu *cpu, enum cpu_state from, enum cpu_state to)
{
    bool good = cpu->state == from;

    cpu->state = good ? to : cpu->state;
    return good;
}

void start_online(const struct cpu *cpu)
{
    note('o');
    cpu_online_mask |= cpumask_of(cpu->index);
}

void cpu_set_offline(unsigned index)
{
    note('x');
    cpu_online_mask &= ~cpumask_of(index);
}

const struct cpu_start_method *start_method(const struct cpu *cpu)
{
    return &method;
}

int start_again(struct cpu *cpu)
{
    note('a');
    cpu->state = world.start == 0 ? CPU_ONLINE : CPU_OFF;
    return world.start;
}

const char *start_set_up(void)
{
    note('s');
    return world.broken;
}

void start_take_down(void)
{
    note('d');
}

void irq_cpu_leave(void)
{
    note('i');
    assert_true(cpumask_has(cpu_online_mask, fake_cpu));
}

/* Nobody is asked for anything any more who is not online. */
void smp_call(cpumask_t mask, void (*fn)(void *arg), void *arg, bool wait)
{
    note('c');
    assert_true(wait && !cpumask_has(cpu_online_mask, fake_cpu));
    fn(arg);
}

void ipi_handle(void)
{
    note('h');
}

bool stop_is_wanted(void)
{
    return world.stopped;
}

void stop_here(void)
{
    halt_here();
}

void timer_migrate(unsigned from_cpu)
{
    note('T');
}

void heap_leave_cpu(unsigned cpu)
{
    note('M');
}

void pmm_leave_cpu(unsigned cpu)
{
    note('P');
}

static int evacuate(unsigned cpu)
{
    note('e');
    return world.evacuated;
}

static void admit(unsigned cpu)
{
    note('r');
}

static void collect(unsigned cpu)
{
    note('S');
}

/* The other CPU comes at once, if it does. */
static void leave(unsigned cpu)
{
    unsigned self = fake_cpu;

    fake_cpu = cpu;
    if (world.comes && setjmp(gone) == 0) {
        smp_leave();
    }
    fake_cpu = self;
}

static int off(const struct cpu *cpu)
{
    note('!');
    assert_int_equal(cpu->state, CPU_OFF);
    if (world.refused == 0) {
        longjmp(gone, 1);
    }
    return world.refused;
}

static bool is_off(const struct cpu *cpu)
{
    return world.looks-- == 0;
}

static const struct smp_threads threads = {
    .evacuate = evacuate, .admit = admit, .leave = leave, .collect = collect};
const struct smp_threads *smp_threads = &threads;

static int setup(void **state)
{
    memset(&world, 0, sizeof(world));
    memset(cpus, 0, sizeof(cpus));
    for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++) {
        cpus[i] = (struct cpu){.index = i, .state = CPU_ONLINE};
    }
    world.comes = true;
    method = (struct cpu_start_method){.off = off, .is_off = is_off};
    cpu_online_mask = 7;
    fake_current = &head;
    head.preempt_off = 0;
    fake_cpu = 0;
    return 0;
}

static void assert_done(const char *what)
{
    assert_string_equal(world.done, what);
    memset(world.done, 0, sizeof(world.done));
}

static void goes_and_comes(void **state)
{
    world.looks = 3;
    assert_int_equal(smp_cpu_off(1), 0);
    assert_int_equal(cpus[1].state, CPU_OFF);
    assert_int_equal(cpu_online_mask, 5);
    assert_done("eixchd!TSMP");
    assert_int_equal(smp_cpu_off(1), -ENODEV);
    assert_int_equal(smp_cpu_on(1), 0);
    assert_int_equal(cpus[1].state, CPU_ONLINE);
    assert_int_equal(smp_cpu_on(1), -EBUSY);
    assert_done("a");
}

static void tells_by_itself_when_nobody_can(void **state)
{
    method.is_off = NULL;
    assert_int_equal(smp_cpu_off(2), 0);
    assert_done("eixchd!TSMP");
}

static void refuses(void **state)
{
    assert_int_equal(smp_cpu_off(0), -EBUSY);
    assert_int_equal(smp_cpu_off(3), -EINVAL);
    assert_int_equal(smp_cpu_on(3), -EINVAL);
    cpus[1].state = CPU_FAILED;
    assert_int_equal(smp_cpu_off(1), -ENODEV);
    assert_int_equal(smp_cpu_on(1), -ENODEV);
    method.off = NULL;
    assert_int_equal(smp_cpu_off(2), -ENOTSUP);
    assert_done("");
}

static void threads_keep_it(void **state)
{
    world.evacuated = -EBUSY;
    assert_int_equal(smp_cpu_off(1), -EBUSY);
    assert_int_equal(cpus[1].state, CPU_ONLINE);
    assert_done("e");
}

/* It has given all up by then, and takes all again. */
static void firmware_keeps_it(void **state)
{
    world.refused = -EPERM;
    assert_int_equal(smp_cpu_off(1), -EPERM);
    assert_int_equal(cpus[1].state, CPU_ONLINE);
    assert_int_equal(cpu_online_mask, 7);
    assert_int_equal(head.preempt_off, 0);
    assert_done("eixchd!so");
    world.refused = 0;
    assert_int_equal(smp_cpu_off(1), 0);
}

static void cannot_go_nor_stay(void **state)
{
    world.refused = -EPERM;
    world.broken = "its timer is gone";
    assert_int_equal(smp_cpu_off(1), -EIO);
    assert_int_equal(cpus[1].state, CPU_FAILED);
    assert_ptr_equal(cpus[1].refused, world.broken);
    assert_int_equal(cpu_online_mask, 5);
    assert_done("eixchd!sHTSMP");
}

/* Asked again and again it does not look; then it is too late for it to go. */
static void does_not_come(void **state)
{
    world.comes = false;
    assert_int_equal(smp_cpu_off(1), -ETIMEDOUT);
    assert_int_equal(cpus[1].state, CPU_ONLINE);
    assert_done("er");
    fake_cpu = 1;
    smp_leave();
    assert_int_equal(cpus[1].state, CPU_ONLINE);
    assert_done("");
}

static void is_never_off(void **state)
{
    world.looks = UINT32_MAX;
    assert_int_equal(smp_cpu_off(1), -ETIMEDOUT);
    assert_int_equal(cpus[1].state, CPU_FAILED);
    assert_non_null(cpus[1].refused);
    assert_int_equal(smp_cpu_on(1), -ENODEV);
    assert_done("eixchd!TSMP");
}

/* A panic elsewhere, when this CPU is no longer among those that are stopped. */
static void ends_with_the_others(void **state)
{
    world.stopped = true;
    assert_int_equal(smp_cpu_off(1), -ETIMEDOUT);
    assert_int_equal(cpus[1].state, CPU_FAILED);
    assert_done("eixchH");
}

static void does_not_start(void **state)
{
    assert_int_equal(smp_cpu_off(1), 0);
    world.start = -EPERM;
    assert_int_equal(smp_cpu_on(1), -EPERM);
    assert_int_equal(cpus[1].state, CPU_OFF);
    world.start = 0;
    assert_int_equal(smp_cpu_on(1), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(goes_and_comes),
        TEST(tells_by_itself_when_nobody_can),
        TEST(refuses),
        TEST(threads_keep_it),
        TEST(firmware_keeps_it),
        TEST(cannot_go_nor_stay),
        TEST(does_not_come),
        TEST(is_never_off),
        TEST(ends_with_the_others),
        TEST(does_not_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
