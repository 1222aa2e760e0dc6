/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hosts.h - connections to several hosts, their states, and one snapshot of all.
 *
 * The snapshots of a single host are returned unchanged. Several hosts become groups below an
 * artificial root: "/web1", "/web1/system.slice". The group of a lost host has no values and no
 * descendants; a slow host keeps its last values, and has no rates. Other hosts are not delayed by
 * them. Lost hosts are reconnected with increasing delays.
 */
#pragma once

#include "shared/remote/ssh-connection.h"

#define REMOTE_HOSTS_MAX 64

enum remote_state {
	REMOTE_CONNECTING, /* no sample yet */
	REMOTE_CONNECTED,
	REMOTE_SLOW, /* no sample for three intervals and two seconds */
	REMOTE_LOST,
	REMOTE_ENDED, /* all requested samples were received */
};

/* "connecting", "connected", "slow", ... */
const char *remote_state_name(enum remote_state state);

struct remote_hosts_options {
	const char *const *hosts; /* owned by the caller; no duplicates */
	size_t count;
	const char *const *ssh; /* command and options, NULL-terminated; owned by the caller */
	uint64_t interval_ns;
	uint64_t samples; /* per host; 0: no limit, and lost hosts are reconnected */
};

struct remote_hosts;
/* -EINVAL: an invalid or duplicate host, or too many. */
int remote_hosts_new(const struct remote_hosts_options *options, struct remote_hosts **ret_hosts,
		     struct cgw_diag *diag);
struct remote_hosts *remote_hosts_free(struct remote_hosts *hosts);

/* Requests metrics. Connects on the first call, and reconnects if a metric is new. */
int remote_hosts_request(struct remote_hosts *hosts, const struct cgw_metric_set *metrics);
/* Reconnects if the interval changed. */
void remote_hosts_set_interval(struct remote_hosts *hosts, uint64_t interval_ns);

/*
 * Reads until all hosts that are neither slow nor lost have a new sample, until `until_ns`
 * (monotonic), or until `wake_fd` (-1: none) is readable. Returns true if all have a new sample.
 */
bool remote_hosts_wait(struct remote_hosts *hosts, uint64_t until_ns, int wake_fd);
/* Returns the newest samples as one snapshot. 0: no new sample or state since the last call. */
int remote_hosts_collect(struct remote_hosts *hosts, struct cgw_snapshot **ret_snapshot);
/* Whether any host may send more samples. */
bool remote_hosts_are_alive(const struct remote_hosts *hosts);

size_t remote_hosts_count(const struct remote_hosts *hosts);
struct remote_host_status {
	const char *name;
	enum remote_state state;
	const char *reason; /* escaped; "" if there is none */
	bool changed;       /* since remote_hosts_notified() */
};
/* Hosts are in byte order of their names. */
struct remote_host_status remote_hosts_status(const struct remote_hosts *hosts, size_t i);
void remote_hosts_notified(struct remote_hosts *hosts, size_t i);

/* The layout of the collected snapshots. */
const struct cgw_layout *remote_hosts_layout(struct remote_hosts *hosts);
