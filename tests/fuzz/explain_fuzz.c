#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "hmi/ctl/explain_json.h"
#include "hmi/ctl/explain_text.h"
#include "northbound/gdw3761/frame.h"
#include "southbound/dlt645/dlt645_frame.h"

/* Any bytes: every frame found is explained as JSON that parses again, as text and as a line, and the input
 * is used up. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(cJSON *doc)
{
    char *text = cJSON_PrintUnformatted(doc);
    if (!text)
        abort();
    for (const char *c = text; *c; c++) {
        /* values of foreign bytes must not make the output bad UTF-8 */
        if ((unsigned char)*c >= 0x80)
            abort();
    }
    cJSON *again = cJSON_Parse(text);
    if (!again || !cJSON_Compare(doc, again, true))
        abort();
    const cJSON *valid = cJSON_GetObjectItem(doc, "valid");
    const cJSON *error = cJSON_GetObjectItem(doc, "error");
    if (cJSON_IsTrue(valid) == (error != NULL) || (error && error->valuestring[0] == '\0'))
        abort();
    cJSON_Delete(again);
    cJSON_free(text);
}

static void explain_all(const uint8_t *data, size_t size)
{
    char line[80], *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        abort();
    for (size_t pos = 0; pos < size;) {
        size_t used, again;
        bool valid;
        cJSON *doc = explain_json(data + pos, size - pos, &used);
        if (!doc || used == 0 || used > size - pos)
            abort();
        check_json(doc);
        again = explain_text(out, data + pos, size - pos, &valid);
        if (again != used || valid != cJSON_IsTrue(cJSON_GetObjectItem(doc, "valid")))
            abort();
        explain_line(data + pos, size - pos, line, sizeof(line));
        if (strlen(line) >= sizeof(line))
            abort();
        cJSON_Delete(doc);
        pos += used;
    }
    fclose(out);
    free(text);
}

/** The input as control byte and DATA of a meter frame, so that checksums do not keep the fuzzer out. */
static void as_meter_frame(const uint8_t *data, size_t size)
{
    struct dlt645_frame f = {.control = data[0], .length = (uint8_t)(size - 1)};
    uint8_t raw[DLT645_FRAME_MAX];
    if (size - 1 > DLT645_DATA_MAX)
        return;
    memcpy(f.data, data + 1, size - 1);
    struct wbuf w = wbuf_of(raw, sizeof(raw));
    if (dlt645_frame_encode(&w, 0, &f) > 0)
        explain_all(raw, w.len);
}

/** The input as C .. AUX of a 376.1 frame. */
static void as_master_frame(const uint8_t *data, size_t size)
{
    static uint8_t raw[GDW_FRAME_MAX];
    if (size < GDW_L1_MIN || size > GDW_L1_MAX)
        return;
    struct wbuf w = wbuf_of(raw, sizeof(raw));
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + data[i]);
    wbuf_u8(&w, 0x68);
    wbuf_u16(&w, (uint16_t)(size << 2 | 2));
    wbuf_u16(&w, (uint16_t)(size << 2 | 2));
    wbuf_u8(&w, 0x68);
    wbuf_bytes(&w, data, size);
    wbuf_u8(&w, sum);
    wbuf_u8(&w, 0x16);
    explain_all(raw, w.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    explain_all(data, size);
    as_meter_frame(data, size);
    as_master_frame(data, size);
    return 0;
}
