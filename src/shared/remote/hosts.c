/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hosts.c - several hosts at once: who is there, slow, lost; none holds up another. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "shared/remote/hosts.h"
#include "shared/remote/merge-hosts.h"
#include "shared/remote/read-quota.h"

#define NS_IN_S UINT64_C(1000000000)
/* Before a lost one is tried again: doubled each time. */
#define RETRY_LEAST_NS NS_IN_S
#define RETRY_MOST_NS  (60 * NS_IN_S)
/* Beyond three intervals: networks stall for moments. */
#define SLOW_NS (2 * NS_IN_S)
/* Logging in takes longer than a sample. */
#define FIRST_NS (30 * NS_IN_S)

struct remote_host {
	const char *name;
	struct remote_connection *connection;
	struct cgw_snapshot *snapshot; /* the newest; NULL while it is lost */
	enum remote_state state;
	struct cgw_diag reason;
	bool changed; /* its state, since it was told */
	bool fresh;   /* a snapshot that was not taken yet */
	struct allowance allowance;
	uint64_t received_ns, retry_ns, delay_ns;
};

struct remote_hosts {
	struct remote_hosts_options options;
	struct remote_host *hosts; /* by name */
	struct remote_layouts layouts;
	struct merge merge;
	struct cgw_metric_set wanted;
	bool has_wanted, changed;
};

const char *remote_state_name(enum remote_state state)
{
	static const char *const names[] = {
		[REMOTE_CONNECTING] = "connecting",
		[REMOTE_THERE] = "there",
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

		if (r < 0)
			return r;
		/* It becomes the name of a group. */
		if (strchr(hosts->hosts[i].name, '/') != NULL)
			return cgw_diag_set(diag, -EINVAL, "a host's name holds no slash");
		if (i > 0 && by_name(&hosts->hosts[i - 1], &hosts->hosts[i]) == 0)
			return cgw_diag_set(diag, -EINVAL, "the host %.128s stands there twice",
					    hosts->hosts[i].name);
	}
	return 0;
}

int remote_hosts_new(const struct remote_hosts_options *options, struct remote_hosts **ret_hosts,
		     struct cgw_diag *diag)
{
	struct remote_hosts *hosts;
	int r;

	if (options->count == 0 || options->count > REMOTE_HOSTS_MAX)
		return cgw_diag_set(diag, -EINVAL, "1 to %d hosts can be watched at once",
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
			.delay_ns = RETRY_LEAST_NS,
			.changed = true,
		};
	if (r == 0) {
		qsort(hosts->hosts, options->count, sizeof(*hosts->hosts), by_name);
		r = check_hosts(hosts, diag);
	}
	if (r == 0)
		r = remote_layout_get(&hosts->layouts, CGW_LAYOUT_V2, &hosts->merge.layout);
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
	}
	merge_done(&hosts->merge);
	remote_layouts_done(&hosts->layouts);
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
	if (state == REMOTE_THERE || state == REMOTE_ENDED)
		host->reason.text[0] = '\0';
}

static void lose(struct remote_hosts *hosts, struct remote_host *host, const struct cgw_diag *diag)
{
	host->connection = remote_connection_close(host->connection);
	host->snapshot = cgw_snapshot_unref(host->snapshot);
	host->fresh = false;
	host->reason = *diag;
	host->retry_ns = clock_now_ns() + host->delay_ns;
	host->delay_ns = 2 * host->delay_ns > RETRY_MOST_NS ? RETRY_MOST_NS : 2 * host->delay_ns;
	set_state(hosts, host, REMOTE_LOST);
}

static void open_host(struct remote_hosts *hosts, struct remote_host *host)
{
	const struct remote_target target = {
		.host = host->name,
		.ssh = hosts->options.ssh,
		.interval_ns = hosts->options.interval_ns,
		.count = hosts->options.samples,
		.wanted = &hosts->wanted,
		.layouts = &hosts->layouts,
	};
	struct cgw_diag diag = {0};

	host->received_ns = clock_now_ns() + FIRST_NS;
	if (remote_connection_open(&target, &host->connection, &diag) < 0)
		lose(hosts, host, &diag);
}

static void open_anew(struct remote_hosts *hosts)
{
	for (size_t i = 0; i < hosts->options.count; i++) {
		struct remote_host *host = &hosts->hosts[i];

		host->connection = remote_connection_close(host->connection);
		/* Its last figures stay until there are new ones. */
		if (host->state != REMOTE_LOST)
			open_host(hosts, host);
	}
}

int remote_hosts_request(struct remote_hosts *hosts, const struct cgw_metric_set *wanted)
{
	bool more = !hosts->has_wanted;

	/* What is no longer asked for still comes: connecting anew for less would cost more. */
	for (size_t i = 0; i < ARRAY_SIZE(wanted->bits); i++) {
		more = more || (wanted->bits[i] & ~hosts->wanted.bits[i]) != 0;
		hosts->wanted.bits[i] |= wanted->bits[i];
	}
	hosts->has_wanted = true;
	if (more)
		open_anew(hosts);
	return 0;
}

void remote_hosts_pace(struct remote_hosts *hosts, uint64_t interval_ns)
{
	if (interval_ns == hosts->options.interval_ns)
		return;
	hosts->options.interval_ns = interval_ns;
	if (hosts->has_wanted)
		open_anew(hosts);
}

