#include "hmi/lcd/snapshot.h"

#include <poll.h>

#include "gateway/base/clock.h"

/** Serve the control socket until the open request is answered (or to the end of the time, without one). */
static void serve(struct lcd_control *c, int64_t for_ms)
{
    int64_t end = clock_mono_ms() + for_ms;
    bool until_answer = c->asked != 0;

    while (c->fd >= 0 && (c->asked || !until_answer)) {
        int64_t left = end - clock_mono_ms();
        if (left <= 0)
            return;
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        if (poll(&p, 1, (int)left) > 0)
            lcd_control_read(c, clock_mono_ms());
    }
}

int lcd_snapshot(const struct config *config, const struct hmi_settings *settings, struct canvas *out)
{
    struct lcd_sources s;
    int rc = lcd_sources_open(&s, config, settings);

    if (rc < 0)
        return rc;
    if (lcd_control_open(&s.control, config->terminal.run_dir) == 0 && lcd_control_ask(&s.control) == 0) {
        serve(&s.control, SNAPSHOT_WAIT_MS);
        if (!s.control.asked) {
            serve(&s.control, SNAPSHOT_PAUSE_MS);
            if (s.control.fd >= 0 && lcd_control_ask(&s.control) == 0)
                serve(&s.control, SNAPSHOT_WAIT_MS);
        }
    }
    lcd_picture(&s, clock_system_ms(), clock_mono_ms(), out);
    lcd_sources_close(&s);
    return 0;
}
