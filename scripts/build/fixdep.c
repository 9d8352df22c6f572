/* SPDX-License-Identifier: MIT */
/*
 * Reads what a compiler wrote with -MMD -MP and prints the same for make with one difference:
 * instead
 * of the header that holds the whole configuration, the target depends on one small file for each
 * configuration symbol that its sources name. Those files are touched when the symbol changes.
 *
 * usage: fixdep DEPFILE TARGET OUTPUT_FOLDER
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4096

static const char *symbols[SLOTS]; /* an open hash of the names seen so far */
static const char *output;

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    size_t length = 0, size = 1 << 16;
    char *text = malloc(size);
    while (text) {
        length += fread(text + length, 1, size - length, file);
        if (length < size) {
            text[length] = '\0';
            break;
        }
        size *= 2;
        text = realloc(text, size);
    }
    fclose(file);
    return text;
}

/* Adds a name to the set; says whether it is new. */
static int add_symbol(const char *name, size_t length)
{
    unsigned int hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    }
    for (unsigned int probe = 0; probe < SLOTS; probe++) {
        const char **slot = &symbols[(hash + probe) % SLOTS];
        if (!*slot) {
            *slot = strndup(name, length);
            return 1;
        }
        if (strlen(*slot) == length && !memcmp(*slot, name, length)) {
            return 0;
        }
    }
    fprintf(stderr, "fixdep: more than %d configuration symbols in one object\n", SLOTS);
    exit(1);
}

/* FOO_BAR has its file at include/config/foo/bar.h, where it has ever been set. */
static void print_symbol(const char *name, size_t length)
{
    printf("    $(wildcard %s/include/config/", output);
    for (size_t i = 0; i < length; i++) {
        putchar(name[i] == '_' ? '/' : tolower((unsigned char)name[i]));
    }
    printf(".h) \\\n");
}

static int is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void scan_source(const char *path)
{
    char *text = read_file(path);
    if (!text) {
        return;
    }
    for (char *at = text; (at = strstr(at, "CONFIG_"));) {
        int inside_word = at > text && is_word(at[-1]);
        char *name = at += strlen("CONFIG_");
        while (is_word(*at)) {
            at++;
        }
        if (!inside_word && at > name && add_symbol(name, (size_t)(at - name))) {
            print_symbol(name, (size_t)(at - name));
        }
    }
    free(text);
}

static int is_whole_configuration(const char *path)
{
    const char *tail = "include/generated/autoconf.h";
    size_t length = strlen(path);
    return length >= strlen(tail) && !strcmp(path + length - strlen(tail), tail);
}

int main(int argc, char **argv)
{
    char *text = argc == 4 ? read_file(argv[1]) : NULL;
    if (!text) {
        fprintf(stderr, "usage: fixdep DEPFILE TARGET OUTPUT_FOLDER\n");
        return 1;
    }
    output = argv[3];
    /* Up to the first line that does not go on is the target and what it needs: the rest of the
     * file is -MP's empty rules, which this program writes itself. */
    char *end = text;
    while (*end && (*end != '\n' || (end > text && end[-1] == '\\'))) {
        end++;
    }
    *end = '\0';
    char *list = strstr(text, ": ");
    if (!list) {
        fprintf(stderr, "fixdep: %s has no dependencies\n", argv[1]);
        return 1;
    }
    list += 2;
    char *paths = strdup(list);
    printf("%s: \\\n", argv[2]);
    for (char *path = strtok(list, " \\\n"); path; path = strtok(NULL, " \\\n")) {
        if (!is_whole_configuration(path)) {
            printf("    %s \\\n", path);
            scan_source(path);
        }
    }
    printf("\n");
    /* A header that is deleted must not stop the build. */
    for (char *path = strtok(paths, " \\\n"); path; path = strtok(NULL, " \\\n")) {
        if (!is_whole_configuration(path)) {
            printf("%s:\n", path);
        }
    }
    return 0;
}
