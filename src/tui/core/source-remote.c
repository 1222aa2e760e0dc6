/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-remote.c - source for remote hosts: a thread that reads from their ssh connections. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tui/core/source.h"
#include "tui/core/thread.h"

struct remote {
	struct source source;
	struct thread thread;
	struct remote_hosts *hosts; /* used only by the thread */
	int wake_fd;                /* wakes the thread while it waits for the hosts */
	/* The lock protects all members below. */
	struct cgw_metric_set metrics;
	bool has_metrics, paused, stopping;
	uint64_t interval_ns;
	struct cgw_snapshot *snapshot; /* not yet collected */
	uint8_t states[REMOTE_HOSTS_MAX];
	int error;
	struct cgw_diag diag; /* with `error`, not yet reported */
};

static struct remote *remote_of(struct source *source)
{
	return (struct remote *)source;
}

/* Reports one host that became lost or slow; the list shows the state of all hosts. */
static void update_states(struct remote *remote)
{
	for (size_t i = 0; i < remote_hosts_count(remote->hosts); i++) {
		struct remote_host_status status = remote_hosts_status(remote->hosts, i);
		char name[128];

		remote->states[i] = (uint8_t)status.state;
		if (!status.changed)
			continue;
		remote_hosts_notified(remote->hosts, i);
		if (status.state != REMOTE_LOST && status.state != REMOTE_SLOW)
			continue;
		cgw_escape(name, sizeof(name), status.name, strlen(status.name));
		remote->error = cgw_diag_set(&remote->diag, -ENOTCONN, "%s is %s: %s", name,
					     remote_state_name(status.state), status.reason);
	}
}

/* Waits for samples and collects them. The caller holds the lock, released while waiting. */
static void read_hosts(struct remote *remote)
{
	struct cgw_metric_set metrics = remote->metrics;
	uint64_t interval_ns = remote->interval_ns, count;
	bool has_metrics = remote->has_metrics;
	struct cgw_snapshot *snapshot = NULL;
	int r = 0;

	(void)pthread_mutex_unlock(&remote->thread.lock);
	remote_hosts_set_interval(remote->hosts, interval_ns);
	if (has_metrics)
		r = remote_hosts_request(remote->hosts, &metrics);
	(void)remote_hosts_wait(remote->hosts, thread_now_ns() + interval_ns, remote->wake_fd);
	(void)!read(remote->wake_fd, &count, sizeof(count));
	if (r == 0)
		r = remote_hosts_collect(remote->hosts, &snapshot);
	(void)pthread_mutex_lock(&remote->thread.lock);
	update_states(remote);
	if (r < 0)
		remote->error = cgw_diag_set(&remote->diag, r, "cannot read from the hosts: %s",
					     strerror(-r));
	/* Read even while paused, so that no host blocks on a full pipe. */
	if (snapshot != NULL && remote->paused)
		cgw_snapshot_unref(snapshot);
	else if (snapshot != NULL) {
		cgw_snapshot_unref(remote->snapshot);
		remote->snapshot = snapshot;
	}
	if (remote->snapshot != NULL || remote->error < 0)
		thread_wake_loop(&remote->thread);
}

static void *run(void *context)
{
	struct remote *remote = context;

	(void)pthread_mutex_lock(&remote->thread.lock);
	while (!remote->stopping)
		read_hosts(remote);
	remote->thread.ended = true;
	(void)pthread_cond_broadcast(&remote->thread.changed);
	(void)pthread_mutex_unlock(&remote->thread.lock);
	return NULL;
}

/* The caller holds the lock. */
static void wake(const struct remote *remote)
{
	uint64_t one = 1;

	(void)!write(remote->wake_fd, &one, sizeof(one));
}

static bool remote_stop(struct source *source)
{
	struct remote *remote = remote_of(source);

	(void)pthread_mutex_lock(&remote->thread.lock);
	remote->stopping = true;
	wake(remote);
	(void)pthread_mutex_unlock(&remote->thread.lock);
	if (!thread_stop(&remote->thread))
		return false;
	cgw_snapshot_unref(remote->snapshot);
	remote_hosts_free(remote->hosts);
	close(remote->wake_fd);
	free(remote);
	return true;
}

static void remote_request_metrics(struct source *source, const struct cgw_metric_set *metrics)
{
	struct remote *remote = remote_of(source);

	(void)pthread_mutex_lock(&remote->thread.lock);
	remote->metrics = *metrics;
	remote->has_metrics = true;
	wake(remote);
	(void)pthread_mutex_unlock(&remote->thread.lock);
}

static void remote_set_interval(struct source *source, uint64_t interval_ns, bool paused)
{
	struct remote *remote = remote_of(source);

	(void)pthread_mutex_lock(&remote->thread.lock);
	remote->interval_ns = interval_ns;
	remote->paused = paused;
	wake(remote);
	(void)pthread_mutex_unlock(&remote->thread.lock);
}

static int remote_fd(const struct source *source)
{
	return ((const struct remote *)source)->thread.event_fd;
}

static int remote_collect(struct source *source, struct arrival *ret_arrival, struct cgw_diag *diag)
{
	struct remote *remote = remote_of(source);
	struct cgw_snapshot *snapshot;
	int r = 0;

	thread_drain(&remote->thread);
	(void)pthread_mutex_lock(&remote->thread.lock);
	snapshot = remote->snapshot;
	remote->snapshot = NULL;
	if (snapshot != NULL) {
		*ret_arrival = (struct arrival){.now = snapshot};
		r = 1;
		/* Report the error with the next call. */
		if (remote->error < 0)
			thread_wake_loop(&remote->thread);
	} else if (remote->error < 0) {
		r = remote->error;
		*diag = remote->diag;
		remote->error = 0;
	}
	(void)pthread_mutex_unlock(&remote->thread.lock);
	return r;
}

static void remote_states(struct source *source, uint8_t *states)
{
	struct remote *remote = remote_of(source);

	(void)pthread_mutex_lock(&remote->thread.lock);
	memcpy(states, remote->states, sizeof(remote->states));
	(void)pthread_mutex_unlock(&remote->thread.lock);
}

static const struct source_kind remote_kind = {
	.name = "view",
	.flags = SOURCE_REMOTE,
	.request_metrics = remote_request_metrics,
	.set_interval = remote_set_interval,
	.fd = remote_fd,
	.collect = remote_collect,
	.states = remote_states,
	.stop = remote_stop,
};

int source_remote(struct remote_hosts *hosts, uint64_t interval_ns, struct source **ret_source)
{
	struct remote *remote = calloc(1, sizeof(*remote));
	int r = remote == NULL ? -ENOMEM : 0;

	if (r == 0) {
		remote->source.kind = &remote_kind;
		remote->hosts = hosts;
		remote->interval_ns = interval_ns;
		remote->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		r = remote->wake_fd < 0 ? -errno : thread_start(&remote->thread, run, remote);
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
