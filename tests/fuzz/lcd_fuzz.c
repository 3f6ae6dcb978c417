#include <string.h>

#include "hmi/lcd/control.h"
#include "hmi/lcd/event.h"
#include "hmi/lcd/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What comes from outside the process: event records, control messages, and text drawn from status values.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lcd_control control;
    static const struct civil stored = {2026, 11, 22, 12, 0, 0, 7};
    struct lcd_model m = {.store = true, .running = true, .event_count = 1};
    struct canvas c;
    char text[256];

    if (size < 1)
        return 0;
    if (data[0] % 3 == 0) {
        if (lcd_event_decode(data + 1, size - 1, &stored, &m.events[0]) == 0)
            lcd_render(&m, &c);
    } else if (data[0] % 3 == 1) {
        lcd_control_init(&control);
        control.asked = 1;
        lcd_status_init(&control.coming);
        for (size_t at = 1; at < size; at += 1U + data[at]) {
            size_t n = data[at] < size - at - 1 ? data[at] : size - at - 1;
            struct rbuf r = rbuf_of(data + at + 1, n);
            (void)lcd_control_take(&control, &r, 1);
        }
        lcd_status_show(&control.before, &control.now, &m);
        lcd_render(&m, &c);
    } else {
        size_t n = size - 1 < sizeof text - 1 ? size - 1 : sizeof text - 1;
        memcpy(text, data + 1, n);
        text[n] = '\0';
        canvas_clear(&c);
        canvas_text(&c, 0, 0, LCD_W, text);
        canvas_text_right(&c, LCD_W, 16, text);
    }
    return 0;
}
