#ifndef NORTHBOUND_MQTT_KEYS_H
#define NORTHBOUND_MQTT_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/civil.h"
#include "gateway/base/value.h"
#include "gateway/model/quantity.h"

/**
 * The dictionary of the JSON profile: which key a quantity has. Keys are [a-z0-9_], one key has one unit for
 * ever; a unit change is a new key. A tariff is part of the key: "ep_imp" is the total, "ep_imp_t1" tariff 1.
 */
enum { MQTT_KEY_MAX = 24 };

/** How a reading becomes the value of its key. */
enum key_kind {
    KEY_NUMBER,    /**< the decimal digits of the reading */
    KEY_TIME,      /**< a local time becomes UTC milliseconds */
    KEY_DEVIATION, /**< a local time becomes seconds ahead of the reading's own time */
    KEY_BITS,      /**< a status word, as an unsigned number */
};

struct mqtt_key {
    uint16_t quantity;
    uint8_t kind;                           /**< enum key_kind */
    bool kilo;                              /**< Home Assistant wants the unit without "k" */
    const char *stem;                       /**< "ep_imp" */
    const char *suffix;                     /**< behind the tariff: "_ts", "" */
    const char *name;                       /**< "Energy import", in English, for people */
    const char *device_class, *state_class; /**< of Home Assistant, NULL = none */
};

/** @return the row of a quantity, NULL when the profile does not carry it. */
const struct mqtt_key *key_find(unsigned quantity);
/** All rows in number order. */
const struct mqtt_key *key_all(unsigned *count);
/** "ep_imp", "ep_imp_t2", "md_imp_t1_ts". @return out, terminated. */
char *key_print(const struct mqtt_key *k, unsigned tariff, char out[MQTT_KEY_MAX]);
/** "kWh", "ms" for times, "s" for deviations, "" for none. */
const char *key_unit(const struct mqtt_key *k);
/** Decimals that a DL/T 645 meter gives; a value with more or fewer keeps its own. */
unsigned key_decimals(const struct mqtt_key *k);

/**
 * The value of a key from the reading.
 * @param at UTC second of the reading
 * @return a number to be printed as it is; quality VALUE_NONE when the meter gave none or no valid time
 */
struct value key_value(const struct mqtt_key *k, struct value v, int64_t at, struct zone z);

#endif
