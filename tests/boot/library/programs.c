/* SPDX-License-Identifier: MIT */
/* Programs from the boot file system: this one, once more, as a child. */
#include "steps.h"

#include <keel/bootfs.h>
#include <keel/call.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/spawn.h>
#include <keel/syscalls.h>
#include <stdlib.h>
#include <string.h>

#define SELF "bin/library"

static keel_bootfs_t bootfs;
static keel_handle_t job;
static const char *const settings[] = {"COLOUR=green", "EMPTY=", NULL};

static bool set_up(void)
{
    if (!bootfs.data) {
        job = keel_startup_handle(KEEL_STARTUP_JOB_DEFAULT);
        NEED(keel_bootfs_map(keel_startup_handle(KEEL_STARTUP_BOOTFS_VMO), &bootfs) == 0);
    }
    return true;
}

bool boot_files_are_found(void)
{
    keel_bootfs_entry_t entry;
    unsigned files = 0;
    size_t at = 0;
    int err;

    NEED(set_up());
    NEED(keel_bootfs_find(&bootfs, "/" SELF, &entry) == 0);
    NEED(entry.size > 1000 && memcmp(entry.data, "\177ELF", 4) == 0);
    NEED(keel_bootfs_find(&bootfs, "bin/nothing", &entry) == -ENOENT);
    while ((err = keel_bootfs_next(&bootfs, &at, &entry)) == 0) {
        files += (entry.mode & KEEL_BOOTFS_TYPE_MASK) == KEEL_BOOTFS_TYPE_FILE;
    }
    NEED(err == -ENOENT && files == 1);
    return true;
}

static int start(const char *const *argv, const keel_spawn_handle_t *handles, size_t handle_count,
                 keel_handle_t *process)
{
    static const char *const services[] = {"echo", NULL};
    keel_bootfs_entry_t file;
    const char *why = NULL;
    int err;

    if (!set_up() || keel_bootfs_find(&bootfs, SELF, &file) != 0) {
        return -ENOENT;
    }
    err = keel_spawn(&(keel_spawn_t){.job = job,
                                     .file = file.data,
                                     .file_size = file.size,
                                     .argv = argv,
                                     .envp = settings,
                                     .services = services,
                                     .handles = handles,
                                     .handle_count = handle_count},
                     process, &why);
    if (err != 0) {
        printf("spawn: %s: %s\n", why, strerror(err));
    }
    return err;
}

static bool ends_with(keel_handle_t process, int64_t least, int64_t most)
{
    int64_t code = -1;

    NEED(keel_process_wait(process, KEEL_TIME_INFINITE, &code) == 0);
    NEED(keel_handle_close(process) == 0);
    NEED(code >= least && code <= most);
    return true;
}

static bool ends_badly(keel_handle_t process)
{
    return ends_with(process, INT64_MIN, -1);
}

/* Reads all of a channel up to its end, as text. */
static void read_all(keel_handle_t channel, char *out, size_t size)
{
    size_t used = 0;
    keel_answer_t part = {.bytes = out, .size = size - 1};

    while (keel_receive(channel, &part, KEEL_TIME_INFINITE) == 0) {
        used += part.size;
        part = (keel_answer_t){.bytes = out + used, .size = size - 1 - used};
    }
    out[used] = '\0';
}

bool programs_get_what_they_are_given(void)
{
    const char *const argv[] = {"library", "child", "tell", "", "two words", NULL};
    keel_handle_t in[2], out[2], echo[2], process;
    char text[512];

    NEED(keel_channel_create(0, &in[0], &in[1]) == 0);
    NEED(keel_channel_create(0, &out[0], &out[1]) == 0);
    NEED(keel_channel_create(0, &echo[0], &echo[1]) == 0);
    NEED(start(argv,
               (keel_spawn_handle_t[]){{KEEL_STARTUP_STDIN, in[1]},
                                       {KEEL_STARTUP_STDOUT, out[1]},
                                       {KEEL_STARTUP_SERVICE(0), echo[1]}},
               3, &process) == 0);
    NEED(keel_channel_write(in[0], 0, "one line\nand", 12, NULL, 0) == 0);
    NEED(keel_channel_write(in[0], 0, " another", 8, NULL, 0) == 0);
    NEED(keel_handle_close(in[0]) == 0);
    read_all(out[0], text, sizeof(text));
    NEED(ends_with(process, 5, 5));
    NEED(strcmp(text, "library|child|tell||two words|\nCOLOUR=green|EMPTY=|\n"
                      "green  (null)\n9: one line\n11: and another\n") == 0);
    read_all(echo[0], text, sizeof(text));
    NEED(strcmp(text, "echo") == 0);
    NEED(keel_handle_close(out[0]) == 0 && keel_handle_close(echo[0]) == 0);
    return true;
}

