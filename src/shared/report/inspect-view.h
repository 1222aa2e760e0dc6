/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inspect-view.h - report of one or two inspections of a group, for `cgward inspect` and the
 * dashboard.
 */
#pragma once

#include <stdio.h>

#include <cgward/inspect.h>

enum section {
	SECTION_IDENTITY = 1,
	SECTION_PROCESSES = 2,
	SECTION_NAMESPACES = 4,
	SECTION_CONFINEMENT = 8,
	SECTION_LIMITS = 16,
	SECTION_NETWORK = 32,
	SECTION_ALL = 63,
	SECTION_WAITS = 64, /* measured only on request */
};

/* A network namespace, read once or twice. */
struct view_network {
	struct cgw_network *before, *now; /* `before` NULL: no rates */
	const struct cgw_namespace *namespace;
	int error; /* of reading it; then `now` is NULL */
};

struct view {
	const struct cgw_layout *layout;
	const struct cgw_frame *frame;
	uint32_t group;
	unsigned sections; /* enum section, or'ed */
	unsigned uses;     /* bit mask of enum cgw_process_use that were read */
	unsigned width;    /* maximum of the tables; 0: none */
	bool exact;        /* exact numbers */
	bool threads;
	bool names;                                /* names of users instead of UIDs */
	const struct cgw_inspection *before, *now; /* `before` NULL: no CPU shares */
	double seconds;                            /* between the two */
	struct cgw_names resolved;
	const char *not_traced; /* why the frame does not have what tasks waited for; "": it does */
	struct view_network *networks;
	size_t network_count;
};

/* CPU usage of a process in percent of one CPU; WARMUP after the first inspection. */
struct cgw_value view_cpu(const struct view *view, const struct cgw_process *process);
/* The rate since `before`, or the value of what is not a counter. */
struct cgw_value view_use(const struct view *view, const struct cgw_process *process,
			  enum cgw_process_use use);
/* What the tasks of the group waited for, in ns per second. */
struct view_wait {
	const char *name, *title; /* in JSON and in text */
	struct cgw_value rate;
};
#define VIEW_WAIT_COUNT 5
void view_waits(const struct view *view, struct view_wait ret_waits[static VIEW_WAIT_COUNT]);
/* What ran meanwhile, the longest first; free the copy. The numbers are ns in that interval. */
struct cgw_instance *view_takers(const struct view *view, size_t *ret_count);
/* Bytes per second sent or received by an interface. */
struct cgw_value view_traffic(const struct view_network *network, size_t interface, bool sent);
/*
 * Groups of the process in other hierarchies, outside the inspected group: "cpu:/a memory:/b". Free
 * the text. -ENOMEM.
 */
int view_other_groups(const struct view *view, const struct cgw_process *process, char **ret_text);
/* Formats "alice", or the UID. Returns the buffer. */
const char *view_user(const struct view *view, uint32_t uid, char *buffer, size_t size);
/* The highest privilege of all processes. */
enum cgw_privilege view_privilege(const struct view *view);
/* Whether the two processes are confined in the same way. */
bool view_same_confinement(const struct view *view, const struct cgw_process *a,
			   const struct cgw_process *b);

/*
 * Reads the networks of the group. Returns -ENOMEM; other errors are stored per network. The second
 * function also moves matching networks out of the previous view, for rates.
 */
int view_read_networks(struct view *view, const struct cgw_inspection *inspection);
int view_read_networks_again(struct view *view, struct view *before);
void view_networks_done(struct view *view);

/* Both return 0 or a negative error. Write errors are reported by ferror(). */
int show_text(const struct view *view, FILE *out);
int show_namespaces_text(const struct cgw_namespace *namespaces, size_t count, unsigned width,
			 FILE *out);
