#ifndef TESTS_UNIT_HMI_CTL_SPOKEN_H
#define TESTS_UNIT_HMI_CTL_SPOKEN_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/**
 * The values that the meaning column of 376.1-data.tsv names, in order: "p1F25: T=2026-11-22 10:30 P_total
 * kW=0.5210 ...; {ERC31 Le=21; start p5; ...}". Behind "=" a value goes to the next name; [ ] hold lists.
 */
enum { SPOKEN_MAX = 600, SPOKEN_TEXT = 80 };

struct spoken {
    unsigned count;
    char text[SPOKEN_MAX][SPOKEN_TEXT];
};

static inline void spoken_add(struct spoken *s, const char *p, size_t n)
{
    while (n > 0 && *p == ' ') {
        p++;
        n--;
    }
    while (n > 0 && p[n - 1] == ' ')
        n--;
    if (s->count < SPOKEN_MAX)
        snprintf(s->text[s->count++], SPOKEN_TEXT, "%.*s", (int)n, p);
}

/** Length of a text that fits a pattern: 9 a digit, others themselves; 0 when it does not. */
static inline size_t spoken_fits(const char *p, const char *pattern)
{
    size_t n = 0;
    for (; pattern[n]; n++) {
        if (pattern[n] == '9' ? !isdigit((unsigned char)p[n]) : p[n] != pattern[n])
            return 0;
    }
    return n;
}

static inline size_t spoken_length(const char *p)
{
    static const char *const patterns[] = {"9999-99-99 99:99:99", "9999-99-99 99:99", "9999-99-99", "9999-99",
                                           "99-99 99:99",         "day 99 99:99"};
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        size_t n = spoken_fits(p, patterns[i]);
        if (n)
            return n;
    }
    return strcspn(p, " ;},(");
}

/** "[a,b | c/d]"; p is behind "[". @return behind "]". */
static inline const char *spoken_list(struct spoken *s, const char *p)
{
    while (*p && *p != ']') {
        size_t n = strcspn(p, ",|/]");
        if (n > 0)
            spoken_add(s, p, n);
        p += n;
        p += *p && *p != ']';
    }
    return *p ? p + 1 : p;
}

static inline const char *spoken_value(struct spoken *s, const char *p)
{
    if (*p == '[')
        return spoken_list(s, p + 1);
    if (strncmp(p, "bytes ", 6) == 0)
        p += 6;
    size_t n = spoken_length(p);
    spoken_add(s, p, n);
    return p + n;
}

/** Words that are values without "=": "hour 09", "start p5", " p3;" and "p0F10" inside an event, "ERC31". */
static inline const char *spoken_word(struct spoken *s, const char *p, bool in_event)
{
    char text[SPOKEN_TEXT];
    unsigned number;
    size_t n = strcspn(p, " ;:}");
    if (sscanf(p, "hour %79[0-9]", text) == 1) {
        spoken_add(s, text, strlen(text));
        return p + strlen("hour ") + strlen(text);
    }
    if (!in_event)
        return p + n;
    if (sscanf(p, "ERC%u", &number) == 1) {
        spoken_add(s, p + 3, n - 3);
    } else if (sscanf(p, "start p%u", &number) == 1 || sscanf(p, "end p%u", &number) == 1) {
        size_t word = strcspn(p, " ");
        int len = snprintf(text, sizeof(text), "%.*s %u", (int)word, p, number);
        spoken_add(s, text, (size_t)len);
        return p + word + 1 + strcspn(p + word + 1, " ;}");
    } else if (spoken_fits(p, "p9") && memchr(p, 'F', n)) {
        spoken_add(s, p, n);
    } else if (spoken_fits(p, "p9")) {
        spoken_add(s, p + 1, n - 1);
    }
    return p + n;
}

static inline void spoken_parse(struct spoken *s, const char *p)
{
    bool in_event = false;
    s->count = 0;
    while (*p) {
        in_event = *p == '{' || (in_event && *p != '}');
        size_t name = strcspn(p, "=[;:{} ");
        if (*p == '=')
            p = spoken_value(s, p + 1);
        else if (*p == '[')
            p = spoken_list(s, p + 1);
        else if (name == 0 || p[name] == '=')
            p += name ? name : 1;
        else
            p = spoken_word(s, p, in_event);
    }
}

/** Turn "0102H" into "0201": bit strings are printed as numbers, the column has their bytes as sent. */
static inline void spoken_reverse(char *hex, size_t n)
{
    for (size_t i = 0; i + 2 <= n / 2; i += 2) {
        for (size_t k = 0; k < 2; k++) {
            char c = hex[i + k];
            hex[i + k] = hex[n - 2 - i + k];
            hex[n - 2 - i + k] = c;
        }
    }
}

/** The same but for the weekday of a date, the H of a hex number and the order of a bit string. */
static inline bool spoken_equal(const char *want, const char *got)
{
    char text[SPOKEN_TEXT];
    snprintf(text, sizeof(text), "%s", got ? got : "-");
    size_t n = strlen(text), w = strlen(want);
    if (strcasecmp(want, text) == 0)
        return true;
    if (n > 4 && n - 4 == w && text[w] == ' ' && isupper((unsigned char)text[w + 1]))
        return strncmp(want, text, w) == 0;
    if (n - 1 != w || text[w] != 'H')
        return false;
    if (strncasecmp(want, text, w) == 0)
        return true;
    spoken_reverse(text, w);
    return w == 16 && strncasecmp(want, text, w) == 0;
}

#endif
