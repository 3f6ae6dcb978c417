#include <inttypes.h>
#include <string.h>

#include "gateway/base/bcd.h"
#include "tests/sim/meter/items.h"
#include "tests/sim/meter/sim.h"

static double utilisation(int64_t wire, int64_t span)
{
    return span > 0 ? (double)wire / (double)span : 0;
}

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static int64_t span(const struct sm_stats *t)
{
    return t->last_ns - t->first_ns;
}

static int64_t late_mean(const struct sm_stats *t)
{
    return t->answered ? t->late_sum_ns / (int64_t)t->answered : 0;
}

void sm_print_stats(const struct sm_sim *s, FILE *out)
{
    for (size_t i = 0; i < s->line_count; i++) {
        const struct sm_line *l = &s->lines[i];
        const struct sm_stats *t = &l->stats;
        fprintf(out,
                "port %u: %" PRIu64 " exchanges, %" PRIu64 " answered (%" PRIu64 " refusals), %" PRIu64
                " silent, %" PRIu64 " broadcasts, %" PRIu64 " to nobody\n",
                l->number, t->exchanges, t->answered, t->errors, t->silent, t->broadcasts, t->nobody);
        fprintf(out,
                "  bytes in %" PRIu64 ", out %" PRIu64 ", noise in %" PRIu64 ", collisions %" PRIu64
                ", lost %" PRIu64 "\n",
                t->bytes_in, t->bytes_out, t->noise_in, t->collisions, t->lost);
        fprintf(out, "  wire limit %.1f ms of %.1f ms, utilisation %.4f\n", ms(t->wire_ns), ms(span(t)),
                utilisation(t->wire_ns, span(t)));
        fprintf(out,
                "  rounds %" PRIu64 ", last: %u meters, wire limit %.1f ms of %.1f ms, utilisation %.4f\n",
                t->cycles, t->cycle_meters, ms(t->cycle_wire_ns), ms(t->cycle_ns),
                utilisation(t->cycle_wire_ns, t->cycle_ns));
        fprintf(out, "  last bytes late by %.3f ms on average, %.3f ms at most\n", ms(late_mean(t)),
                ms(t->late_max_ns));
    }
}

void sm_print_stats_json(const struct sm_sim *s, FILE *out)
{
    fprintf(out, "{\"ports\":[");
    for (size_t i = 0; i < s->line_count; i++) {
        const struct sm_line *l = &s->lines[i];
        const struct sm_stats *t = &l->stats;
        fprintf(out,
                "%s{\"port\":%u,\"baud\":%u,\"meters\":%zu,\"exchanges\":%" PRIu64 ",\"answered\":%" PRIu64
                ",\"errors\":%" PRIu64 ",\"silent\":%" PRIu64 ",\"broadcasts\":%" PRIu64
                ",\"nobody\":%" PRIu64,
                i ? "," : "", l->number, l->baud, l->meter_count, t->exchanges, t->answered, t->errors,
                t->silent, t->broadcasts, t->nobody);
        fprintf(out,
                ",\"bytes_in\":%" PRIu64 ",\"bytes_out\":%" PRIu64 ",\"noise_in\":%" PRIu64
                ",\"collisions\":%" PRIu64 ",\"lost\":%" PRIu64
                ",\"wire_ms\":%.3f,\"span_ms\":%.3f,\"utilisation\":%.5f",
                t->bytes_in, t->bytes_out, t->noise_in, t->collisions, t->lost, ms(t->wire_ns), ms(span(t)),
                utilisation(t->wire_ns, span(t)));
        fprintf(out,
                ",\"cycles\":%" PRIu64
                ",\"cycle_meters\":%u,\"cycle_ms\":%.3f,\"cycle_wire_ms\":%.3f,\"cycle_utilisation\":%.5f"
                ",\"late_mean_us\":%" PRId64 ",\"late_max_us\":%" PRId64 ",\"late_ms\":%.3f}",
                t->cycles, t->cycle_meters, ms(t->cycle_ns), ms(t->cycle_wire_ns),
                utilisation(t->cycle_wire_ns, t->cycle_ns), late_mean(t) / 1000, t->late_max_ns / 1000,
                ms(t->late_sum_ns));
    }
    fprintf(out, "]}\n");
}

void sm_print_exchange(const struct sm_line *l, const struct sm_exchange *e, FILE *out)
{
    fprintf(out, "%u,%u,%08X,%" PRId64 ",%" PRId64 ",%u,%u,%" PRId64 ",%02X,%s\n", l->number, e->point, e->di,
            e->first_ns / 1000, e->last_ns / 1000, e->in, e->out, e->delay_ns / 1000, e->fn, e->result);
}

void sm_print_archive(const struct sm_sim *s, FILE *out)
{
    fprintf(out, "index,point,port,baud,protocol,address,password,tariffs,int_digits,dec_digits,collector,"
                 "class,subclass\n");
    for (size_t i = 0; i < s->meter_count; i++) {
        const struct sm_meter *m = &s->meters[i];
        char addr[ADDR_TEXT];
        fprintf(out, "%u,%u,%u,%u,30,%s,000000000000,%u,6,2,000000000000,%u,%u\n", m->point, m->point,
                m->port, s->lines[m->port - 1].baud, addr_print(m->address, addr), m->load.tariffs,
                m->load.three_phase ? 1u : 5u, m->load.three_phase ? 1u : 0u);
    }
}

void sm_print_digits(const uint8_t *p, size_t size, unsigned decimals, FILE *out)
{
    if (bcd_missing(p, size)) {
        fprintf(out, "-");
        return;
    }
    for (size_t i = 0; i < 2 * size; i++) {
        unsigned digit = i % 2 ? p[size - 1 - i / 2] & 15u : p[size - 1 - i / 2] >> 4;
        if (decimals && i == 2 * size - decimals)
            fputc('.', out);
        fprintf(out, "%X", digit);
    }
}

void sm_print_registers(const struct sm_sim *s, const struct sm_meter *m, int64_t wall, FILE *out)
{
    size_t count;
    const struct sm_reading *r = sm_readings(&count);

    for (size_t i = 0; i < count; i++) {
        uint8_t data[SM_ITEM_MAX];
        struct wbuf w = wbuf_of(data, sizeof data);
        if (sm_item_get(&s->site, m, r[i].di, wall, &w) != r[i].size)
            continue;
        fprintf(out, "%08X ", r[i].di);
        sm_print_digits(data, r[i].size, r[i].decimals, out);
        fprintf(out, " %s %s\n", r[i].unit[0] ? r[i].unit : "-", r[i].name);
    }
}
