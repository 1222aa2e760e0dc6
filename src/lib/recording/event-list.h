/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event-list.h - lists of events, collected by a recorder and decoded by a replay. */
#pragma once

#include "lib/recording/bytes.h"
#include <cgward/recording.h>

/* Reached only while a full disk prevents writing; later events are dropped. */
#define EVENT_COUNT_MAX 100000

/* Events with their texts. `items` point into blocks owned by the list. */
struct event_list {
	struct cgw_event *items;
	size_t count, size;
	struct text_block *texts;
};

struct text_block {
	struct text_block *next;
	char bytes[];
};

/* Copies the texts. -ENOMEM, or -ENOBUFS if the list is full. */
int event_list_add(struct event_list *list, const struct cgw_event *event);
void event_list_clear(struct event_list *list);
void event_list_done(struct event_list *list);
/* Bit k: the list contains an event of kind k. */
uint16_t event_list_kinds(const struct event_list *list);

void events_encode(const struct event_list *list, uint64_t realtime_ns, struct bytes *out);
/* Appends to the list; skips kinds that this version does not know. -EBADMSG, -ENOMEM. */
int events_decode(struct cursor *in, uint64_t realtime_ns, struct event_list *list);

/* Adds the events between the two samples of a frame. `options` may be NULL. */
int events_detect(const struct cgw_frame *frame, const struct cgw_recorder_options *options,
		  struct event_list *list);
