#include "gateway/base/err.h"

#include <stddef.h>

static const struct {
    int num;
    const char *name;
    const char *text;
} errors[] = {
#define CN_ERR(sym, num, text) {num, #sym, text},
#include "gateway/base/err.def"
#undef CN_ERR
};

static size_t find(int err)
{
    int num = err < 0 ? -err : err;

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].num == num)
            return i;
    }
    return sizeof errors / sizeof errors[0];
}

const char *cn_err_name(int err)
{
    size_t i = find(err);

    return i < sizeof errors / sizeof errors[0] ? errors[i].name : "UNKNOWN";
}

const char *cn_err_text(int err)
{
    size_t i = find(err);

    return i < sizeof errors / sizeof errors[0] ? errors[i].text : "an unknown error";
}
