/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event-list.c - lists of events, and their encoding. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/recording/event-list.h"

const char *cgw_event_kind_name(enum cgw_event_kind kind)
{
	static const char *const names[CGW_EVENT_KIND_COUNT] = {
		[CGW_EVENT_APPEARED] = "appeared",   [CGW_EVENT_GONE] = "gone",
		[CGW_EVENT_RECREATED] = "recreated", [CGW_EVENT_OOM_KILL] = "oom-kill",
		[CGW_EVENT_LIMIT] = "limit",         [CGW_EVENT_ACTION] = "action",
		[CGW_EVENT_CLOCK] = "clock",         [CGW_EVENT_SUSPEND] = "suspend",
		[CGW_EVENT_START] = "start",         [CGW_EVENT_GAP] = "gap",
	};

	return (unsigned)kind < CGW_EVENT_KIND_COUNT ? names[kind] : "unknown";
}

/* The texts of an event, for code that handles them all alike. */
#define EVENT_TEXTS 4

static void event_texts(struct cgw_event *event, const char ***ret_texts)
{
	ret_texts[0] = &event->path;
	ret_texts[1] = &event->key;
	ret_texts[2] = &event->who;
	ret_texts[3] = &event->why;
}

#define BLOCK_BYTES 4096

/* Room for texts that the list owns; NULL: out of memory. */
static char *reserve_text(struct event_list *list, size_t size)
{
	struct text_block *block = list->texts;

	if (block == NULL || block->size - block->used < size) {
		size_t block_size = size > BLOCK_BYTES ? size : BLOCK_BYTES;

		block = malloc(sizeof(*block) + block_size);
		if (block == NULL)
			return NULL;
		*block = (struct text_block){.next = list->texts, .size = block_size};
		list->texts = block;
	}
	block->used += size;
	return block->bytes + block->used - size;
}

static int copy_texts(struct event_list *list, struct cgw_event *event, const size_t *lengths)
{
	const char **texts[EVENT_TEXTS];
	size_t size = EVENT_TEXTS;
	char *at;

	event_texts(event, texts);
	for (size_t i = 0; i < EVENT_TEXTS; i++)
		size += lengths[i];
	at = reserve_text(list, size);
	if (at == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < EVENT_TEXTS; i++) {
		if (lengths[i] > 0)
			memcpy(at, *texts[i], lengths[i]);
		at[lengths[i]] = '\0';
		*texts[i] = at;
		at += lengths[i] + 1;
	}
	return 0;
}

/* `lengths`: of the texts, which need not be NUL-terminated. */
static int add(struct event_list *list, struct cgw_event event, const size_t *lengths)
{
	int r;

	if (list->count == EVENT_COUNT_MAX)
		return -ENOBUFS;
	if (ARRAY_RESERVE(list->items, list->size, list->count + 1) < 0)
		return -ENOMEM;
	r = copy_texts(list, &event, lengths);
	if (r == 0)
		list->items[list->count++] = event;
	return r;
}

int event_list_add(struct event_list *list, const struct cgw_event *event)
{
	struct cgw_event copy = *event;
	const char **texts[EVENT_TEXTS];
	size_t lengths[EVENT_TEXTS];

	event_texts(&copy, texts);
	for (size_t i = 0; i < EVENT_TEXTS; i++)
		lengths[i] = *texts[i] != NULL ? strlen(*texts[i]) : 0;
	return add(list, copy, lengths);
}

void event_list_clear(struct event_list *list)
{
	while (list->texts != NULL) {
		struct text_block *next = list->texts->next;

		free(list->texts);
		list->texts = next;
	}
	list->count = 0;
}

void event_list_done(struct event_list *list)
{
	event_list_clear(list);
	free(list->items);
	*list = (struct event_list){0};
}

uint16_t event_list_kinds(const struct event_list *list)
{
	uint32_t kinds = 0;

	for (size_t i = 0; i < list->count; i++)
		kinds |= CGW_EVENT_BIT(list->items[i].kind);
	return (uint16_t)kinds;
}

void events_encode(const struct event_list *list, uint64_t realtime_ns, struct bytes *out)
{
	bytes_put_number(out, list->count);
	for (size_t i = 0; i < list->count; i++) {
		const struct cgw_event *event = &list->items[i];

		bytes_put_number(out, event->kind);
		bytes_put_number(out, zigzag(event->realtime_ns - realtime_ns));
		bytes_put_number(out, event->group_id);
		bytes_put_number(out, event->old_number.state);
		bytes_put_number(out, event->old_number.value);
		bytes_put_number(out, event->new_number.state);
		bytes_put_number(out, event->new_number.value);
		bytes_put_text(out, event->path);
		bytes_put_text(out, event->key);
		bytes_put_text(out, event->who);
		bytes_put_text(out, event->why);
	}
}

static struct cgw_number decode_number(struct cursor *in)
{
	uint64_t state = cursor_number(in), value = cursor_number(in);

	/* States of later versions are shown as absent. */
	return (struct cgw_number){value,
				   state < CGW_STATE_COUNT ? (enum cgw_state)state : CGW_ABSENT};
}

int events_decode(struct cursor *in, uint64_t realtime_ns, struct event_list *list)
{
	size_t count = cursor_count(in);

	for (size_t i = 0; i < count; i++) {
		uint64_t kind = cursor_number(in);
		struct cgw_event event = {0};
		const char **texts[EVENT_TEXTS];
		size_t lengths[EVENT_TEXTS];
		int r;

		event.realtime_ns = realtime_ns + unzigzag(cursor_number(in));
		event.group_id = cursor_number(in);
		event.old_number = decode_number(in);
		event.new_number = decode_number(in);
		event_texts(&event, texts);
		for (size_t j = 0; j < EVENT_TEXTS; j++)
			*texts[j] = cursor_text(in, &lengths[j]);
		if (in->failed)
			return -EBADMSG;
		if (kind >= CGW_EVENT_KIND_COUNT)
			continue;
		event.kind = (enum cgw_event_kind)kind;
		r = add(list, event, lengths);
		if (r < 0)
			return r == -ENOBUFS ? -EBADMSG : r;
	}
	return in->failed ? -EBADMSG : 0;
}
