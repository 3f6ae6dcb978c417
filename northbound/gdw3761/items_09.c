#include "northbound/gdw3761/items_tables.h"

/* AFN 09, 0B, 0E, 0F, 10 (reference part 1, 13; part 6). */

static const struct lay version[] = {
    LF_ASCII(4, "vendor"),           LF_ASCII(8, "device"),           LF_ASCII(4, "software"),
    LF_A(20, "software_date", NULL), LF_ASCII(11, "capacity"),        LF_ASCII(4, "protocol"),
    LF_ASCII(4, "hardware"),         LF_A(20, "hardware_date", NULL), LF_END};
static const struct lay ports[] = {LF_NUM(1, "pulse_inputs", NULL, 0, 0),
                                   LF_NUM(1, "switch_inputs", NULL, 0, 0),
                                   LF_NUM(1, "dc_inputs", NULL, 0, 0),
                                   LF_NUM(1, "switch_outputs", NULL, 0, 0),
                                   LF_NUM(2, "max_meters", NULL, 0, 0),
                                   LF_NUM(2, "max_receive", NULL, 0, 0),
                                   LF_NUM(2, "max_send", NULL, 0, 0),
                                   LF_BYTES(6, "mac"),
                                   LF_COUNT(1, "ports", 0, 31),
                                   LF_REPEAT,
                                   LF_BS(2, "port_word"),
                                   LF_NUM(4, "max_baud", NULL, 0, 0),
                                   LF_NUM(2, "max_devices", NULL, 0, 0),
                                   LF_NUM(2, "port_max_receive", NULL, 0, 0),
                                   LF_NUM(2, "port_max_send", NULL, 0, 0),
                                   LF_NEXT,
                                   LF_END};
static const struct lay capabilities[] = {LF_NUM(2, "max_points", NULL, 0, 0),
                                          LF_NUM(1, "groups", NULL, 0, 0),
                                          LF_NUM(1, "tasks", NULL, 0, 0),
                                          LF_NUM(1, "differential_groups", NULL, 0, 0),
                                          LF_NUM(1, "point_density", NULL, 0, 0),
                                          LF_NUM(1, "group_p_density", NULL, 0, 0),
                                          LF_NUM(1, "group_q_density", NULL, 0, 0),
                                          LF_NUM(1, "group_ep_density", NULL, 0, 0),
                                          LF_NUM(1, "group_eq_density", NULL, 0, 0),
                                          LF_NUM(1, "days", NULL, 0, 0),
                                          LF_NUM(1, "months", NULL, 0, 0),
                                          LF_NUM(1, "schemes", NULL, 0, 0),
                                          LF_NUM(1, "harmonics", NULL, 0, 0),
                                          LF_NUM(1, "capacitors", NULL, 0, 0),
                                          LF_NUM(1, "key_customers", NULL, 0, 0),
                                          LF_BS(2, "classes"),
                                          LF_REPEAT_N(16),
                                          LF_NUM(1, "subclasses", NULL, 0, 0),
                                          LF_NEXT,
                                          LF_END};
static const struct lay supported[] = {LF_COUNT(1, "n", 0, 31), LF_REPEAT, LF_BS(1, "fns"), LF_NEXT, LF_END};
/* two flag bytes (uncertain: one codec has a single byte in front) */
static const struct lay supported_data[] = {LF_COUNT_BITS(2, "classes", 0),
                                            LF_REPEAT,
                                            LF_COUNT(1, "n", 0, 31),
                                            LF_REPEAT,
                                            LF_BS(1, "fns"),
                                            LF_NEXT,
                                            LF_NEXT,
                                            LF_END};
static const struct lay supported_events[] = {LF_BS(8, "ERCs"), LF_END};

#define CONFIGURATION(fn_, answer_, name_, lay)                                                              \
    {                                                                                                        \
        .fn = (fn_), .answer = (answer_), .name = (name_), .clause = "reference part 1, 13, AFN 09",         \
        .down = gdw_lay_none, .up = (lay)                                                                    \
    }

static const struct gdw_row rows_09[] = {
    CONFIGURATION(1, GDW_VERSION, "version", version),
    CONFIGURATION(2, GDW_EXPLAIN, "inputs, outputs, ports", ports),
    CONFIGURATION(3, GDW_EXPLAIN, "other capabilities", capabilities),
    CONFIGURATION(4, GDW_EXPLAIN, "supported parameters", supported),
    CONFIGURATION(5, GDW_EXPLAIN, "supported controls", supported),
    CONFIGURATION(6, GDW_EXPLAIN, "supported class 1 data", supported_data),
    CONFIGURATION(7, GDW_EXPLAIN, "supported class 2 data", supported_data),
    CONFIGURATION(8, GDW_EXPLAIN, "supported events", supported_events),
};
const struct gdw_table gdw_table_09 = {GDW_AFN_TERMINAL, "terminal configuration", GDW_ROWS(rows_09)};

/* the start time of the wanted data, A.15 (uncertain) */
static const struct lay task_start[] = {LF_TIME15("start"), LF_END};

static const struct gdw_row rows_0b[] = {
    {.fn = 1,
     .pn_kind = PN_TASK,
     .name = "class 1 task data",
     .clause = "reference part 1, 13, AFN 0B",
     .down = gdw_lay_none},
    {.fn = 2,
     .pn_kind = PN_TASK,
     .name = "class 2 task data",
     .clause = "reference part 1, 13, AFN 0B",
     .down = gdw_lay_none,
     .alone = task_start,
     .alone_len = 5},
};
const struct gdw_table gdw_table_0b = {GDW_AFN_TASK, "task data", GDW_ROWS(rows_0b)};

