/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * births.h - processes that begin or become others, as the kernel's process connector tells of them.
 *
 * It wants CAP_NET_ADMIN and the machine's own network namespace; without, whoever asks looks at all
 * processes again and again.
 */
#ifndef CGWARD_ENFORCE_BIRTHS_H
#define CGWARD_ENFORCE_BIRTHS_H

#include <systemd/sd-event.h>

#include <cgward/base.h>

struct births;

struct births_calls {
	void (*born)(void *context, pid_t pid); /* or runs another program, or is another user */
	void (*lost)(void *context);            /* events were: all is to be looked at */
	void *context;
};

int births_open(sd_event *event, const struct births_calls *calls, struct births **ret_births);
/* Accepts NULL, returns NULL. */
struct births *births_close(struct births *births);

#endif
