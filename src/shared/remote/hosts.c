/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hosts.c - connections to several hosts, their states, reconnection. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "shared/remote/hosts.h"
#include "shared/remote/merge-hosts.h"
#include "shared/remote/read-quota.h"

/* Delay before reconnecting to a lost host; doubled after each failure. */
#define RETRY_MIN_NS NS_PER_S
#define RETRY_MAX_NS (60 * NS_PER_S)
/* Added to three intervals before a host counts as slow, since networks stall for short times. */
#define SLOW_GRACE_NS (2 * NS_PER_S)
/* Added for the first sample, since connecting and logging in is slower. */
#define FIRST_SAMPLE_GRACE_NS (30 * NS_PER_S)

struct remote_host {
	const char *name;
	struct remote_connection *connection;
	struct cgw_snapshot *snapshot; /* the newest; NULL while it is lost */
	enum remote_state state;
	struct cgw_diag reason;
	bool changed; /* state changed since remote_hosts_notified() */
	bool fresh;   /* the snapshot was not collected yet */
	struct layout_list layouts;
	struct read_quota quota;
	uint64_t received_ns, retry_ns, delay_ns;
};

struct remote_hosts {
	struct remote_hosts_options options;
	struct remote_host *hosts; /* sorted by name */
	struct merge merge;
	struct cgw_metric_set metrics;
	bool has_metrics, changed;
};

const char *remote_state_name(enum remote_state state)
{
	static const char *const names[] = {
		[REMOTE_CONNECTING] = "connecting",
		[REMOTE_CONNECTED] = "connected",
		[REMOTE_SLOW] = "slow",
		[REMOTE_LOST] = "lost",
		[REMOTE_ENDED] = "ended",
	};

	return names[state];
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct remote_host *)a)->name, ((const struct remote_host *)b)->name);
}

static int check_hosts(const struct remote_hosts *hosts, struct cgw_diag *diag)
{
	for (size_t i = 0; i < hosts->options.count; i++) {
		int r = remote_host_check(hosts->hosts[i].name, diag);
		const char *shown = ESCAPED(128, hosts->hosts[i].name);

		if (r < 0)
			return r;
		/* The host name becomes a group name. */
		if (strchr(hosts->hosts[i].name, '/') != NULL)
			return cgw_diag_set(diag, -EINVAL,
					    "invalid host '%s' (a host name cannot contain '/')",
					    shown);
		if (i > 0 && by_name(&hosts->hosts[i - 1], &hosts->hosts[i]) == 0)
			return cgw_diag_set(diag, -EINVAL, "host '%s' is given twice", shown);
	}
	return 0;
}

int remote_hosts_new(const struct remote_hosts_options *options, struct remote_hosts **ret_hosts,
		     struct cgw_diag *diag)
{
	struct remote_hosts *hosts;
	int r;