static const struct lay pointers[] = {LF_NUM(1, "Pm", NULL, 0, 0), LF_NUM(1, "Pn", NULL, 0, 0), LF_END};
/* the records behind are walked by the event table */
static const struct lay event_head[] = {LF_NUM(1, "EC1", NULL, 0, 0), LF_NUM(1, "EC2", NULL, 0, 0),
                                        LF_NUM(1, "Pm", NULL, 0, 0), LF_NUM(1, "Pn", NULL, 0, 0), LF_END};

static const struct gdw_row rows_0e[] = {
    {.fn = 1,
     .answer = GDW_EVENT_RECORDS,
     .name = "important events",
     .clause = "reference part 6, 2",
     .down = pointers,
     .up = event_head},
    {.fn = 2,
     .answer = GDW_EVENT_RECORDS,
     .name = "general events",
     .clause = "reference part 6, 2",
     .down = pointers,
     .up = event_head},
};
const struct gdw_table gdw_table_0e = {GDW_AFN_EVENTS, "events", GDW_ROWS(rows_0e)};

static const struct lay file_down[] = {LF_NUM(1, "file", NULL, 0, 0),
                                       LF_NUM(1, "attribute", NULL, 0, 0),
                                       LF_NUM(1, "instruction", NULL, 0, 0),
                                       LF_NUM(2, "segments", NULL, 0, 0),
                                       LF_NUM(4, "segment", NULL, 0, 0),
                                       LF_COUNT(2, "length", 0, 16383),
                                       LF_BYTES_COUNTED("data"),
                                       LF_END};
static const struct lay file_up[] = {LF_NUM(4, "segment", NULL, 0, 0), LF_END};

static const struct gdw_row rows_0f[] = {
    {.fn = 1,
     .name = "file transfer",
     .clause = "reference part 1, 13, AFN 0F",
     .down = file_down,
     .up = file_up},
};
const struct gdw_table gdw_table_0f = {GDW_AFN_FILE, "file transfer", GDW_ROWS(rows_0f)};

static const struct lay transparent_down[] = {LF_NUM(1, "port", NULL, 0, 0),
                                              LF_BS(1, "control"),
                                              LF_BS(1, "timeout"),
                                              LF_NUM(1, "byte_10ms", NULL, 0, 0),
                                              LF_COUNT(2, "length", 0, 16383),
                                              LF_BYTES_COUNTED("bytes"),
                                              LF_END};
static const struct lay transparent_up[] = {LF_NUM(1, "port", NULL, 0, 0), LF_COUNT(2, "length", 0, 16383),
                                            LF_BYTES_COUNTED("bytes"), LF_END};
/* relays 255 (no route given) carries no addresses and cannot be told by a count: such a unit is not
 * explained */
static const struct lay read_down[] = {LF_NUM(1, "port", NULL, 0, 0),
                                       LF_COUNT(1, "relays", 0, 16),
                                       LF_ARRAY(12, "relay", NULL, 0),
                                       LF_A(12, "meter", NULL),
                                       LF_NUM(1, "di_kind", NULL, 0, 0),
                                       LF_BS(4, "di"),
                                       LF_END};
/* the length counts the data id too: result data are the bytes behind the id */
static const struct lay read_up[] = {LF_NUM(1, "port", NULL, 0, 0),   LF_A(12, "meter", NULL),
                                     LF_NUM(1, "result", NULL, 0, 0), LF_COUNT(1, "length", 4, 255),
                                     LF_BYTES_COUNTED("id_and_data"), LF_END};
static const struct lay relay_down[] = {LF_NUM(1, "port", NULL, 0, 0),
                                        LF_COUNT(1, "relays", 0, 16),
                                        LF_ARRAY(12, "relay", NULL, 0),
                                        LF_A(12, "meter", NULL),
                                        LF_BS(1, "flag"),
                                        LF_COUNT(1, "password_len", 0, 255),
                                        LF_BYTES_COUNTED("password"),
                                        LF_END};
static const struct lay relay_up[] = {LF_NUM(1, "port", NULL, 0, 0), LF_A(12, "meter", NULL),
                                      LF_NUM(1, "result", NULL, 0, 0), LF_BS(1, "flag"), LF_END};

#define FORWARD(fn_, answer_, name_, down_, up_)                                                             \
    {                                                                                                        \
        .fn = (fn_), .answer = (answer_), .name = (name_), .clause = "reference part 1, 13, AFN 10",         \
        .down = (down_), .up = (up_)                                                                         \
    }

static const struct gdw_row rows_10[] = {
    FORWARD(1, GDW_TRANSPARENT, "transparent forwarding", transparent_down, transparent_up),
    FORWARD(9, GDW_EXPLAIN, "forward a read to a meter", read_down, read_up),
    FORWARD(10, GDW_EXPLAIN, "forward trip or permit-close to a meter", relay_down, relay_up),
    FORWARD(11, GDW_EXPLAIN, "forward power-on to a meter", relay_down, relay_up),
};
const struct gdw_table gdw_table_10 = {GDW_AFN_FORWARD, "data forwarding", GDW_ROWS(rows_10)};
