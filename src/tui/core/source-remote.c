/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-remote.c - source for remote hosts: a thread that reads from their ssh connections. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "tui/core/source.h"

struct remote {
	struct source source;
	struct remote_hosts *hosts; /* used only by the thread */
	int wake_fd;                /* wakes the thread while it waits for the hosts */
	/* The lock protects all members below. */
	struct cgw_snapshot *snapshot; /* not yet collected */
	uint8_t states[REMOTE_HOSTS_MAX];
};

/* Reports one host that became lost or slow; the list shows the state of all hosts. */
static void update_states(struct remote *remote)
{
	for (size_t i = 0; i < remote_hosts_count(remote->hosts); i++) {
		struct remote_host_status status = remote_hosts_status(remote->hosts, i);

		remote->states[i] = (uint8_t)status.state;
		if (!status.changed)
			continue;
		remote_hosts_notified(remote->hosts, i);
		if (status.reason[0] == '\0')
			continue;
		remote->source.error = cgw_diag_set(&remote->source.diag, -ENOTCONN, "%s is %s: %s",
						    ESCAPED(128, status.name),
						    remote_state_name(status.state), status.reason);
	}
}

/* Waits for samples and collects them. The caller holds the lock, released while waiting. */
static void read_hosts(struct remote *remote)
{
	struct cgw_metric_set metrics = remote->source.metrics;
	uint64_t interval_ns = remote->source.interval_ns, count;
	bool has_metrics = remote->source.has_metrics;
	struct cgw_snapshot *snapshot = NULL;
	int r = 0;

	thread_unlock(&remote->source.thread);
	remote_hosts_set_interval(remote->hosts, interval_ns);
	if (has_metrics)
		r = remote_hosts_request(remote->hosts, &metrics);
	(void)remote_hosts_wait(remote->hosts, clock_now_ns() + interval_ns, remote->wake_fd);
	(void)!read(remote->wake_fd, &count, sizeof(count));
	if (r == 0)
		r = remote_hosts_collect(remote->hosts, &snapshot);
	thread_lock(&remote->source.thread);
	update_states(remote);
	if (r < 0)
		remote->source.error = cgw_diag_set(&remote->source.diag, r,
						    "cannot read from the hosts: %s", strerror(-r));
	/* Read even while paused, so that no host blocks on a full pipe. */
	if (snapshot != NULL && remote->source.paused)
		cgw_snapshot_unref(snapshot);
	else if (snapshot != NULL) {
		cgw_snapshot_unref(remote->snapshot);
		remote->snapshot = snapshot;
	}
	if (remote->snapshot != NULL || remote->source.error < 0)
		thread_wake_loop(&remote->source.thread);
}

static void run(void *context)
{
	struct remote *remote = context;

	while (!remote->source.thread.stopping)
		read_hosts(remote);
}

static void remote_wake(struct source *source)
{
	uint64_t one = 1;

	(void)!write(((const struct remote *)source)->wake_fd, &one, sizeof(one));
}

static bool remote_pop(struct source *source, struct arrival *ret_arrival)
{
	struct remote *remote = (struct remote *)source;

	*ret_arrival = (struct arrival){.now = steal_pointer(&remote->snapshot)};
	return ret_arrival->now != NULL;
}

static void remote_free(struct source *source)
{
	struct remote *remote = (struct remote *)source;

	cgw_snapshot_unref(remote->snapshot);
	remote_hosts_free(remote->hosts);
	close(remote->wake_fd);
}

static void remote_states(struct source *source, uint8_t *states)
{
	struct remote *remote = (struct remote *)source;

	thread_lock(&remote->source.thread);
	memcpy(states, remote->states, sizeof(remote->states));
	thread_unlock(&remote->source.thread);
}

static const struct source_kind remote_kind = {
	.name = "view",
	.flags = SOURCE_REMOTE,
	.wake = remote_wake,
	.pop = remote_pop,
	.states = remote_states,
	.free = remote_free,
};

int source_remote(struct remote_hosts *hosts, uint64_t interval_ns, struct source **ret_source)
{
	struct remote *remote = calloc(1, sizeof(*remote));
	int r = remote == NULL ? -ENOMEM : 0;

	if (r == 0) {
		remote->source.kind = &remote_kind;
		remote->hosts = hosts;
		remote->source.interval_ns = interval_ns;
		remote->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		r = remote->wake_fd < 0 ? -errno
					: thread_start(&remote->source.thread, run, remote);
	}
	if (r < 0) {
		if (remote != NULL && remote->wake_fd >= 0)
			close(remote->wake_fd);
		free(remote);
		remote_hosts_free(hosts);
		return r;
	}
	*ret_source = &remote->source;
	return 0;
}
