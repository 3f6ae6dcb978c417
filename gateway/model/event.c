#include "gateway/model/event.h"

#include "gateway/base/err.h"

/*
 * Contents of the 35 events behind ERC and Le (reference part 6, 5). Numbers with the start flag are LF_EDGE;
 * flag bytes name their parts.
 */
#define PHASES LF_PART(0x07, "phases", NULL, 0, 0)
#define KIND   LF_PART(0xC0, "kind", NULL, 0, 0)

static const struct lay erc1[] = {
    LF_TIME15("time"), LF_BS(1, "flags"), LF_ASCII(4, "old"), LF_ASCII(4, "new"), LF_END,
};
static const struct lay erc2[] = {
    LF_TIME15("time"), LF_BS(1, "flags"), LF_END,
};
static const struct lay erc3[] = {
    LF_TIME15("time"),
    LF_NUM(1, "MSA", NULL, 0, 0),
    LF_REPEAT_REST("items"),
    LF_DADT("item"),
    LF_NEXT,
    LF_END,
};
static const struct lay erc4[] = {
    LF_TIME15("time"), LF_BS(1, "change"), LF_BS(1, "state"), LF_END,
};
static const struct lay erc5[] = {
    LF_TIME15("time"), LF_BS(1, "rounds"), LF_A(2, "power", "kW"), LF_A(2, "power_after_2min", "kW"), LF_END,
};
static const struct lay erc6[] = {
    LF_TIME15("time"), LF_NUM(1, "group", NULL, 0, 0), LF_BS(1, "rounds"), LF_BS(1, "type"),
    LF_A(2, "power", "kW"), LF_A(2, "power_after_2min", "kW"), LF_A(2, "limit", "kW"), LF_END,
};
static const struct lay erc7[] = {
    LF_TIME15("time"), LF_NUM(1, "group", NULL, 0, 0), LF_BS(1, "rounds"), LF_BS(1, "type"),
    LF_A(3, "energy", "kWh"), LF_A(3, "limit", "kWh"), LF_END,
};
static const struct lay erc8[] = {
    LF_TIME15("time"), LF_NUM(2, "point", NULL, 0, 0), LF_BS(1, "flags"), LF_END,
};
static const struct lay erc9[] = { /* and ERC10 */
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_BS(1, "flags"), PHASES, KIND,
    LF_A(7, "U_A", "V"), LF_A(7, "U_B", "V"), LF_A(7, "U_C", "V"),
    LF_A(25, "I_A", "A"), LF_A(25, "I_B", "A"), LF_A(25, "I_C", "A"), LF_A(14, "fwd_active", "kWh"), LF_END,
};
static const struct lay erc11[] = {
    LF_TIME15("time"),
    LF_EDGE(2, "point"),
    LF_ARRAY_N(6, 5, "angle", "degree", 0),
    LF_A(14, "fwd_active", "kWh"),
    LF_END,
};
static const struct lay erc12[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_END,
};
static const struct lay erc13[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_BS(1, "bits"), LF_END,
};
static const struct lay erc14[] = {
    LF_TIME15("time"), LF_TIME15("on"), LF_END,
};
/* Values are A.5 % for a voltage, A.6 A for a current (D7 of the flags): no branches in a layout, so raw. */
static const struct lay erc15[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_BS(1, "flags"), PHASES, LF_PART(0x80, "current", NULL, 0, 0),
    LF_BS(3, "over"), LF_REPEAT_N(19), LF_BYTES(2, "value"), LF_NEXT, LF_END,
};
static const struct lay erc16[] = {
    LF_TIME15("time"), LF_EDGE(1, "port"), LF_BS(1, "flags"), LF_A(2, "value", NULL), LF_END,
};
static const struct lay erc17[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_BS(1, "flags"),
    LF_A(5, "voltage_unbalance", "%"), LF_A(5, "current_unbalance", "%"),
    LF_A(7, "U_A", "V"), LF_A(7, "U_B", "V"), LF_A(7, "U_C", "V"),
    LF_A(25, "I_A", "A"), LF_A(25, "I_B", "A"), LF_A(25, "I_C", "A"), LF_END,
};
static const struct lay erc18[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_BS(1, "flags"), LF_BS(2, "banks"),
    LF_A(5, "power_factor", "%"), LF_A(23, "reactive_power", "kvar"), LF_A(7, "voltage", "V"), LF_END,
};
static const struct lay erc19[] = {
    LF_TIME15("time"), LF_NUM(1, "group", NULL, 0, 0), LF_NUM(4, "order", NULL, 0, 0), LF_BS(1, "mode"),
    LF_A(3, "amount", NULL), LF_A(3, "alarm_limit", NULL), LF_A(3, "trip_limit", NULL),
    LF_A(3, "remaining_before", NULL), LF_A(3, "remaining_after", NULL), LF_END,
};
static const struct lay erc20[] = {
    LF_TIME15("time"), LF_BYTES(16, "PW"), LF_NUM(1, "MSA", NULL, 0, 0), LF_END,
};
static const struct lay erc21[] = {
    LF_TIME15("time"), LF_NUM(1, "code", NULL, 0, 0), LF_END,
};
static const struct lay erc22[] = {
    LF_TIME15("time"), LF_EDGE(1, "group"), LF_A(3, "compared", "kWh"), LF_A(3, "reference", "kWh"),
    LF_NUM(1, "deviation", "%", 0, 0), LF_A(3, "absolute_deviation", "kWh"),
    LF_COUNT(1, "n", 0, 0), LF_ARRAY(14, "compared_readings", "kWh", 0),
    LF_COUNT(1, "m", 0, 0), LF_ARRAY(14, "reference_readings", "kWh", 0), LF_END,
};
static const struct lay erc24[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_BS(1, "flags"), PHASES, KIND,
    LF_A(7, "U_A", "V"), LF_A(7, "U_B", "V"), LF_A(7, "U_C", "V"), LF_END,
};
static const struct lay erc25[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_BS(1, "flags"), PHASES, KIND,
    LF_A(25, "I_A", "A"), LF_A(25, "I_B", "A"), LF_A(25, "I_C", "A"), LF_END,
};
static const struct lay erc26[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_BS(1, "flags"), KIND,
    LF_A(23, "apparent_power", "kVA"), LF_A(23, "limit", "kVA"), LF_END,
};
static const struct lay erc27[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_A(14, "before", "kWh"), LF_A(14, "after", "kWh"), LF_END,
};
static const struct lay erc28[] = { /* and ERC29 */
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_A(14, "before", "kWh"), LF_A(14, "after", "kWh"),
    LF_A(22, "threshold", NULL), LF_END,
};
static const struct lay erc30[] = {
    LF_TIME15("time"),
    LF_EDGE(2, "point"),
    LF_A(14, "fwd_active", "kWh"),
    LF_NUM(1, "threshold", "15 min", 0, 0),
    LF_END,
};
static const struct lay erc31[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_TIME15("last_ok"),
    LF_A(14, "fwd_active", "kWh"), LF_A(11, "fwd_reactive", "kvarh"), LF_END,
};
static const struct lay erc32[] = {
    LF_TIME15("time"), LF_NUM(4, "month_bytes", "byte", 0, 0), LF_NUM(4, "limit", "byte", 0, 0), LF_END,
};
static const struct lay erc33[] = {
    LF_TIME15("time"), LF_NUM(2, "point", NULL, 0, 0), LF_REPEAT_N(7), LF_BS(2, "change"), LF_NEXT,
    LF_REPEAT_N(7), LF_BS(2, "status"), LF_NEXT, LF_END,
};
static const struct lay erc34[] = {
    LF_TIME15("time"), LF_EDGE(2, "point"), LF_BS(1, "flags"), PHASES, KIND, LF_END,
};
static const struct lay erc35[] = {
    LF_TIME15("time"),
    LF_NUM(1, "port", NULL, 0, 0),
    LF_COUNT(1, "n", 0, 31),
    LF_REPEAT,
    LF_A(12, "address", NULL),
    LF_BS(1, "phase_quality"),
    LF_BS(1, "protocol"),
    LF_NEXT,
    LF_END,
};

