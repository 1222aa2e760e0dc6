/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-remote.c - other hosts as a source: the thread that reads what their ssh brings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tui/core/source.h"
#include "tui/core/thread.h"

struct far {
	struct source source;
	struct thread thread;
	struct remote_hosts *hosts; /* the thread's alone */
	int wake_fd;                /* wakes the thread, which waits for the hosts */
	/* All below under the lock. */
	struct cgw_metric_set wanted;
	bool has_wanted, paused, ending;
	uint64_t interval_ns;
	struct cgw_snapshot *snapshot; /* not yet fetched */
	uint8_t states[REMOTE_HOSTS_MAX];
	int error;
	struct cgw_diag diag; /* what became of a host, not yet told */
};

static struct far *far_of(struct source *source)
{
	return (struct far *)source;
}

/* What became of hosts; the worst news is told, and the others stand in their rows. */
static void note_states(struct far *far)
{
	for (size_t i = 0; i < remote_hosts_count(far->hosts); i++) {
		struct remote_host_status status = remote_hosts_status(far->hosts, i);
		char name[128];

		far->states[i] = (uint8_t)status.state;
		if (!status.changed)
			continue;
		remote_hosts_notified(far->hosts, i);
		if (status.state != REMOTE_LOST && status.state != REMOTE_SLOW)
			continue;
		(void)cgw_escape(name, sizeof(name), status.name, strlen(status.name));
		far->error = cgw_diag_set(&far->diag, -ENOTCONN, "%s is %s: %s", name,
					  remote_state_name(status.state), status.reason);
	}
}

/* With the lock held, which is given away while the hosts are waited for. */
static void turn(struct far *far)
{
	struct cgw_metric_set wanted = far->wanted;
	uint64_t interval_ns = far->interval_ns, count;
	bool has_wanted = far->has_wanted;
	struct cgw_snapshot *snapshot = NULL;
	int r = 0;

	(void)pthread_mutex_unlock(&far->thread.lock);
	remote_hosts_pace(far->hosts, interval_ns);
	if (has_wanted)
		r = remote_hosts_request(far->hosts, &wanted);
	(void)remote_hosts_wait(far->hosts, thread_now_ns() + interval_ns, far->wake_fd);
	(void)!read(far->wake_fd, &count, sizeof(count));
	if (r == 0)
		r = remote_hosts_collect(far->hosts, &snapshot);
	(void)pthread_mutex_lock(&far->thread.lock);
	note_states(far);
	if (r < 0)
		far->error = cgw_diag_set(&far->diag, r, "reading failed: %s", strerror(-r));
	/* While it is paused they are read all the same, so that no host has to wait. */
	if (snapshot != NULL && far->paused)
		cgw_snapshot_unref(snapshot);
	else if (snapshot != NULL) {
		cgw_snapshot_unref(far->snapshot);
		far->snapshot = snapshot;
	}
	if (far->snapshot != NULL || far->error < 0)
		thread_wake_loop(&far->thread);
}

static void *run(void *context)
{
	struct far *far = context;

	(void)pthread_mutex_lock(&far->thread.lock);
	while (!far->ending)
		turn(far);
	far->thread.ended = true;
	(void)pthread_cond_broadcast(&far->thread.changed);
	(void)pthread_mutex_unlock(&far->thread.lock);
	return NULL;
}

/* With the lock held. */
static void wake(const struct far *far)
{
	uint64_t one = 1;

	(void)!write(far->wake_fd, &one, sizeof(one));
}

static struct source *far_stop(struct source *source)
{
	struct far *far = far_of(source);

	(void)pthread_mutex_lock(&far->thread.lock);
	far->ending = true;
	wake(far);
	(void)pthread_mutex_unlock(&far->thread.lock);
	if (!thread_stop(&far->thread))
		return NULL;
	cgw_snapshot_unref(far->snapshot);
	remote_hosts_free(far->hosts);
	close(far->wake_fd);
	free(far);
	return NULL;
}

static void far_want(struct source *source, const struct cgw_metric_set *wanted)
{
	struct far *far = far_of(source);

	(void)pthread_mutex_lock(&far->thread.lock);
	far->wanted = *wanted;
	far->has_wanted = true;
	wake(far);
	(void)pthread_mutex_unlock(&far->thread.lock);
}

static void far_pace(struct source *source, uint64_t interval_ns, bool paused)
{
	struct far *far = far_of(source);

	(void)pthread_mutex_lock(&far->thread.lock);
	far->interval_ns = interval_ns;
	far->paused = paused;
	wake(far);
	(void)pthread_mutex_unlock(&far->thread.lock);
}

static int far_fd(const struct source *source)
{
	return ((const struct far *)source)->thread.event_fd;
}

static int far_take(struct source *source, struct arrival *ret_arrival, struct cgw_diag *diag)
{
	struct far *far = far_of(source);
	struct cgw_snapshot *snapshot;
	int r = 0;

	thread_drain(&far->thread);
	(void)pthread_mutex_lock(&far->thread.lock);
	snapshot = far->snapshot;
	far->snapshot = NULL;
	if (snapshot != NULL) {
		*ret_arrival = (struct arrival){.now = snapshot};
		r = 1;
		/* What is left to tell comes next. */
		if (far->error < 0)
			thread_wake_loop(&far->thread);
	} else if (far->error < 0) {
		r = far->error;
		*diag = far->diag;
		far->error = 0;
	}
	(void)pthread_mutex_unlock(&far->thread.lock);
	return r;
}

static void far_states(struct source *source, uint8_t *states)
{
	struct far *far = far_of(source);

	(void)pthread_mutex_lock(&far->thread.lock);
	memcpy(states, far->states, sizeof(far->states));
	(void)pthread_mutex_unlock(&far->thread.lock);
}

static const struct source_kind far_kind = {
	.name = "view",
	.can = SOURCE_TELLS,
	.want = far_want,
	.pace = far_pace,
	.fd = far_fd,
	.take = far_take,
	.states = far_states,
	.stop = far_stop,
};

int source_remote(struct remote_hosts *hosts, uint64_t interval_ns, struct source **ret_source)
{
	struct far *far = calloc(1, sizeof(*far));
	int r = far == NULL ? -ENOMEM : 0;

	if (r == 0) {
		far->source.kind = &far_kind;
		far->hosts = hosts;
		far->interval_ns = interval_ns;
		far->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		r = far->wake_fd < 0 ? -errno : thread_start(&far->thread, run, far);
	}
	if (r < 0) {
		if (far != NULL && far->wake_fd >= 0)
			close(far->wake_fd);
		free(far);
		remote_hosts_free(hosts);
		return r;
	}
	*ret_source = &far->source;
	return 0;
}
