#include "gateway/model/message.h"

#include "gateway/base/err.h"

int message_end(const struct rbuf *r)
{
    if (r->err)
        return CN_E_SHORT;
    return r->pos == r->len ? 0 : CN_E_FRAME;
}

void message_put_want(struct wbuf *w, struct want x)
{
    wbuf_u16(w, x.quantity);
    wbuf_u8(w, x.period);
    wbuf_u8(w, x.index);
}

struct want message_get_want(struct rbuf *r)
{
    struct want x;

    x.quantity = rbuf_u16(r);
    x.period = rbuf_u8(r);
    x.index = rbuf_u8(r);
    return x;
}