#define ERC(n, name_, layout_, raised_)                                                                      \
    {.erc = (n), .name = (name_), .clause = "reference part 6, ERC" #n, .layout = (layout_),                 \
     .raised = (raised_)}

/* In ERC order without a gap: event_find relies on it. `raised` tells which the product raises today. */
static const struct event_def events[] = {
    ERC(1, "data initialisation, version change", erc1, false),
    ERC(2, "parameter loss", erc2, false),
    ERC(3, "parameter change", erc3, true),
    ERC(4, "status input change", erc4, false),
    ERC(5, "remote trip", erc5, false),
    ERC(6, "power control trip", erc6, false),
    ERC(7, "energy control trip", erc7, false),
    ERC(8, "meter parameter change", erc8, false),
    ERC(9, "current circuit abnormality", erc9, false),
    ERC(10, "voltage circuit abnormality", erc9, false),
    ERC(11, "phase sequence abnormality", erc11, false),
    ERC(12, "meter clock out of tolerance", erc12, false),
    ERC(13, "meter fault information", erc13, false),
    ERC(14, "terminal power off and on", erc14, true),
    ERC(15, "harmonic over limit", erc15, false),
    ERC(16, "DC analogue over limit", erc16, false),
    ERC(17, "unbalance over limit", erc17, false),
    ERC(18, "capacitor switching self-lock", erc18, false),
    ERC(19, "purchase parameter setting", erc19, false),
    ERC(20, "authentication error", erc20, true),
    ERC(21, "terminal fault", erc21, true),
    ERC(22, "energy difference over limit", erc22, false),
    ERC(23, "energy control alarm", erc7, false),
    ERC(24, "voltage over limit", erc24, false),
    ERC(25, "current over limit", erc25, false),
    ERC(26, "apparent power over limit", erc26, false),
    ERC(27, "meter reading decreased", erc27, false),
    ERC(28, "energy over-difference", erc28, false),
    ERC(29, "meter flying", erc28, false),
    ERC(30, "meter stopped", erc30, false),
    ERC(31, "reading failure", erc31, true),
    ERC(32, "traffic with the master exceeded", erc32, false),
    ERC(33, "meter status word change", erc33, false),
    ERC(34, "CT abnormality", erc34, false),
    ERC(35, "unknown meter found", erc35, false),
};
enum { EVENTS = sizeof events / sizeof events[0], CONTENT_MAX = 250, TIME_LEN = 5 };

