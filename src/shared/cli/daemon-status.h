/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-status.h - default policy paths, and the status file of the enforcement daemon. */
#ifndef CGWARD_SHARED_CLI_DAEMON_STATUS_H
#define CGWARD_SHARED_CLI_DAEMON_STATUS_H

#include <sys/types.h>

#include <cgward/base.h>

#define DAEMON_POLICY           "/etc/cgward/cgward.conf"
#define DAEMON_POLICY_DIRECTORY "/etc/cgward/conf.d"
#define DAEMON_STATE            "/run/cgward"

/* The state of a rule on one group. Texts are escaped. */
struct daemon_instance {
	char *rule, *group, *phase, *why;
	uint64_t step;        /* of a ladder, from 0 */
	double since_seconds; /* time in this phase when the status was written */
	double until_seconds; /* time left in this phase; NAN: unknown */
};

/* A value that the daemon enforces, or a group that it froze. */
struct daemon_held {
	char *group, *key, *section;
	char *value, *original; /* "" for a frozen group */
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
};

/*
 * Reads the status of the daemon that uses this state directory. -ESRCH: no daemon is running;
 * -EACCES: the status file is not readable; -EBADMSG: the status file is invalid.
 */
int daemon_status_read(const char *directory, struct daemon_status **ret_status);
struct daemon_status *daemon_status_free(struct daemon_status *status);
/* Returns the contents of the status file as JSON text; the caller frees it. */
int daemon_status_text(const char *directory, char **ret_text);

#endif
