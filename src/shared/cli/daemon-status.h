/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-status.h - where the machine's policy is, and what the running enforcement says of itself. */
#ifndef CGWARD_SHARED_CLI_DAEMON_STATUS_H
#define CGWARD_SHARED_CLI_DAEMON_STATUS_H

#include <sys/types.h>

#include <cgward/base.h>

#define DAEMON_POLICY           "/etc/cgward/cgward.conf"
#define DAEMON_POLICY_DIRECTORY "/etc/cgward/conf.d"
#define DAEMON_STATE            "/run/cgward"

/* A rule on a group. Texts are escaped. */
struct daemon_instance {
	char *rule, *group, *phase, *why;
	uint64_t step;        /* of a ladder, from 0 */
	double since_seconds; /* how long the phase has lasted, when it was written */
	double until_seconds; /* how long it will; NAN: open */
};

/* A value that it holds, or a frozen group. */
struct daemon_held {
	char *group, *key, *section;
	char *value, *original; /* "" of a frozen group */
};

struct daemon_status {
	pid_t pid;
	char mode[16];      /* "enforce", "dry-run", "observe" */
	int64_t realtime_s; /* when it was written */
	double interval_seconds;
	uint64_t sections;
	struct daemon_instance *instances;
	size_t instance_count;
	struct daemon_held *held;
	size_t held_count;
};

/*
 * The status of the enforcement that keeps its state in that directory. -ESRCH: none is running;
 * -EACCES: its state is not for us to read; -EBADMSG: it is not understood.
 */
int daemon_status_read(const char *directory, struct daemon_status **ret_status);
struct daemon_status *daemon_status_free(struct daemon_status *status);
/* The same file as it is, for programs: allocated. */
int daemon_status_text(const char *directory, char **ret_text);

#endif
