#include "hmi/lcd/render.h"

#include <stdio.h>
#include <string.h>

#include "gateway/model/ctl.h"
#include "hmi/lcd/text.h"

/* The status bar, from the left; each cell has its place whether it shows something or not. */
enum {
    SIGNAL_X = 0,
    LINK_X = 17,
    CHANNEL_X = 31,
    ALARM_X = 58,
    PORTS_X = 73,
    PORT_PITCH = 6,
    BAR_H = 16, /**< the line under the bar */
    BODY_Y = 18,
    EVENT_PITCH = 36,
    FOOT_Y = 126, /**< the line over the parameter rows */
    ROWS_Y = 36,
    ROW_PITCH = 17,
    POINT_W = 36, /**< 4 digits and a gap */
    ENERGY_RIGHT = 124,
};

/* Steps of one round of the pages. */
enum { MAIN_STEPS = 3, METER_STEPS = 3, FAILED_STEPS = 1, ROUND = MAIN_STEPS + METER_STEPS + FAILED_STEPS };

static unsigned sheets_of(unsigned rows)
{
    return rows == 0 ? 1 : (rows + LCD_ROWS - 1) / LCD_ROWS;
}

static struct lcd_screen sheet_screen(enum lcd_page page, uint64_t turn, unsigned rows)
{
    unsigned sheets = sheets_of(rows);
    unsigned sheet = (unsigned)(turn % sheets);
    return (struct lcd_screen){
        .page = (uint8_t)page,
        .first = (uint16_t)(sheet * LCD_ROWS),
        .sheet = (uint16_t)(sheet + 1),
        .sheets = (uint16_t)sheets,
    };
}

struct lcd_screen lcd_screen_at(uint64_t step, unsigned events, unsigned meters, unsigned failed)
{
    uint64_t round = step / ROUND;
    unsigned at = (unsigned)(step % ROUND);
    if (at >= MAIN_STEPS + METER_STEPS)
        return sheet_screen(LCD_FAILED, round * FAILED_STEPS + at - MAIN_STEPS - METER_STEPS, failed);
    if (at >= MAIN_STEPS)
        return sheet_screen(LCD_METERS, round * METER_STEPS + at - MAIN_STEPS, meters);
    unsigned places = events > LCD_EVENTS_SHOWN ? events - LCD_EVENTS_SHOWN + 1 : 1;
    return (struct lcd_screen){
        .page = LCD_MAIN,
        .first = (uint16_t)((round * MAIN_STEPS + at) % places),
        .sheet = 1,
        .sheets = 1,
    };
}

static void draw_signal(struct canvas *c, int8_t bars)
{
    static const uint16_t mast[] = {0x1F, 0x15, 0x0E, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04};
    if (bars < 0)
        return;
    canvas_icon(c, SIGNAL_X, 3, 5, 10, mast);
    for (int i = 0; i < 4; i++) {
        int h = i < bars ? 2 + 2 * (i + 1) : 1;
        canvas_fill(c, SIGNAL_X + 5 + 3 * i, 13 - h, 2, h, true);
    }
}

static void draw_link(const struct lcd_model *m, struct canvas *c)
{
    static const uint16_t to_master[] = {0x008, 0x00C, 0x7FE, 0x00C, 0x008};
    static const uint16_t trying[] = {0x008, 0x00C, 0x5AE, 0x00C, 0x008};
    static const uint16_t from_master[] = {0x080, 0x180, 0x3FF, 0x180, 0x080};
    static const uint16_t cross[] = {0x606, 0x30C, 0x198, 0x0F0, 0x060, 0x0F0, 0x198, 0x30C, 0x606};
    if (!m->running) {
        canvas_text(c, LINK_X + 2, 0, LCD_W, "?");
        return;
    }
    switch (m->link) {
    case LINK_LOGGED_IN:
        canvas_icon(c, LINK_X, 9, 11, 5, from_master);
        /* fall through */
    case LINK_CONNECTED:
        canvas_icon(c, LINK_X, 2, 11, 5, to_master);
        break;
    case LINK_CONNECTING:
        canvas_icon(c, LINK_X, 2, 11, 5, trying);
        break;
    default:
        canvas_icon(c, LINK_X, 3, 11, 9, cross);
        break;
    }
}

static void draw_ports(const struct lcd_model *m, struct canvas *c)
{
    static const uint16_t up[] = {0x04, 0x0E, 0x1F};
    static const uint16_t down[] = {0x1F, 0x0E, 0x04};
    for (int i = 0; i < m->port_count && i < LCD_PORTS; i++) {
        int x = PORTS_X + PORT_PITCH * i;
        canvas_fill(c, x, 7, 5, 1, true);
        if (m->ports[i].sending)
            canvas_icon(c, x, 3, 5, 3, up);
        if (m->ports[i].receiving)
            canvas_icon(c, x, 9, 5, 3, down);
    }
}

