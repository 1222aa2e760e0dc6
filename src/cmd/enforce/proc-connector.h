/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * proc-connector.h - processes that begin or become others, as the kernel's process connector tells of them.
 *
 * It wants CAP_NET_ADMIN and the machine's own network namespace; without, whoever asks looks at all
 * processes again and again.
 */
#ifndef CGWARD_CMD_ENFORCE_PROC_CONNECTOR_H
#define CGWARD_CMD_ENFORCE_PROC_CONNECTOR_H

#include <systemd/sd-event.h>

#include <cgward/base.h>

struct proc_connector;

struct proc_connector_callbacks {
	void (*born)(void *context, pid_t pid); /* or runs another program, or is another user */
	void (*lost)(void *context);            /* events were: all is to be looked at */
	void *context;
};

int proc_connector_open(sd_event *event, const struct proc_connector_callbacks *calls,
			struct proc_connector **ret_births);
/* Accepts NULL, returns NULL. */
struct proc_connector *proc_connector_close(struct proc_connector *births);

#endif