static void read_host(struct remote_hosts *hosts, struct remote_host *host)
{
	struct cgw_snapshot *snapshot = NULL;
	struct cgw_diag diag = {0};
	int r = remote_connection_read(host->connection, &snapshot, &diag);

	allowance_take(&host->allowance, ssh_connection_collected(host->connection),
		       clock_now_ns());
	if (r > 0) {
		cgw_snapshot_unref(host->snapshot);
		host->snapshot = snapshot;
		host->fresh = true;
		host->received_ns = clock_now_ns();
		host->delay_ns = RETRY_LEAST_NS;
		set_state(hosts, host, REMOTE_THERE);
	} else if (r == -ENODATA) {
		host->connection = remote_connection_close(host->connection);
		set_state(hosts, host, REMOTE_ENDED);
	} else if (r < 0) {
		lose(hosts, host, &diag);
	}
}

/* When something is to be done about a host although nothing comes from it. */
static uint64_t due_ns(const struct remote_hosts *hosts, const struct remote_host *host)
{
	if (host->connection != NULL)
		return host->state == REMOTE_SLOW
			       ? UINT64_MAX
			       : host->received_ns + SLOW_NS + 3 * hosts->options.interval_ns;
	if (host->state == REMOTE_LOST && hosts->options.samples == 0)
		return host->retry_ns;
	return UINT64_MAX;
}

static void do_due(struct remote_hosts *hosts, uint64_t now_ns)
{
	for (size_t i = 0; i < hosts->options.count; i++) {
		struct remote_host *host = &hosts->hosts[i];

		if (now_ns < due_ns(hosts, host))
			continue;
		if (host->connection == NULL) {
			open_host(hosts, host);
			continue;
		}
		(void)cgw_diag_set(&host->reason, -ETIMEDOUT, "no sample for %llu s",
				   (unsigned long long)((now_ns - host->received_ns) / NS_IN_S));
		set_state(hosts, host, REMOTE_SLOW);
	}
}

/* Every host that can has a new one, and some host has. */
static bool have_all(const struct remote_hosts *hosts)
{
	bool some = false;

	for (size_t i = 0; i < hosts->options.count; i++) {
		const struct remote_host *host = &hosts->hosts[i];

		some = some || host->fresh;
		if (!host->fresh && host->connection != NULL && host->state != REMOTE_SLOW)
			return false;
	}
	return some;
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
		uint64_t again_ns = allowance_due_ns(&hosts->hosts[i].allowance, now_ns);

		first_ns = at_ns < first_ns ? at_ns : first_ns;
		first_ns = again_ns != 0 && again_ns < first_ns ? again_ns : first_ns;
	}
	wait_ms = first_ns > now_ns ? (first_ns - now_ns) / 1000000 + 1 : 0;
	return wait_ms > 60000 ? 60000 : (int)wait_ms;
}

/* Once: polls, and reads from who has something. False when `wake_fd` is readable. */
static bool poll_once(struct remote_hosts *hosts, uint64_t until_ns, int wake_fd)
{
	struct pollfd polled[2 * REMOTE_HOSTS_MAX + 1];
	struct remote_host *whose[2 * REMOTE_HOSTS_MAX + 1];
	uint64_t now_ns = clock_now_ns();
	nfds_t count = 1;

	polled[0] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
	for (size_t i = 0; i < hosts->options.count; i++) {
		int fds[2];

		/* Who had its share waits: what it sends stands in the pipe, and then in its own way. */
		if (hosts->hosts[i].connection == NULL ||
		    allowance_due_ns(&hosts->hosts[i].allowance, now_ns) != 0)
			continue;
		remote_connection_fds(hosts->hosts[i].connection, fds);
		for (size_t j = 0; j < ARRAY_SIZE(fds); j++) {
			whose[count] = &hosts->hosts[i];
			polled[count++] = (struct pollfd){.fd = fds[j], .events = POLLIN};
		}
	}
	if (poll(polled, count, timeout_ms(hosts, until_ns, now_ns)) <= 0)
		return true;
	for (nfds_t i = 1; i < count; i++) {
		if (polled[i].revents == 0 || whose[i]->connection == NULL)
			continue;
		read_host(hosts, whose[i]);
		/* Read for both of its descriptors. */
		if (i + 1 < count && whose[i + 1] == whose[i])
			i++;
	}
	return polled[0].revents == 0;
}

bool remote_hosts_wait(struct remote_hosts *hosts, uint64_t until_ns, int wake_fd)
{
	for (;;) {
		uint64_t now_ns;
		bool woken = !poll_once(hosts, have_all(hosts) ? 0 : until_ns, wake_fd);

		now_ns = clock_now_ns();
		do_due(hosts, now_ns);
		if (have_all(hosts))
			return true;
		if (woken || now_ns >= until_ns || !remote_hosts_are_alive(hosts))
			return false;
	}
}

static int take_merged(struct remote_hosts *hosts, struct cgw_snapshot **ret_snapshot)
{
	struct merge_part parts[REMOTE_HOSTS_MAX];
	int r;

	for (size_t i = 0; i < hosts->options.count; i++)
		parts[i] = (struct merge_part){hosts->hosts[i].name, hosts->hosts[i].snapshot};
	r = merge_snapshots(&hosts->merge, parts, hosts->options.count, &hosts->wanted,
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
	bool some = false;
	int r = 0;

	for (size_t i = 0; i < hosts->options.count; i++)
		some = some || hosts->hosts[i].fresh;
	if (hosts->options.count == 1) {
		if (some) {
			*ret_snapshot = cgw_snapshot_ref(hosts->hosts[0].snapshot);
			r = 1;
		}
	} else if (some || hosts->changed) {
		r = take_merged(hosts, ret_snapshot);
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
							     : hosts->merge.layout;
}
