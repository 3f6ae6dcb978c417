/*
 * The explanation of any frame in both editions. Input: a frame as hand-made bytes (edition, C, DATA) when it
 * does not decode, so that the fuzzer need not find checksums.
 */
#include <stdlib.h>
#include <string.h>

#include "southbound/dlt645/dlt645_explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_item(void *ctx, const struct dlt645_item *item)
{
    const struct dlt645_frame *f = ctx;

    /* all texts are strings, all bytes lie in the frame */
    if (!item->name || !item->part || !item->unit || strlen(item->text) >= sizeof item->text)
        abort();
    if (item->raw < f->data || item->raw + item->raw_len > f->data + f->length)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dlt645_frame f = {.length = 0};
    struct dlt645_view view;

    if (dlt645_frame_decode(data, size, &f) < 0) {
        if (size < 2)
            return 0;
        size_t n = size - 2 < DLT645_DATA_MAX ? size - 2 : DLT645_DATA_MAX;
        f.control = data[1];
        f.length = (uint8_t)n;
        memcpy(f.data, data + 2, n);
    }
    for (int edition = DLT645_EDITION_UNKNOWN; edition <= DLT645_2007; edition++) {
        dlt645_explain(&f, (enum dlt645_edition)edition, &view, on_item, &f);
        if (!view.service || strlen(view.di_name) >= sizeof view.di_name || (view.known_di && !view.has_di))
            abort();
    }
    return 0;
}
