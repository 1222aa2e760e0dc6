/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-status.h - default policy paths, and the status file of the enforcement daemon. */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include <cgward/base.h>

#define DAEMON_POLICY           "/etc/cgward/cgward.conf"
#define DAEMON_POLICY_DIRECTORY "/etc/cgward/conf.d"
#define DAEMON_STATE            "/run/cgward"

/* The state of a rule on one group. Texts are escaped. */
struct daemon_instance {
	const char *rule, *group, *phase, *why;
	uint64_t group_id;    /* inode; 0: not known */
	uint64_t step;        /* of a ladder, from 0 */
	double since_seconds; /* time in this phase when the status was written; NAN: unknown */
	double until_seconds; /* time left in this phase; NAN: unknown */
};

/* A value that the daemon enforces, or a group that it froze. */
struct daemon_held {
	const char *group, *key, *section;
	uint64_t group_id;
	const char *value, *original; /* "" for a frozen group */
};

struct daemon_status {
	pid_t pid;
	char mode[16];      /* "enforce", "dry-run", "observe" */
	int64_t realtime_s; /* time of writing */
	double interval_seconds;
	uint64_t sections;
	struct daemon_instance *instances;
	size_t instance_count;
	struct daemon_held *held;
	size_t held_count;
	json_t *json; /* the document, which the texts are part of */
};

/*
 * Reads the status of the daemon that uses this state directory. -ESRCH: no daemon is running;
 * -EACCES: the status file is not readable; -EBADMSG: the status file is invalid.
 */
int daemon_status_read(const char *directory, struct daemon_status **ret_status);
/* Takes the reference to the document, also on failure. */
int daemon_status_parse(json_t *json, struct daemon_status **ret_status);
struct daemon_status *daemon_status_free(struct daemon_status *status);
/* Seconds since it was written; the times of its instances are that much later. */
double daemon_status_age(const struct daemon_status *status);
/* New references, as in the file; NULL: out of memory. */
json_t *daemon_instance_json(const struct daemon_instance *instance);
json_t *daemon_held_json(const struct daemon_held *held);
