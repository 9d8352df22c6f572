/* SPDX-License-Identifier: MIT */
/* Parameters: takes the command line apart, sets what it names, complains about the rest. */
#define LOG_TAG "param"

#include <keel/boot_info.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/param.h>
#include <keel/parse.h>
#include <keel/string.h>

#define PARAMS_MAX   64
#define WARNINGS_MAX 16

static char line[BOOT_CMDLINE_MAX]; /* cut up up to `rest` */
static char *rest = line;
static uint64_t given; /* a bit for each entry of the table */

static bool name_matches(const char *known, const char *name)
{
    while (*known && (*known == *name || (*known == '_' && *name == '-'))) {
        known++;
        name++;
    }
    return *known == *name;
}

static const struct param *find(const char *name)
{
    const struct param *param;

    section_for_each(params, param)
    {
        if (name_matches(param->name, name)) {
            return param;
        }
    }
    return NULL;
}

static int set_bool(const struct param *param, const char *text)
{
    return text ? kstrtobool(text, param->value) : (*(bool *)param->value = true, 0);
}

/* A number with sign and suffix. */
static int parse_int(const char *text, int64_t *out)
{
    bool negative = *text == '-';
    uint64_t size;
    int status = parse_size(text + negative, &size);

    if (status == 0 && size > (uint64_t)INT64_MAX) {
        status = -ERANGE;
    }
    if (status == 0) {
        *out = negative ? -(int64_t)size : (int64_t)size;
    }
    return status;
}

/* The number that a name stands for; false when it is none. */
static bool find_name(const struct param *param, const char *text, int64_t *out)
{
    for (int64_t i = 0; param->names && i <= param->max - param->min; i++) {
        if (strcmp(param->names[i], text) == 0) {
            *out = param->min + i;
            return true;
        }
    }
    return false;
}

static int set_int(const struct param *param, const char *text)
{
    int64_t number = 0;
    int status = -EINVAL;

    if (text) {
        status = find_name(param, text, &number) ? 0 : parse_int(text, &number);
    }

    if (status == 0 && (number < param->min || number > param->max)) {
        status = -ERANGE;
    }
    if (status == 0) {
        *(int64_t *)param->value = number;
    }
    return status;
}

static int set_string(const struct param *param, const char *text)
{
    if (text && strlen(text) >= param->size) {
        return -ENAMETOOLONG;
    }
    strlcpy(param->value, text ? text : "", param->size);
    return 0;
}

static int set(const struct param *param, const char *text)
{
    switch (param->type) {
    case PARAM_BOOL:
        return set_bool(param, text);
    case PARAM_INT:
        return set_int(param, text);
    case PARAM_STRING:
        return set_string(param, text);
    }
    return -EINVAL;
}

static void warn_range(const struct param *param, const char *text)
{
    log_warn("%s=%.40s is out of range: %lld to %lld are possible", param->name, text,
             (long long)param->min, (long long)param->max);
}

static void warn_bad(const struct param *param, const char *text, int status)
{
    if (!text) {
        log_warn("%s wants a value: %s", param->name, param->help);
    } else if (status == -ERANGE) {
        warn_range(param, text);
    } else if (status == -ENAMETOOLONG) {
        log_warn("%s=%.40s... is too long: %zu bytes are possible", param->name, text,
                 param->size - 1);
    } else {
        log_warn("%s=%.40s is malformed: %s", param->name, text, param->help);
    }
}

/* Sets one `name=value` or `name`; returns whether all was well. */
static bool parse_word(char *word, bool complain)
{
    char *equals = strchr(word, '=');
    const struct param *param;
    int status;

    if (equals) {
        *equals = '\0';
    }
    param = find(word);
    if (!param) {
        if (complain) {
            log_warn("unknown parameter: %.64s", word);
        }
        return false;
    }
    status = set(param, equals ? equals + 1 : NULL);
    if (status == 0) {
        given |= UINT64_C(1) << ((param - __start_params) % PARAMS_MAX);
    } else if (complain) {
        warn_bad(param, equals ? equals + 1 : NULL, status);
    }
    return status == 0;
}

void params_parse(const char *cmdline)
{
    unsigned int bad = 0;
    char *word;

    if (strlcpy(line, cmdline, sizeof(line)) >= sizeof(line)) {
        log_warn("the command line is longer than %zu bytes: the rest is ignored",
                 sizeof(line) - 1);
    }
    rest = line;
    while ((word = str_next_word(&rest)) != NULL && strcmp(word, "--") != 0) {
        bad += !parse_word(word, bad < WARNINGS_MAX);
    }
    if (bad > WARNINGS_MAX) {
        log_warn("%u more words of the command line are unknown or malformed", bad - WARNINGS_MAX);
    }
}

char *params_rest(void)
{
    return rest;
}

bool param_given(const char *name)
{
    const struct param *param = find(name);

    return param && (given >> ((param - __start_params) % PARAMS_MAX) & 1);
}

static void print_int(const struct param *param, int64_t number)
{
    console_printf("%s=%lld", param->name, (long long)number);
    if (param->names) {
        console_printf(", %s", param->names[number - param->min]);
    }
    console_printf(" (%lld to %lld)", (long long)param->min, (long long)param->max);
}

static void print_value(const struct param *param)
{
    switch (param->type) {
    case PARAM_BOOL:
        console_printf("%s=%s (bool)", param->name, *(const bool *)param->value ? "yes" : "no");
        break;
    case PARAM_INT:
        print_int(param, *(const int64_t *)param->value);
        break;
    case PARAM_STRING:
        console_printf("%s=\"%s\" (text, %zu bytes)", param->name, (const char *)param->value,
                       param->size - 1);
        break;
    }
}

void params_list(void)
{
    const struct param *param;

    section_for_each(params, param)
    {
        print_value(param);
        console_printf("\n    %s\n", param->help);
    }
}

static int cmd_params(int argc, char **argv)
{
    params_list();
    return 0;
}

COMMAND(params, "", "list the parameters of the kernel command line", cmd_params);
