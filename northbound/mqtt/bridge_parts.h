#ifndef NORTHBOUND_MQTT_BRIDGE_PARTS_H
#define NORTHBOUND_MQTT_BRIDGE_PARTS_H

#include "northbound/mqtt/bridge.h"

/** What the files of the bridge share. Private to bridge*.c. */

/** UTC second of the box's clock. */
int64_t bridge_now(const struct bridge *b);
/** Hand a message to the connection. @return 0; CN_E_FULL (later), CN_E_GONE (the connection is broken). */
int bridge_publish(struct bridge *b, enum sender_lane lane, uint64_t rec, bool last,
                   const struct link_message *m);
/** A call of the view failed: told once. @return ret */
int bridge_view_failed(struct bridge *b, int ret);

/* bridge_feed.c: the journal */
/** Read the journal on to its end. @return false: the store cannot be read, or there is more */
bool feed_scan(struct bridge *b);
/** Send the next message of a lane. @return true: one was sent; false: nothing to send, or not now */
bool feed_send(struct bridge *b, enum sender_lane lane);
/** The lanes have gone back. */
void feed_restart(struct bridge *b);
/** Take the place in the journal from the file, or its beginning. @return 0, or why not yet (view.h) */
int feed_open(struct bridge *b);

/* bridge_docs.c: retained documents */
/** Take over the archive of meters. @return 0, or why not (view.h) */
int docs_read_archive(struct bridge *b);
/** New values of a point, or the end of its round. */
void docs_seen(struct bridge *b, unsigned point, uint64_t rec, int64_t at, bool round);
/** Everything is to be sent again. */
void docs_refresh(struct bridge *b);
/** Send the next document. @return true: one was sent */
bool docs_send(struct bridge *b);
/** Which meters are on line now. */
void docs_judge(struct bridge *b);
void docs_send_health(struct bridge *b);
/** A document is acknowledged; tag as it was sent. */
void docs_acked(struct bridge *b, uint64_t tag);

#endif