const struct event_def *event_all(size_t *count)
{
    *count = EVENTS;
    return events;
}

const struct event_def *event_find(unsigned erc)
{
    return erc >= 1 && erc <= EVENTS ? &events[erc - 1] : NULL;
}

static void put_format(struct wbuf *w, unsigned n, const struct lay_val *v)
{
    uint8_t raw[8];

    /* what does not fit is EE */
    (void)fmt_encode(n, v, raw);
    wbuf_bytes(w, raw, (size_t)fmt_size(n));
}

static void put_time(struct wbuf *w, const struct civil *t)
{
    struct lay_val v = {.kind = LAYV_NONE};

    if (t) {
        v.kind = LAYV_TIME;
        v.time = *t;
    }
    put_format(w, 15, &v);
}

static void put_value(struct wbuf *w, unsigned n, struct value x)
{
    struct lay_val v = {.kind = LAYV_DEC, .dec = x};

    put_format(w, n, &v);
}

int event_build(uint8_t erc, const struct civil *local, const uint8_t *content, size_t n, struct wbuf *out)
{
    if (n > CONTENT_MAX)
        return CN_E_RANGE;
    if (wbuf_left(out) < 2 + TIME_LEN + n)
        return CN_E_NOSPACE;
    wbuf_u8(out, erc);
    wbuf_u8(out, (uint8_t)(TIME_LEN + n));
    put_time(out, local);
    wbuf_bytes(out, content, n);
    return (int)(2 + TIME_LEN + n);
}

void event_put_erc3(struct wbuf *w, uint8_t msa, const uint8_t (*dadts)[4], unsigned n)
{
    wbuf_u8(w, msa);
    for (unsigned i = 0; i < n && i < EVENT_ERC3_ITEMS; i++)
        wbuf_bytes(w, dadts[i], 4);
}

void event_put_erc14(struct wbuf *w, const struct civil *on)
{
    put_time(w, on);
}

void event_put_erc20(struct wbuf *w, const uint8_t pw[16], uint8_t msa)
{
    wbuf_bytes(w, pw, 16);
    wbuf_u8(w, msa);
}

void event_put_erc21(struct wbuf *w, uint8_t code)
{
    wbuf_u8(w, code);
}

void event_put_erc31(struct wbuf *w, unsigned point, bool start, const struct civil *last,
                     struct value forward_active, struct value forward_reactive)
{
    wbuf_u16(w, (uint16_t)((point & 0x0FFF) | (start ? 0x8000U : 0)));
    put_time(w, last);
    put_value(w, 14, forward_active);
    put_value(w, 11, forward_reactive);
}
