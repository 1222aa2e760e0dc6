/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-facts.c - users and commands of a group's processes, and its extended attributes. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/model/group-identity.h"
#include "shared/cli/group-facts.h"

#define PROCESSES_MAX 256 /* per group: of a larger group, only the first ones are read */

static enum cgw_truth truth_from_bool(bool condition)
{
	return condition ? CGW_TRUE : CGW_FALSE;
}

static size_t first_hierarchy(const struct cgw_topology *topology, uint32_t group)
{
	for (uint32_t h = 0; h < topology->hierarchy_count; h++)
		if (topology->present[group] & UINT32_C(1) << h)
			return h;
	return 0;
}

static int open_group_in(const struct cgw_layout *layout, const struct cgw_frame *frame,
			 uint32_t group, size_t hierarchy, int *ret_fd)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	char path[4096];
	uint64_t id;
	int r;

	if (cgw_topology_path(topology, group, path, sizeof(path)) >= sizeof(path))
		return -ENAMETOOLONG;
	r = cgw_group_open(layout, hierarchy, path, ret_fd, &id);
	if (r == 0 && id != topology->id[hierarchy][group]) {
		cleanup_close(ret_fd);
		return -ESTALE;
	}
	return r;
}

static int open_group(const struct cgw_layout *layout, const struct cgw_frame *frame,
		      uint32_t group, int *ret_fd)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));

	return open_group_in(layout, frame, group, first_hierarchy(topology, group), ret_fd);
}

/* Matches an attribute of the group's directory in one hierarchy. */
static enum cgw_truth attribute_matches_fd(int fd, const char *pattern)
{
	const char *equals = strchr(pattern, '=');
	char name[256], value[256];
	struct stat status;
	size_t length = equals != NULL ? (size_t)(equals - pattern) : strlen(pattern);
	ssize_t size;

	if (length >= sizeof(name))
		return CGW_UNKNOWN;
	memcpy(name, pattern, length);
	name[length] = '\0';
	/* fgetxattr() fails on an O_PATH descriptor, so go through its name in /proc. */
	size = getxattr(FORMATTED(64, "/proc/self/fd/%d", fd), name, value, sizeof(value) - 1);
	if (size < 0)
		return errno == ENODATA || errno == EOPNOTSUPP ? CGW_FALSE : CGW_UNKNOWN;
	if (fstat(fd, &status) < 0)
		return CGW_UNKNOWN;
	/* Ignore user.* on a delegated group: its owner could exempt the group from a rule. */
	if (strncmp(name, "user.", 5) == 0 && ((status.st_uid != 0 && status.st_uid != geteuid()) ||
					       (status.st_mode & (S_IWGRP | S_IWOTH))))
		return CGW_FALSE;
	value[size] = '\0';
	return truth_from_bool(equals == NULL || cgw_glob_match(equals + 1, value));
}

/* Checks all hierarchies: systemd sets attributes in its own, administrators in any. */
static enum cgw_truth attribute_matches(const struct cgw_layout *layout,
					const struct cgw_frame *frame, uint32_t group,
					const char *pattern)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	enum cgw_truth truth = CGW_FALSE;

	for (uint32_t h = 0; h < topology->hierarchy_count; h++) {
		CLEANUP(cleanup_close) int fd = -1;
		enum cgw_truth here = CGW_UNKNOWN;

		if (!(topology->present[group] & UINT32_C(1) << h))
			continue;
		if (open_group_in(layout, frame, group, h, &fd) == 0)
			here = attribute_matches_fd(fd, pattern);
		if (here == CGW_TRUE)
			return CGW_TRUE;
		if (here == CGW_UNKNOWN)
			truth = CGW_UNKNOWN;
	}
	return truth;
}

/* The real ID of "Uid:" or "Gid:" in /proc/PID/status; UINT32_MAX if it cannot be read. */
static uint32_t read_owner(const struct cgw_layout *layout, pid_t pid, const char *key)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char *at;
	size_t length;

	if (cgw_proc_read(layout, FORMATTED(32, "%d/status", (int)pid), &text, &length) < 0)
		return UINT32_MAX;
	at = strstr(text, key);
	return at != NULL ? (uint32_t)strtoul(at + strlen(key), NULL, 10) : UINT32_MAX;
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool id_matches(enum cgw_subject subject, uint32_t id, const char *pattern)
{
	struct passwd user, *found_user = NULL;
	struct group group, *found_group = NULL;
	char buffer[4096];

	if (is_number(pattern))
		return strtoul(pattern, NULL, 10) == id;
	if (subject == CGW_SUBJECT_USER)
		return getpwuid_r(id, &user, buffer, sizeof(buffer), &found_user) == 0 &&
		       found_user != NULL && cgw_glob_match(pattern, user.pw_name);
	/* An entry with thousands of members exceeds the buffer: match such a group by number. */
	return getgrgid_r(id, &group, buffer, sizeof(buffer), &found_group) == 0 &&
	       found_group != NULL && cgw_glob_match(pattern, group.gr_name);
}

