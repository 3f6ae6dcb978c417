#include "hmi/ctl/explain_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/buf.h"

static void add_text(cJSON *o, const char *key, const char *text)
{
    if (text && text[0])
        cJSON_AddStringToObject(o, key, text);
}

static void add_value(cJSON *o, const struct explain_value *v)
{
    add_text(o, "obis", v->obis);
    if (v->text)
        cJSON_AddStringToObject(o, "value", v->text);
    else
        cJSON_AddNullToObject(o, "value");
    add_text(o, "unit", v->unit);
    add_text(o, "period", v->period);
}

static cJSON *value_json(const struct explain_value *v)
{
    cJSON *o = cJSON_CreateObject();
    add_text(o, "name", v->name);
    add_value(o, v);
    if (v->depth == 0)
        return o;
    cJSON *run = cJSON_AddArrayToObject(o, "run");
    for (unsigned i = 0; i < v->depth && i < LAY_DEPTH; i++)
        cJSON_AddItemToArray(run, cJSON_CreateNumber(v->run[i]));
    return o;
}

static void append_value(void *ctx, const struct explain_value *v)
{
    cJSON_AddItemToArray(ctx, value_json(v));
}

struct explain_sink explain_values_sink(cJSON *array)
{
    return (struct explain_sink){.ctx = array, .value = append_value};
}

static void json_begin(void *ctx, const struct explanation *e)
{
    struct explain_json *j = ctx;
    j->frame = cJSON_CreateObject();
    cJSON_AddStringToObject(j->frame, "protocol", e->protocol);
    cJSON_AddBoolToObject(j->frame, "valid", e->valid);
    if (!e->valid)
        cJSON_AddStringToObject(j->frame, "error", e->error);
    cJSON_AddStringToObject(j->frame, "direction", e->direction);
    j->fields = cJSON_AddObjectToObject(j->frame, "fields");
    j->data = cJSON_AddArrayToObject(j->frame, "data");
}

static void json_field(void *ctx, const char *name, const char *text, bool number)
{
    struct explain_json *j = ctx;
    char key[64];
    size_t n = (size_t)snprintf(key, sizeof(key) - 4, "%s", name);
    for (size_t i = 0; i < n && key[i]; i++)
        key[i] = key[i] == ' ' ? '_' : key[i];
    /* a service may carry the same field twice: old and new password */
    if (cJSON_GetObjectItemCaseSensitive(j->fields, key))
        strcat(key, "_2");
    if (number)
        cJSON_AddNumberToObject(j->fields, key, strtod(text, NULL));
    else
        cJSON_AddStringToObject(j->fields, key, text);
}

static void json_unit(void *ctx, const struct explain_unit *u)
{
    struct explain_json *j = ctx;
    char item[EXPLAIN_ITEM];
    j->unit = *u;
    cJSON *o = cJSON_CreateObject();
    if (u->kind == UNIT_FN) {
        cJSON_AddNumberToObject(o, "afn", u->afn);
        cJSON_AddNumberToObject(o, "fn", u->fn);
        if (u->pn == EXPLAIN_PN_ALL)
            cJSON_AddStringToObject(o, "pn", "all");
        else
            cJSON_AddNumberToObject(o, "pn", u->pn);
        explain_item_print(u, item, sizeof(item));
        cJSON_AddStringToObject(o, "item", item);
    } else {
        add_text(o, "di", u->di);
    }
    add_text(o, "name", u->name);
    add_text(o, "note", u->note);
    j->values = u->kind == UNIT_FN ? cJSON_AddArrayToObject(o, "values") : NULL;
    j->entry = o;
    cJSON_AddItemToArray(j->data, o);
}

/** Meters: one entry a value, each complete by itself; the first value fills the entry that the unit made. */
static void json_di_value(struct explain_json *j, const struct explain_value *v)
{
    cJSON *o = j->entry;
    if (cJSON_HasObjectItem(o, "value")) {
        o = cJSON_CreateObject();
        const cJSON *di = cJSON_GetObjectItem(j->entry, "di");
        if (di)
            cJSON_AddStringToObject(o, "di", di->valuestring);
        cJSON_AddItemToArray(j->data, o);
    }
    if (v->name[0]) {
        cJSON_DeleteItemFromObject(o, "name");
        cJSON_AddStringToObject(o, "name", v->name);
    }
    add_value(o, v);
}

static void json_value(void *ctx, const struct explain_value *v)
{
    struct explain_json *j = ctx;
    if (j->values)
        cJSON_AddItemToArray(j->values, value_json(v));
    else if (j->entry)
        json_di_value(j, v);
}

static void json_end(void *ctx, const struct explanation *e)
{
    struct explain_json *j = ctx;
    add_text(j->frame, "service", e->valid ? e->summary : "");
    add_text(j->frame, "note", e->note);
    cJSON_AddNumberToObject(j->frame, "length", (double)e->length);
    cJSON_AddNumberToObject(j->frame, "wakeup", (double)e->wakeup);
    char *hex = malloc(2 * e->length + 1);
    if (!hex)
        return;
    cJSON_AddStringToObject(j->frame, "hex", hex_print(e->bytes, e->length, hex, 2 * e->length + 1));
    free(hex);
}

struct explain_sink explain_json_sink(struct explain_json *j)
{
    return (struct explain_sink){.ctx = j,
                                 .begin = json_begin,
                                 .field = json_field,
                                 .unit = json_unit,
                                 .value = json_value,
                                 .end = json_end};
}

cJSON *explain_json(const uint8_t *p, size_t n, size_t *consumed)
{
    struct explain_json j;
    struct explanation e;
    memset(&j, 0, sizeof(j));
    struct explain_sink sink = explain_json_sink(&j);
    *consumed = explain_frame(p, n, &sink, &e);
    return j.frame;
}