bool programs_end_with_their_status(void)
{
    const char *const exits[] = {"library", "child", "exit", "42", NULL};
    const char *const crashes[] = {"library", "child", "crash", NULL};
    keel_handle_t process;
    int64_t code;

    NEED(start(exits, NULL, 0, &process) == 0);
    NEED(ends_with(process, 42, 42));
    NEED(start(crashes, NULL, 0, &process) == 0);
    NEED(ends_badly(process));
    NEED(start((const char *const[]){"library", "child", "sleep", NULL}, NULL, 0, &process) == 0);
    NEED(keel_process_wait(process, 0, &code) == -ETIMEDOUT);
    NEED(keel_task_kill(process) == 0);
    NEED(ends_badly(process));
    return true;
}

bool what_is_no_program_is_refused(void)
{
    static const char text[100] = "no program";
    keel_spawn_t spawn = {.file = text, .file_size = sizeof(text), .name = "none"};
    keel_handle_t process;
    const char *why = NULL;

    NEED(set_up());
    spawn.job = job;
    NEED(keel_spawn(&spawn, &process, &why) == -EINVAL);
    NEED(strcmp(why, "not an ELF file") == 0);
    return true;
}

bool misuse_of_the_heap_is_seen(void)
{
    static const char *const kinds[] = {"twice", "large-twice", "never"};
    char text[256];

    for (unsigned i = 0; i < 3; i++) {
        const char *const argv[] = {"library", "child", "free", kinds[i], NULL};
        keel_handle_t out[2], process;

        NEED(keel_channel_create(0, &out[0], &out[1]) == 0);
        NEED(start(argv, &(keel_spawn_handle_t){KEEL_STARTUP_STDERR, out[1]}, 1, &process) == 0);
        read_all(out[0], text, sizeof(text));
        NEED(ends_badly(process));
        NEED(strncmp(text, "free: 0x", 8) == 0 && strstr(text, " is not allocated\n"));
        NEED(keel_handle_close(out[0]) == 0);
    }
    return true;
}

static int tell_all(int argc, char **argv, char **envp)
{
    keel_handle_t echo = keel_startup_service("echo");
    char line[64];
    int64_t length;

    for (int i = 0; i < argc; i++) {
        printf("%s|", argv[i]);
    }
    printf("\n");
    for (; *envp; envp++) {
        printf("%s|", *envp);
    }
    printf("\n%s %s %s\n", getenv("COLOUR"), getenv("EMPTY"), getenv("COLOU"));
    while ((length = keel_fd_read_line(line, sizeof(line))) > 0) {
        line[strcspn(line, "\n")] = '\0';
        printf("%d: %s\n", (int)length, line);
    }
    (void)keel_channel_write(echo, 0, "echo", 4, NULL, 0);
    return keel_startup_service("echo") == 0 && keel_startup_service("none") == 0 ? argc : 1;
}

static int free_wrongly(const char *how)
{
    char *memory = malloc(strcmp(how, "large-twice") == 0 ? 100000 : 100);

    free(strcmp(how, "never") == 0 ? memory + 16 : memory);
    free(memory);
    return 0;
}

/* The compiler must not see that it is nowhere. */
static int *volatile nowhere = (int *)16;

int be_child(int argc, char **argv, char **envp)
{
    const char *what = argc > 2 ? argv[2] : "";

    if (strcmp(what, "tell") == 0) {
        return tell_all(argc, argv, envp);
    }
    if (strcmp(what, "exit") == 0) {
        return atoi(argv[3]);
    }
    if (strcmp(what, "crash") == 0) {
        *nowhere = 1;
    }
    if (strcmp(what, "sleep") == 0) {
        (void)keel_nanosleep(INT64_MAX);
    }
    return strcmp(what, "free") == 0 ? free_wrongly(argv[3]) : 1;
}