static enum cgw_truth command_matches(const struct cgw_layout *layout, pid_t pid,
				      const char *pattern)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;

	if (cgw_proc_read(layout, FORMATTED(32, "%d/comm", (int)pid), &text, &length) < 0)
		return CGW_UNKNOWN;
	text[strcspn(text, "\n")] = '\0';
	return truth_from_bool(cgw_glob_match(pattern, text));
}

static enum cgw_truth executable_matches(const struct cgw_layout *layout, pid_t pid,
					 const char *pattern)
{
	char target[4096];
	ssize_t length;

	length = readlinkat(layout->proc_fd, FORMATTED(32, "%d/exe", (int)pid), target,
			    sizeof(target) - 1);
	if (length < 0)
		return CGW_UNKNOWN; /* a kernel thread, or exited */
	target[length] = '\0';
	return truth_from_bool(cgw_glob_match(pattern, target));
}

enum cgw_truth facts_process(const struct cgw_layout *layout, pid_t pid, enum cgw_subject subject,
			     const char *pattern)
{
	uint32_t id;

	if (subject == CGW_SUBJECT_COMMAND)
		return command_matches(layout, pid, pattern);
	if (subject == CGW_SUBJECT_EXECUTABLE)
		return executable_matches(layout, pid, pattern);
	id = read_owner(layout, pid, subject == CGW_SUBJECT_USER ? "\nUid:" : "\nGid:");
	return id == UINT32_MAX ? CGW_UNKNOWN : truth_from_bool(id_matches(subject, id, pattern));
}

static void read_processes(struct facts *facts, const struct cgw_frame *frame, uint32_t group)
{
	uint64_t read_ns = cgw_snapshot_monotonic_ns(cgw_frame_now(frame));
	CLEANUP(cleanup_close) int fd = -1;
	size_t length;

	if (facts->read_ns == read_ns && facts->group == group)
		return;
	free(facts->processes);
	facts->processes = NULL;
	facts->read_ns = read_ns;
	facts->group = group;
	facts->error = open_group(facts->layout, frame, group, &fd);
	if (facts->error == 0)
		facts->error = cgw_file_read(facts->layout, fd, "cgroup.procs", &facts->processes,
					     &length);
}

/* A command matches if any process runs it; a user matches if most processes belong to it. */
static enum cgw_truth processes_match(struct facts *facts, const struct cgw_frame *frame,
				      uint32_t group, enum cgw_subject subject, const char *pattern)
{
	bool any = subject == CGW_SUBJECT_COMMAND || subject == CGW_SUBJECT_EXECUTABLE;
	unsigned yes = 0, no = 0;
	char *at, *end;

	read_processes(facts, frame, group);
	if (facts->error < 0)
		return CGW_UNKNOWN;
	for (at = facts->processes; at != NULL && yes + no < PROCESSES_MAX; at = end) {
		long pid = strtol(at, &end, 10);
		enum cgw_truth truth;

		if (end == at)
			break;
		truth = facts_process(facts->layout, (pid_t)pid, subject, pattern);
		yes += truth == CGW_TRUE;
		no += truth == CGW_FALSE;
		if (any && yes > 0)
			return CGW_TRUE;
	}
	return truth_from_bool(yes > no);
}

static enum cgw_truth matches(void *context, const struct cgw_frame *frame, uint32_t group,
			      enum cgw_subject subject, const char *pattern)
{
	struct facts *facts = context;

	switch (subject) {
	case CGW_SUBJECT_ATTRIBUTE:
		return attribute_matches(facts->layout, frame, group, pattern);
	case CGW_SUBJECT_USER:
	case CGW_SUBJECT_USER_GROUP:
	case CGW_SUBJECT_COMMAND:
	case CGW_SUBJECT_EXECUTABLE:
		return processes_match(facts, frame, group, subject, pattern);
	default:
		return subject_by_path(frame, group, subject, pattern);
	}
}

/* A lower bound: the directory's ctime is that of its last change, not of its creation. */
static uint64_t age_ns(void *context, const struct cgw_frame *frame, uint32_t group)
{
	const struct facts *facts = context;
	CLEANUP(cleanup_close) int fd = -1;
	struct timespec now;
	struct stat status;
	int64_t age;

	if (open_group(facts->layout, frame, group, &fd) < 0 || fstat(fd, &status) < 0 ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return UINT64_MAX;
	age = (now.tv_sec - status.st_ctim.tv_sec) * INT64_C(1000000000) +
	      (now.tv_nsec - status.st_ctim.tv_nsec);
	return age > 0 ? (uint64_t)age : 0;
}

struct cgw_facts facts_of(struct facts *facts, const struct cgw_layout *layout)
{
	facts->layout = layout;
	return (struct cgw_facts){matches, age_ns, facts};
}

void facts_done(struct facts *facts)
{
	free(facts->processes);
	*facts = (struct facts){0};
}