static void draw_status_bar(const struct lcd_model *m, struct canvas *c)
{
    static const char *const channels[] = {
        [TRANSPORT_TCP] = "TCP", [TRANSPORT_UDP] = "UDP", [TRANSPORT_SMS] = "SMS"};
    static const uint16_t bell[] = {0x020, 0x070, 0x0F8, 0x1FC, 0x1FC, 0x1FC,
                                    0x1FC, 0x3FE, 0x7FF, 0x000, 0x070, 0x020};
    char clock[8] = "--:--";

    if (m->running)
        draw_signal(c, m->signal);
    draw_link(m, c);
    if (m->channel_known && m->channel < sizeof channels / sizeof channels[0])
        canvas_text(c, CHANNEL_X, 0, ALARM_X, channels[m->channel]);
    if (m->alarm)
        canvas_icon(c, ALARM_X, 2, 11, 12, bell);
    if (m->running)
        draw_ports(m, c);
    if (m->clock)
        snprintf(clock, sizeof clock, "%02u:%02u", m->now.hour % 100U, m->now.minute % 100U);
    canvas_text_right(c, LCD_W, 0, clock);
    canvas_fill(c, 0, BAR_H, LCD_W, 1, true);
}

/** "11-21 10:30" */
static void print_moment(const struct civil *t, char *out, size_t cap)
{
    snprintf(out, cap, "%02u-%02u %02u:%02u", t->month % 100U, t->day % 100U, t->hour % 100U,
             t->minute % 100U);
}

static void draw_centred(struct canvas *c, int y, const char *text)
{
    canvas_text(c, (LCD_W - canvas_text_width(text)) / 2, y, LCD_W, text);
}

static void draw_event(const struct lcd_model *m, struct canvas *c, int y, const struct lcd_event *e)
{
    char text[24];
    int right = LCD_EVENT_WIDTH;

    print_moment(&e->local, text, sizeof text);
    canvas_text(c, 0, y, LCD_W, text);
    if (e->point) {
        snprintf(text, sizeof text, "P%u", e->point);
        canvas_text_right(c, right, y, text);
        right -= canvas_text_width(text) + 1;
    }
    if (e->over)
        canvas_text_right(c, right, y, lcd_word(WORD_OVER, m->language));
    const char *name = lcd_event_name(e->erc, m->language);
    if (!name) {
        snprintf(text, sizeof text, "ERC%u", e->erc);
        name = text;
    }
    canvas_text(c, 0, y + LCD_LINE, LCD_EVENT_WIDTH, name);
}

static void draw_events(const struct lcd_model *m, struct canvas *c)
{
    enum { BODY_H = FOOT_Y - BODY_Y - 2 };
    unsigned count = m->event_count < LCD_EVENTS ? m->event_count : LCD_EVENTS;

    if (!m->store || count == 0) {
        draw_centred(c, BODY_Y + (BODY_H - LCD_LINE) / 2,
                     lcd_word(m->store ? WORD_NO_EVENTS : WORD_NO_DATA, m->language));
        return;
    }
    for (unsigned i = 0; i < LCD_EVENTS_SHOWN && m->screen.first + i < count; i++)
        draw_event(m, c, BODY_Y + EVENT_PITCH * (int)i, &m->events[m->screen.first + i]);
    if (count > LCD_EVENTS_SHOWN) {
        canvas_fill(c, LCD_W - 2, BODY_Y + BODY_H * m->screen.first / (int)count, 2,
                    BODY_H * LCD_EVENTS_SHOWN / (int)count, true);
    }
}

static void draw_foot(const struct lcd_model *m, struct canvas *c)
{
    char text[32];
    const char *label = lcd_word(WORD_ADDRESS, m->language);

    canvas_fill(c, 0, FOOT_Y, LCD_W, 1, true);
    int x = canvas_text(c, 0, FOOT_Y + 2, LCD_W, label) + 4;
    /* as on the name plate: region in decimal, address in hexadecimal digits */
    snprintf(text, sizeof text, "%04X-%04XH", m->region, m->address);
    x = canvas_text(c, x, FOOT_Y + 2, LCD_W, text);
    if (x + canvas_text_width(m->version) < LCD_W)
        canvas_text_right(c, LCD_W, FOOT_Y + 2, m->version);

    if (m->master_port) {
        snprintf(text, sizeof text, "%u.%u.%u.%u:%u", m->master_ip[0], m->master_ip[1], m->master_ip[2],
                 m->master_ip[3], m->master_port);
    } else {
        snprintf(text, sizeof text, "-");
    }
    label = lcd_word(WORD_MASTER, m->language);
    int width = canvas_text_width(text);
    if (canvas_text_width(label) + width < LCD_W)
        canvas_text(c, 0, FOOT_Y + 2 + LCD_LINE, LCD_W, label);
    canvas_text_right(c, LCD_W, FOOT_Y + 2 + LCD_LINE, text);
}

