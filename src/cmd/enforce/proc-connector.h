/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * proc-connector.h - process events from the kernel's netlink connector.
 *
 * Requires CAP_NET_ADMIN and the initial network namespace; without them, callers must scan /proc.
 */
#pragma once

#include "lib/base/libsystemd.h"

#include <cgward/base.h>

struct proc_connector;

struct proc_connector_callbacks {
	void (*process)(void *context, pid_t pid); /* started, executed, changed user or name */
	void (*lost)(void *context);               /* the socket overflowed: scan /proc */
	void *context;
};

int proc_connector_open(sd_event *event, const struct proc_connector_callbacks *calls,
			struct proc_connector **ret_connector);
/* Accepts NULL, returns NULL. */
struct proc_connector *proc_connector_close(struct proc_connector *connector);