	if (options->count == 0 || options->count > REMOTE_HOSTS_MAX)
		return cgw_diag_set(diag, -EINVAL, "invalid number of hosts (expected 1 to %d)",
				    REMOTE_HOSTS_MAX);
	hosts = calloc(1, sizeof(*hosts));
	if (hosts == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	hosts->options = *options;
	hosts->hosts = calloc(options->count, sizeof(*hosts->hosts));
	r = hosts->hosts == NULL ? -ENOMEM : 0;
	for (size_t i = 0; r == 0 && i < options->count; i++)
		hosts->hosts[i] = (struct remote_host){
			.name = options->hosts[i],
			.delay_ns = RETRY_MIN_NS,
			.changed = true,
		};
	if (r == 0) {
		qsort(hosts->hosts, options->count, sizeof(*hosts->hosts), by_name);
		r = check_hosts(hosts, diag);
	}
	if (r == 0)
		r = merge_start(&hosts->merge);
	if (r < 0) {
		remote_hosts_free(hosts);
		return r;
	}
	*ret_hosts = hosts;
	return 0;
}

struct remote_hosts *remote_hosts_free(struct remote_hosts *hosts)
{
	if (hosts == NULL)
		return NULL;
	for (size_t i = 0; hosts->hosts != NULL && i < hosts->options.count; i++) {
		remote_connection_close(hosts->hosts[i].connection);
		cgw_snapshot_unref(hosts->hosts[i].snapshot);
		layout_list_done(&hosts->hosts[i].layouts);
	}
	merge_done(&hosts->merge);
	free(hosts->hosts);
	free(hosts);
	return NULL;
}

static void set_state(struct remote_hosts *hosts, struct remote_host *host, enum remote_state state)
{
	if (host->state == state)
		return;
	host->state = state;
	host->changed = true;
	hosts->changed = true;
	if (state == REMOTE_CONNECTED || state == REMOTE_ENDED)
		host->reason.text[0] = '\0';
}

static void set_lost(struct remote_hosts *hosts, struct remote_host *host,
		     const struct cgw_diag *diag)
{
	host->connection = remote_connection_close(host->connection);
	host->snapshot = cgw_snapshot_unref(host->snapshot);
	host->fresh = false;
	host->reason = *diag;
	host->retry_ns = clock_now_ns() + host->delay_ns;
	host->delay_ns = 2 * host->delay_ns > RETRY_MAX_NS ? RETRY_MAX_NS : 2 * host->delay_ns;
	set_state(hosts, host, REMOTE_LOST);
}

static void open_host(struct remote_hosts *hosts, struct remote_host *host)
{
	const struct remote_target target = {
		.host = host->name,
		.ssh = hosts->options.ssh,
		.interval_ns = hosts->options.interval_ns,
		.count = hosts->options.samples,
		.metrics = &hosts->metrics,
		.layouts = &host->layouts,
	};
	struct cgw_diag diag = {0};

	host->received_ns = clock_now_ns() + FIRST_SAMPLE_GRACE_NS;
	if (remote_connection_open(&target, &host->connection, &diag) < 0)
		set_lost(hosts, host, &diag);
}

static void reconnect_all(struct remote_hosts *hosts)
{
	for (size_t i = 0; i < hosts->options.count; i++) {
		struct remote_host *host = &hosts->hosts[i];

		host->connection = remote_connection_close(host->connection);
		/* The last values are shown until new ones arrive. */
		if (host->state != REMOTE_LOST)
			open_host(hosts, host);
	}
}

int remote_hosts_request(struct remote_hosts *hosts, const struct cgw_metric_set *metrics)
{
	bool reconnect = !hosts->has_metrics;

	/* Metrics that are no longer needed are still sent: reconnecting would cost more. */
	for (size_t i = 0; i < ARRAY_SIZE(metrics->bits); i++) {
		reconnect = reconnect || (metrics->bits[i] & ~hosts->metrics.bits[i]) != 0;
		hosts->metrics.bits[i] |= metrics->bits[i];
	}
	hosts->has_metrics = true;
	if (reconnect)
		reconnect_all(hosts);
	return 0;
}

void remote_hosts_set_interval(struct remote_hosts *hosts, uint64_t interval_ns)
{
	if (interval_ns == hosts->options.interval_ns)
		return;
	hosts->options.interval_ns = interval_ns;
	if (hosts->has_metrics)
		reconnect_all(hosts);
}

static void note_omitted(struct remote_hosts *hosts, struct remote_host *host)
{
	uint64_t omitted = remote_connection_omitted(host->connection);
	bool noted = host->reason.text[0] != '\0';

	host->reason.text[0] = '\0';
	if (omitted == 0)
		return;
	(void)cgw_diag_set(&host->reason, 0, "%llu groups are not shown, too deep or too many",
			   (unsigned long long)omitted);
	host->changed = host->changed || !noted;
	hosts->changed = hosts->changed || !noted;
}

static void read_host(struct remote_hosts *hosts, struct remote_host *host)
{
	struct cgw_snapshot *snapshot = NULL;
	struct cgw_diag diag = {0};
	int r = remote_connection_read(host->connection, &snapshot, &diag);

	read_quota_charge(&host->quota, remote_connection_pop_cost(host->connection),
			  clock_now_ns());
	if (r > 0) {
		cgw_snapshot_unref(host->snapshot);
		host->snapshot = snapshot;
		host->fresh = true;
		host->received_ns = clock_now_ns();
		host->delay_ns = RETRY_MIN_NS;
		set_state(hosts, host, REMOTE_CONNECTED);
		note_omitted(hosts, host);
	} else if (r == -ENODATA) {
		host->connection = remote_connection_close(host->connection);
		set_state(hosts, host, REMOTE_ENDED);
	} else if (r < 0) {
		set_lost(hosts, host, &diag);
	}
}

/* When a host becomes slow or is reconnected if it sends nothing; UINT64_MAX: never. */
static uint64_t due_ns(const struct remote_hosts *hosts, const struct remote_host *host)
{
	if (host->connection != NULL)
		return host->state == REMOTE_SLOW
			       ? UINT64_MAX
			       : host->received_ns + SLOW_GRACE_NS + 3 * hosts->options.interval_ns;
	if (host->state == REMOTE_LOST && hosts->options.samples == 0)
		return host->retry_ns;
	return UINT64_MAX;
}

static void process_due_hosts(struct remote_hosts *hosts, uint64_t now_ns)
{
	for (size_t i = 0; i < hosts->options.count; i++) {
		struct remote_host *host = &hosts->hosts[i];

		if (now_ns < due_ns(hosts, host))
			continue;
		if (host->connection == NULL) {
			open_host(hosts, host);
			continue;
		}
		cgw_diag_set(&host->reason, -ETIMEDOUT, "no sample for %llu s",
			     (unsigned long long)((now_ns - host->received_ns) / NS_PER_S));
		set_state(hosts, host, REMOTE_SLOW);
	}
}

/* Whether all connected hosts that are not slow have a new sample, and at least one has. */
static bool all_hosts_ready(const struct remote_hosts *hosts)
{
	bool any = false;

	for (size_t i = 0; i < hosts->options.count; i++) {
		const struct remote_host *host = &hosts->hosts[i];

		any = any || host->fresh;
		if (!host->fresh && host->connection != NULL && host->state != REMOTE_SLOW)
			return false;
	}
	return any;
}

bool remote_hosts_are_alive(const struct remote_hosts *hosts)
{
	for (size_t i = 0; i < hosts->options.count; i++)
		if (hosts->hosts[i].connection != NULL || hosts->hosts[i].fresh ||
		    hosts->options.samples == 0)
			return true;
	return false;
}

static int timeout_ms(struct remote_hosts *hosts, uint64_t until_ns, uint64_t now_ns)
{
	uint64_t first_ns = until_ns, wait_ms;

	for (size_t i = 0; i < hosts->options.count; i++) {
		uint64_t at_ns = due_ns(hosts, &hosts->hosts[i]);
		uint64_t again_ns = read_quota_resume_ns(&hosts->hosts[i].quota, now_ns);

		first_ns = at_ns < first_ns ? at_ns : first_ns;
		first_ns = again_ns != 0 && again_ns < first_ns ? again_ns : first_ns;
	}
	wait_ms = first_ns > now_ns ? (first_ns - now_ns) / 1000000 + 1 : 0;
	return wait_ms > 60000 ? 60000 : (int)wait_ms;
}

/* Polls once, and reads from the hosts that sent something. False if `wake_fd` is readable. */
static bool poll_once(struct remote_hosts *hosts, uint64_t until_ns, int wake_fd)
{
	struct pollfd polled[2 * REMOTE_HOSTS_MAX + 1];
	struct remote_host *host_of[2 * REMOTE_HOSTS_MAX + 1];
	uint64_t now_ns = clock_now_ns();
	nfds_t count = 1;

	polled[0] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
	for (size_t i = 0; i < hosts->options.count; i++) {
		int fds[2];

		/* Over quota: stop reading and let the pipe apply back-pressure. */
		if (hosts->hosts[i].connection == NULL ||
		    read_quota_resume_ns(&hosts->hosts[i].quota, now_ns) != 0)
			continue;
		remote_connection_fds(hosts->hosts[i].connection, fds);
		for (size_t j = 0; j < ARRAY_SIZE(fds); j++) {
			host_of[count] = &hosts->hosts[i];
			polled[count++] = (struct pollfd){.fd = fds[j], .events = POLLIN};
		}
	}
	if (poll(polled, count, timeout_ms(hosts, until_ns, now_ns)) <= 0)
		return true;
	for (nfds_t i = 1; i < count; i++) {
		if (polled[i].revents == 0 || host_of[i]->connection == NULL)
			continue;
		read_host(hosts, host_of[i]);
		/* read_host() reads both descriptors. */
		if (i + 1 < count && host_of[i + 1] == host_of[i])
			i++;
	}
	return polled[0].revents == 0;
}

bool remote_hosts_wait(struct remote_hosts *hosts, uint64_t until_ns, int wake_fd)
{
	/* Otherwise there is nothing to wait for, as if ssh cannot be started. */
	while (remote_hosts_are_alive(hosts)) {
		uint64_t now_ns;
		bool woken = !poll_once(hosts, all_hosts_ready(hosts) ? 0 : until_ns, wake_fd);

		now_ns = clock_now_ns();
		process_due_hosts(hosts, now_ns);
		if (all_hosts_ready(hosts))
			return true;
		if (woken || now_ns >= until_ns)
			return false;
	}
	return false;
}

static int merge_all(struct remote_hosts *hosts, struct cgw_snapshot **ret_snapshot)
{
	struct merge_part parts[REMOTE_HOSTS_MAX];
	int r;

	for (size_t i = 0; i < hosts->options.count; i++)
		parts[i] = (struct merge_part){hosts->hosts[i].name, hosts->hosts[i].snapshot};
	r = merge_snapshots(&hosts->merge, parts, hosts->options.count, &hosts->metrics,
			    ret_snapshot);
	if (r < 0)
		return r;
	(*ret_snapshot)->realtime_ns = clock_ns(CLOCK_REALTIME);
	(*ret_snapshot)->boottime_ns = clock_ns(CLOCK_BOOTTIME);
	(*ret_snapshot)->monotonic_ns = clock_now_ns();
	return 1;
}

int remote_hosts_collect(struct remote_hosts *hosts, struct cgw_snapshot **ret_snapshot)
{
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < hosts->options.count; i++)
		any = any || hosts->hosts[i].fresh;
	if (hosts->options.count == 1) {
		if (any) {
			*ret_snapshot = cgw_snapshot_ref(hosts->hosts[0].snapshot);
			r = 1;
		}
	} else if (any || hosts->changed) {
		r = merge_all(hosts, ret_snapshot);
	}
	hosts->changed = false;
	for (size_t i = 0; i < hosts->options.count; i++)
		hosts->hosts[i].fresh = false;
	return r;
}

size_t remote_hosts_count(const struct remote_hosts *hosts)
{
	return hosts->options.count;
}

struct remote_host_status remote_hosts_status(const struct remote_hosts *hosts, size_t i)
{
	const struct remote_host *host = &hosts->hosts[i];

	return (struct remote_host_status){host->name, host->state, host->reason.text,
					   host->changed};
}

void remote_hosts_notified(struct remote_hosts *hosts, size_t i)
{
	hosts->hosts[i].changed = false;
}

const struct cgw_layout *remote_hosts_layout(struct remote_hosts *hosts)
{
	const struct cgw_snapshot *snapshot = hosts->hosts[0].snapshot;

	return hosts->options.count == 1 && snapshot != NULL ? snapshot->topology->view.layout
							     : merge_layout(&hosts->merge);
}