/** The unit is left out when the line is full. */
static void draw_title(struct canvas *c, const char *title, const char *unit, const struct lcd_screen *s)
{
    char text[24];
    int x = canvas_text(c, 2, BODY_Y, LCD_W, title);
    snprintf(text, sizeof text, "%u/%u", s->sheet, s->sheets);
    int free_to = LCD_W - 2 - canvas_text_width(text);
    canvas_text_right(c, LCD_W - 2, BODY_Y, text);
    if (x + canvas_text_width(unit) < free_to)
        canvas_text(c, x, BODY_Y, free_to, unit);
    canvas_invert(c, 0, BODY_Y - 1, LCD_W, LCD_LINE + 1);
}

static void draw_age(const struct lcd_model *m, struct canvas *c, int y, int64_t age_s)
{
    static const struct {
        int64_t below_s, unit_s;
        enum lcd_word word;
    } units[] = {
        {100, 1, WORD_SECONDS},
        {100 * 60, 60, WORD_MINUTES},
        {100 * 3600, 3600, WORD_HOURS},
        {INT64_MAX, 86400, WORD_DAYS},
    };
    char text[24] = "-";
    unsigned i = 0;
    while (age_s >= units[i].below_s)
        i++;
    int64_t n = age_s / units[i].unit_s;
    if (age_s >= 0)
        snprintf(text, sizeof text, "%d%s", (int)(n < 99 ? n : 99), lcd_word(units[i].word, m->language));
    canvas_text_right(c, LCD_W, y, text);
}

/* A number that does not fit loses decimals, never leading digits. */
static void draw_energy(struct canvas *c, int y, struct value v)
{
    char text[32];
    value_print(v, text, sizeof text);
    while (canvas_text_width(text) > ENERGY_RIGHT - POINT_W && v.exp10 < 0) {
        int64_t cut;
        if (value_cut(v, v.exp10 + 1, &cut) < 0)
            break;
        v.mantissa = cut;
        v.exp10++;
        value_print(v, text, sizeof text);
    }
    canvas_text_right(c, ENERGY_RIGHT, y, text);
}

static void draw_rows(const struct lcd_model *m, struct canvas *c, bool failed)
{
    char text[24];
    for (int i = 0; i < m->row_count && i < LCD_ROWS; i++) {
        const struct lcd_row *row = &m->rows[i];
        int y = ROWS_Y + ROW_PITCH * i;
        snprintf(text, sizeof text, "%u", row->point);
        canvas_text(c, 0, y, LCD_W, text);
        if (!failed) {
            draw_energy(c, y, row->energy);
            draw_age(m, c, y, row->age_s);
        } else if (row->age_s < 0) {
            canvas_text_right(c, LCD_W, y, lcd_word(WORD_NEVER, m->language));
        } else {
            print_moment(&row->since, text, sizeof text);
            canvas_text_right(c, LCD_W, y, text);
        }
    }
}

static void draw_list(const struct lcd_model *m, struct canvas *c)
{
    bool failed = m->screen.page == LCD_FAILED;
    unsigned total = failed ? m->failed : m->meters;
    char title[48];

    const char *word = lcd_word(failed ? WORD_FAILED : WORD_METERS, m->language);
    if (m->store)
        snprintf(title, sizeof title, "%s %u", word, total);
    else
        snprintf(title, sizeof title, "%s", word);
    draw_title(c, title, failed ? "" : " kWh", &m->screen);
    if (!m->store || m->meters == 0)
        draw_centred(c, 80, lcd_word(WORD_NO_DATA, m->language));
    else if (failed && total == 0)
        draw_centred(c, 80, lcd_word(WORD_NONE_FAILED, m->language));
    else
        draw_rows(m, c, failed);
}

void lcd_render(const struct lcd_model *m, struct canvas *c)
{
    canvas_clear(c);
    draw_status_bar(m, c);
    if (m->screen.page != LCD_MAIN) {
        draw_list(m, c);
        return;
    }
    draw_events(m, c);
    draw_foot(m, c);
}
