#include "gateway/base/err.h"
#include "gateway/model/param.h"

/*
 * The rows of the parameter dictionary (reference part 3), sorted by Fn. A new Fn is one layout and one row.
 * Reserved bits have no effect, are stored and echoed; what has no meaning is refused.
 */

static const struct lay f1[] = {
    LF_NUM(1, "rts", "20 ms", 0, 0),
    LF_NUM(1, "delay", "min", 0, 0),
    LF_NUM(2, "wait", NULL, 0, 0),
    LF_PART(0x0FFF, "timeout", "s", 0, 0),
    LF_PART(0x3000, "repeats", NULL, 0, 0),
    LF_BS(1, "confirm"),
    /* a heartbeat of 0 is refused (reference part 3, F1: recommended) */
    LF_NUM(1, "heartbeat", "min", 1, 255),
    LF_END,
};

static const struct lay f3[] = {
    LF_IP4("main_ip"),
    LF_NUM(2, "main_port", NULL, 0, 0),
    LF_IP4("standby_ip"),
    LF_NUM(2, "standby_port", NULL, 0, 0),
    LF_ASCII(16, "apn"),
    LF_END,
};

static const struct lay f8[] = {
    LF_BS(1, "mode"),
    LF_PART(0x80, "udp", NULL, 0, 0),
    LF_PART(0x30, "role", NULL, 0, 2),
    LF_PART(0x03, "online", NULL, 0, 0),
    LF_NUM(2, "redial", "s", 0, 0),
    LF_NUM(1, "redial_count", NULL, 0, 0),
    LF_NUM(1, "idle", "min", 0, 0),
    LF_BS(3, "hours"),
    LF_END,
};

/* The on-line code means something to a client only, and there 0 means nothing. */
static int check_f8(const uint8_t *data, size_t len)
{
    bool client = len > 0 && (data[0] >> 4 & 3) == 1;

    return client && (data[0] & 3) == 0 ? CN_E_RANGE : 0;
}

static const struct lay f9[] = {
    LF_BS(8, "record"),
    LF_BS(8, "important"),
    LF_END,
};

/*
 * The ranges of an entry are checked by check_f10: point 0 deletes the index and the rest of the entry is
 * ignored. Fields of an entry are therefore all of kinds that accept any byte.
 */
static const struct lay f10[] = {
    LF_COUNT(2, "n", 0, METER_INDEX_MAX),
    LF_REPEAT,
    LF_NUM(2, "index", NULL, 0, 0),
    LF_NUM(2, "point", NULL, 0, 0),
    LF_NUM(1, "line", NULL, 0, 0),
    LF_PART(0xE0, "baud_code", NULL, 0, 0),
    LF_PART(0x1F, "port", NULL, 0, 0),
    LF_NUM(1, "protocol", NULL, 0, 0),
    LF_A(12, "address", NULL),
    LF_BYTES(6, "password"),
    LF_NUM(1, "rates", NULL, 0, 0),
    LF_PART(0x3F, "tariffs", NULL, 0, 0),
    LF_BS(1, "digits"),
    LF_PART(0x0C, "int_digits_over_4", NULL, 0, 0),
    LF_PART(0x03, "decimals_over_1", NULL, 0, 0),
    LF_A(12, "collector", NULL),
    LF_NUM(1, "class", NULL, 0, 0),
    LF_PART(0xF0, "user_class", NULL, 0, 0),
    LF_PART(0x0F, "user_subclass", NULL, 0, 0),
    LF_NEXT,
    LF_END,
};

static int check_f10(const uint8_t *data, size_t len)
{
    struct meter m;

    return len == F10_ENTRY ? meter_decode(data, &m) : CN_E_RANGE;
}

static const struct param_list f10_list = {
    .count_len = 2, .key_len = 2, .replace = false, .count_max = METER_INDEX_MAX, .entry = &f10[2]};

static const struct lay f33[] = {
    LF_COUNT(1, "n", 0, 31),
    LF_REPEAT,
    LF_NUM(1, "port", NULL, 1, 31),
    LF_BS(2, "control"),
    LF_BS(4, "days"),
    LF_A(19, "read_at", NULL),
    LF_NUM(1, "interval", "min", 1, 60),
    {.op = 18, .flags = LAYF_DAY0, .name = "broadcast_at"},
    LF_COUNT(1, "m", 0, F33_PERIODS_MAX),
    LF_REPEAT,
    LF_A(19, "from", NULL),
    LF_A(19, "to", NULL),
    LF_NEXT,
    LF_NEXT,
    LF_END,
};

static const struct param_list f33_list = {
    .count_len = 1, .key_len = 1, .replace = false, .count_max = 31, .entry = &f33[2]};

static const struct lay f36[] = {
    LF_NUM(4, "month_limit", "byte", 0, 0),
    LF_END,
};

static const struct param_def params[] = {
    {
        .fn = 1,
        .pn_kind = PN_ZERO,
        .name = "upstream communication",
        .clause = "reference part 3, F1",
        .layout = f1,
        .factory =
            "00 00 1E 30 07 05", /* answer within 30 s, 3 repeats, all services confirmed, heartbeat 5 min */
    },
    {
        .fn = 3,
        .pn_kind = PN_ZERO,
        .name = "master IP and port",
        .clause = "reference part 3, F3",
        .layout = f3,
        .factory = "00000000 0000 00000000 0000 00000000000000000000000000000000",
    },
    {
        .fn = 8,
        .pn_kind = PN_ZERO,
        .name = "upstream work mode",
        .clause = "reference part 3, F8",
        .layout = f8,
        .check = check_f8,
        .factory = "11 1E00 03 0A FFFFFF", /* TCP client, always on line, redial after 30 s */
    },
    {
        .fn = 9,
        .pn_kind = PN_ZERO,
        .name = "event record configuration",
        .clause = "reference part 3, F9; part 6, 1.1",
        .layout = f9,
        .factory = "FFFFFFFFFFFFFFFF 0000000000000000", /* record everything, nothing important */
    },
    {
        .fn = 10,
        .pn_kind = PN_ZERO,
        .name = "meter configuration",
        .clause = "reference part 3, F10",
        .layout = f10,
        .list = &f10_list,
        .check = check_f10,
    },
    {
        .fn = 33,
        .pn_kind = PN_ZERO,
        .name = "meter reading run parameters",
        .clause = "reference part 3, F33",
        .layout = f33,
        .list = &f33_list,
    },
    {
        .fn = 36,
        .pn_kind = PN_ZERO,
        .name = "upstream traffic limit",
        .clause = "reference part 3, F36",
        .layout = f36,
        .factory = "00000000", /* no limit */
    },
};

const struct param_def *param_all(size_t *count)
{
    *count = sizeof params / sizeof params[0];
    return params;
}
