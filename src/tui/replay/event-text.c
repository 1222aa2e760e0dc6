/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event-text.c - formats events as short text, to be followed by the path of the group. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/render/value-text.h"
#include "tui/replay/event-text.h"

#define NUMBER(number, unit) VALUE_TEXT(value_of(number), unit, CGW_STYLE_HUMAN)

static struct cgw_value value_of(struct cgw_number number)
{
	return (struct cgw_value){number.state, true, number.value, (double)number.value};
}

/* The recording may have metrics of a newer version. */
static enum cgw_unit unit_of(const char *key)
{
	int metric = cgw_metric_find(key);

	return metric < 0 ? CGW_UNIT_COUNT
			  : (enum cgw_unit)cgw_metric_info((enum cgw_metric)metric)->unit;
}

static void format_limit(const struct cgw_event *event, char *text, size_t size)
{
	const char *old = NUMBER(event->old_number, unit_of(event->key));
	const char *new = NUMBER(event->new_number, unit_of(event->key));

	snprintf(text, size, "%s%s%s %s → %s%s%s on", event->key, event->why[0] != '\0' ? " " : "",
		 event->why, old, new, event->who[0] != '\0' ? " by " : "", event->who);
}

static void format_action(const struct cgw_event *event, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s%s%s:", event->key, event->who[0] != '\0' ? " by " : "",
		 event->who, event->why[0] != '\0' ? ", " : "", event->why);
}

static void format_event(const struct cgw_event *event, char *text, size_t size)
{
	static const char *const texts[CGW_EVENT_KIND_COUNT] = {
		[CGW_EVENT_APPEARED] = "appeared:",
		[CGW_EVENT_GONE] = "removed:",
		[CGW_EVENT_RECREATED] = "recreated:",
		[CGW_EVENT_CLOCK] = "system clock changed",
		[CGW_EVENT_SUSPEND] = "machine suspended for ",
		[CGW_EVENT_START] = "recording started",
		[CGW_EVENT_GAP] = "nothing recorded for ",
	};
	bool has_time = event->kind == CGW_EVENT_SUSPEND || event->kind == CGW_EVENT_GAP;

	if (event->kind == CGW_EVENT_OOM_KILL)
		snprintf(text, size, "%llu OOM-killed in",
			 (unsigned long long)event->new_number.value);
	else if (event->kind == CGW_EVENT_LIMIT)
		format_limit(event, text, size);
	else if (event->kind == CGW_EVENT_ACTION)
		format_action(event, text, size);
	else if (texts[event->kind] != NULL)
		snprintf(text, size, "%s%s", texts[event->kind],
			 has_time ? NUMBER(event->new_number, CGW_UNIT_NS) : "");
	else
		snprintf(text, size, "%s:", cgw_event_kind_name(event->kind));
}

void event_done(struct source_event *event)
{
	free(event->path);
	free(event->text);
	*event = (struct source_event){0};
}

int event_copy(const struct cgw_event *event, struct source_event *ret_event)
{
	char text[512];
	struct source_event copy = {.kind = event->kind, .realtime_ns = event->realtime_ns};

	format_event(event, text, sizeof(text));
	copy.path = strdup(event->path);
	copy.text = strdup(text);
	if (copy.path == NULL || copy.text == NULL) {
		event_done(&copy);
		return -ENOMEM;
	}
	*ret_event = copy;
	return 0;
}
