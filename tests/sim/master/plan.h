#ifndef TESTS_SIM_MASTER_PLAN_H
#define TESTS_SIM_MASTER_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/civil.h"
#include "northbound/gdw3761/items.h"

/**
 * A plan: the request frames of one command, as data areas. Data units are appended; when the frame is full
 * the next one begins. Made by the compose functions from what people write: "F25", "p1..p192", "day
 * 2026-11-21".
 */
enum { MS_STEPS = 256, MS_PLAN_BYTES = 1 << 18, MS_NUMBERS = 2048 };

struct ms_step {
    uint8_t afn;
    bool fir, fin; /**< downlink messages of several frames (long parameter lists) */
    uint32_t at, len;
};

struct ms_plan {
    unsigned count;
    struct ms_step step[MS_STEPS];
    uint8_t bytes[MS_PLAN_BYTES];
    size_t len;
    size_t max_data; /**< data area of one frame */
    bool closed;     /**< the next data unit begins a new frame */
};

/** Empty; frames have at most max_l1 bytes of L1, PW and Tp included. */
void ms_plan_init(struct ms_plan *p, size_t max_l1);
/** Append a data unit. @return 0, CN_E_NOSPACE (one unit is larger than a frame, or the plan is full). */
int ms_plan_unit(struct ms_plan *p, unsigned afn, struct gdw_dadt dadt, const uint8_t *data, size_t n);
/** What is appended from here on goes into new frames. */
void ms_plan_close(struct ms_plan *p);
/** Append a whole data area as one frame. @return 0, CN_E_NOSPACE. */
int ms_plan_raw(struct ms_plan *p, unsigned afn, const uint8_t *data, size_t n);

/** A set of numbers as people write it. */
struct ms_numbers {
    unsigned count;
    uint16_t n[MS_NUMBERS];
};
/** "1..192", "1,5,7..9", each number with an optional letter in front: "p1..p192", "F25". @return count,
 * CN_E_FORMAT, CN_E_FULL. */
int ms_numbers_parse(const char *text, char letter, struct ms_numbers *out);

/** The time mark of class 2 requests. */
struct ms_mark {
    uint8_t kind; /**< enum gdw_mark */
    struct civil time;
    uint8_t density, points; /**< of a curve */
};

/**
 * Read items (AFN 09, 0A without request data, 0C, 0D).
 * @return 0, CN_E_NOTFOUND (no such Fn), CN_E_FORMAT (the item wants another time mark), CN_E_NOSPACE
 */
int ms_compose_read(struct ms_plan *p, unsigned afn, const struct ms_numbers *fns,
                    const struct ms_numbers *pns, const struct ms_mark *mark);

/** Query entries of a list parameter: AFN 0A F10, F33 ... @return 0, CN_E_NOTFOUND, CN_E_FORMAT (not a list),
 * CN_E_NOSPACE. */
int ms_compose_keys(struct ms_plan *p, unsigned fn, const struct ms_numbers *keys);

/**
 * One downlink data unit from name=value words; fields in arrays are name[0]=..., name[0][1]=...
 * @param failed receives the name of the field that is missing or wrong
 * @return bytes, CN_E_NOTFOUND (no such item), CN_E_STATE (a field was not given), CN_E_FORMAT, CN_E_RANGE,
 * CN_E_NOSPACE
 */
int ms_compose_fields(unsigned afn, unsigned fn, char *const *words, size_t n, struct wbuf *out,
                      const char **failed);

/** F10 in as many frames as needed; FIR/FIN tell their order. @param entries count entries of F10_ENTRY bytes
 */
int ms_compose_archive(struct ms_plan *p, const uint8_t *entries, size_t count);

/** "2026-11-21", "2026-11-21 10:30:00" in one or two words. @return words used, CN_E_FORMAT. */
int ms_time_parse(char *const *words, size_t n, struct civil *out);

#endif
