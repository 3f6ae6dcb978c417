#include "hmi/lcd/picture.h"

#include <stdio.h>

#include "gateway/base/err.h"
#include "hmi/lcd/render.h"

int lcd_sources_open(struct lcd_sources *s, const struct config *config, const struct hmi_settings *settings)
{
    s->config = config;
    s->settings = settings;
    s->view = NULL;
    lcd_control_init(&s->control);
    int rc = view_open(config->terminal.state_dir, &s->view);
    s->collect = rc == 0 ? lcd_collect_new(s->view, config) : NULL;
    if (s->collect)
        return 0;
    lcd_sources_close(s);
    return rc < 0 ? rc : CN_E_NOMEM;
}

void lcd_sources_close(struct lcd_sources *s)
{
    lcd_control_close(&s->control);
    lcd_collect_free(s->collect);
    if (s->view)
        view_close(s->view);
    s->view = NULL;
    s->collect = NULL;
}

/** @return false while nobody has told the offset of a clock that has one. */
static bool box_time(struct lcd_sources *s, int64_t system_ms, int64_t *box_ms)
{
    int64_t offset = 0;
    bool known = true;

    if (s->config->terminal.clock == CLOCK_MODE_OFFSET) {
        known = s->control.clock_known || lcd_collect_clock(s->view, &offset) == 0;
        if (s->control.clock_known)
            offset = s->control.clock.offset_ms;
    }
    *box_ms = system_ms + offset;
    return known;
}

void lcd_picture(struct lcd_sources *s, int64_t system_ms, int64_t mono_ms, struct canvas *out)
{
    struct lcd_model m = {.language = s->settings->language, .signal = -1};
    int64_t box_ms;

    m.clock = box_time(s, system_ms, &box_ms);
    m.now = zone_to_local(s->config->terminal.zone, box_ms / 1000);
    m.running = lcd_control_running(&s->control, mono_ms);
    if (m.running)
        lcd_status_show(&s->control.before, &s->control.now, &m);
    snprintf(m.version, sizeof m.version, "%s", CN_VERSION);
    if (s->control.changed) {
        s->control.changed = false;
        lcd_collect_changed(s->collect);
    }
    int64_t ticks = m.clock ? box_ms : mono_ms;
    uint64_t step = ticks < 0 ? 0 : (uint64_t)ticks / (1000 * LCD_STEP_S);
    lcd_collect_fill(s->collect, box_ms / 1000, mono_ms, step, &m);
    lcd_render(&m, out);
}
