/* SPDX-License-Identifier: MIT */
/* Reads the manifest, line by line. Whatever the bytes are, it ends, and nothing outside of them is read. */
#include <keel/manifest.h>
#include <string.h>

#define BLANKS " \t\r"

static const struct {
    const char *word;
    uint32_t gives;
} words[] = {
    {"job", KEEL_GIVE_JOB},     {"resource", KEEL_GIVE_RESOURCE},
    {"debug", KEEL_GIVE_DEBUG}, {"info", KEEL_GIVE_INFO},
    {"power", KEEL_GIVE_POWER}, {"bootfs", KEEL_GIVE_BOOTFS},
    {"log", KEEL_GIVE_LOG},     {"console", KEEL_GIVE_CONSOLE},
    {"stdio", KEEL_GIVE_STDIO}, {"serves-console", KEEL_GIVE_SERVES},
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

/* The next word, which gets its end; NULL: there is none. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, BLANKS);

    if (*word == '\0' || *word == '#') {
        return NULL;
    }
    *at = word + strcspn(word, BLANKS);
    if (**at) {
        *(*at)++ = '\0';
    }
    return word;
}

static uint32_t find_gives(const char *word)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].gives;
        }
    }
    return 0;
}

/* What stands behind "--". */
static const char *read_arguments(char *at, struct keel_manifest_entry *out)
{
    char *word;

    while ((word = next_word(&at)) != NULL) {
        if (out->argc == KEEL_MANIFEST_ARGV_MAX) {
            return "too many arguments";
        }
        out->argv[out->argc++] = word;
    }
    return NULL;
}

static const char *read_gives(char *at, struct keel_manifest_entry *out)
{
    char *word;

    while ((word = next_word(&at)) != NULL) {
        uint32_t gives = find_gives(word);

        if (gives == 0) {
            return strcmp(word, "--") == 0 && out->start ? read_arguments(at, out)
                                                         : "an unknown word for what it is given";
        }
        out->gives |= gives;
    }
    return NULL;
}

static const char *read_start(char *at, struct keel_manifest_entry *out)
{
    char *path = next_word(&at);

    if (!path) {
        return "a path is missing";
    }
    out->path = path;
    out->argv[out->argc++] = path;
    return read_gives(at, out);
}

/* A line that is not empty. */
static const char *read_line(const char *first, char *at, struct keel_manifest_entry *out)
{
    out->start = strcmp(first, "start") == 0;
    if (!out->start && strcmp(first, "tool") != 0) {
        return "it begins with neither start nor tool";
    }
    out->name = next_word(&at);
    if (!out->name) {
        return "a name is missing";
    }
    if (strlen(out->name) > KEEL_MANIFEST_NAME_MAX) {
        return "the name is too long";
    }
    return out->start ? read_start(at, out) : read_gives(at, out);
}

void keel_manifest_begin(struct keel_manifest *manifest, const void *text, size_t size)
{
    manifest->at = text;
    manifest->end = manifest->at + size;
    manifest->line = 0;
}

/* Takes the next line, as far as there is room; its size. */
static size_t take_line(struct keel_manifest *manifest)
{
    size_t left = (size_t)(manifest->end - manifest->at);
    const char *newline = memchr(manifest->at, '\n', left);
    size_t size = newline ? (size_t)(newline - manifest->at) : left;
    size_t copied = size < KEEL_MANIFEST_LINE_MAX ? size : KEEL_MANIFEST_LINE_MAX;

    memcpy(manifest->text, manifest->at, copied);
    manifest->text[copied] = '\0';
    manifest->at += size + (newline != NULL);
    manifest->line++;
    return size;
}

bool keel_manifest_next(struct keel_manifest *manifest, struct keel_manifest_entry *out,
                        const char **wrong)
{
    while (manifest->at != manifest->end) {
        size_t size = take_line(manifest);
        char *at = manifest->text;
        char *first = next_word(&at);

        memset(out, 0, sizeof(*out));
        out->line = manifest->line;
        *wrong = NULL;
        if (size > KEEL_MANIFEST_LINE_MAX) {
            *wrong = "the line is too long";
        } else if (!first) {
            continue;
        } else {
            *wrong = read_line(first, at, out);
        }
        return true;
    }
    return false;
}
