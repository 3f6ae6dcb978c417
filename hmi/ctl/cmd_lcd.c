#include <string.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "hmi/ctl/app.h"
#include "hmi/lcd/braille.h"
#include "hmi/lcd/png.h"
#include "hmi/lcd/settings.h"
#include "hmi/lcd/snapshot.h"

enum { PNG_SCALE = 3, TEXT_MAX = 16384 };

static int lcd(struct app *app, int argc, char **argv)
{
    const char *text = NULL, *language = NULL;
    const struct option_def defs[] = {
        {"--text",     false, &text    },
        {"--language", true,  &language},
    };
    struct hmi_settings settings;
    struct canvas canvas;
    char error[CONFIG_ERROR];

    argc = app_options(app, argc, argv, defs, 2);
    if (argc < 0)
        return EXIT_USAGE;
    if (argc > 1)
        return app_usage(app, "\"%s\" is too much", argv[1]);
    const struct config *config = app_config(app);
    if (!config)
        return app_fail(app, "the picture needs the configuration: %s", app->config_error);
    if (hmi_settings_load(app->config_path, &settings, error) < 0)
        return app_fail(app, "%s", error);
    if (language && strcmp(language, "en") == 0)
        settings.language = LCD_EN;
    else if (language && strcmp(language, "zh") == 0)
        settings.language = LCD_ZH;
    else if (language)
        return app_usage(app, "the languages are en and zh, not \"%s\"", language);
    if (!text && isatty(fileno(app->out)))
        return app_usage(app, "a PNG picture goes into a file: concentratorctl lcd > screen.png");
    if (lcd_snapshot(config, &settings, &canvas) < 0)
        return app_fail(app, "out of memory");
    if (!text) {
        int ret = lcd_png_write(app->out, &canvas, PNG_SCALE);
        return ret < 0 ? app_fail(app, "the picture was not written: %s", cn_err_text(ret)) : EXIT_OK;
    }
    uint8_t bytes[TEXT_MAX];
    struct wbuf w = wbuf_of(bytes, sizeof bytes);
    lcd_braille(&canvas, "\n", &w);
    wbuf_u8(&w, '\n');
    return fwrite(w.p, 1, w.len, app->out) == w.len ? EXIT_OK : EXIT_FAILED;
}

const struct command cmd_lcd = {
    .name = "lcd",
    .args = "[--text] [--language en|zh]",
    .brief = "the LCD as a picture: lcd > screen.png",
    .help = "\n"
            "Draws what the LCD shows now and writes it as PNG to standard output. Needs no\n"
            "LCD process and no hardware.\n"
            "\n"
            "  --text         braille characters for a terminal instead of PNG\n"
            "  --language L   en or zh instead of the configured one\n"
            "\n"
            "  concentratorctl lcd > screen.png\n",
    .run = lcd,
};
