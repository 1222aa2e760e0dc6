/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source.c - what the main thread asks of any source. */
#include <stdlib.h>

#include "tui/core/source.h"

static void unlock_changed(struct source *source)
{
	thread_unlock_changed(&source->thread);
	if (source->kind->wake != NULL)
		source->kind->wake(source);
}

void source_request_metrics(struct source *source, const struct cgw_metric_set *metrics)
{
	thread_lock(&source->thread);
	source->metrics = *metrics;
	source->has_metrics = true;
	unlock_changed(source);
}

void source_set_interval(struct source *source, uint64_t interval_ns, bool paused)
{
	thread_lock(&source->thread);
	source->interval_ns = interval_ns;
	source->paused = paused;
	unlock_changed(source);
}

int source_collect(struct source *source, struct arrival *ret_arrival, struct cgw_diag *diag)
{
	int r = 0;

	thread_drain(&source->thread);
	thread_lock(&source->thread);
	if (source->kind->pop(source, ret_arrival)) {
		r = 1;
		/* There may be more, or an error. */
		thread_wake_loop(&source->thread);
	} else if (source->error < 0) {
		r = source->error;
		source->error = 0;
		*diag = source->diag;
	}
	thread_unlock_changed(&source->thread); /* a queue has space again */
	return r;
}

bool source_stop(struct source *source, uint64_t wait_ns)
{
	if (source == NULL)
		return true;
	thread_lock(&source->thread);
	source->thread.stopping = true;
	unlock_changed(source);
	if (!thread_stop(&source->thread, wait_ns))
		return false;
	source->kind->free(source);
	free(source);
	return true;
}

void replay_actions_free(struct replay_action *actions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(actions[i].path);
		free(actions[i].text);
	}
	free(actions);
}

void arrival_free(struct arrival *arrival)
{
	cgw_snapshot_unref(arrival->now);
	cgw_snapshot_unref(arrival->before);
	cgw_history_free(arrival->history);
	for (size_t i = 0; i < arrival->event_count; i++) {
		free(arrival->events[i].path);
		free(arrival->events[i].text);
	}
	free(arrival->events);
	free(arrival->marks);
	replay_actions_free(arrival->actions, arrival->action_count);
	*arrival = (struct arrival){0};
}
