/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel-events.h - what the kernel tells by itself: pressure (triggers of PSI), memory that passes a bound and
 * groups that run out of it (v1's eventfds of cgroup.event_control).
 *
 * Each brings the next sample forward and decides nothing. All have a descriptor each, so there is a
 * bound; where it is reached, the samples by the clock remain.
 */
#ifndef CGWARD_CMD_ENFORCE_KERNEL_EVENTS_H
#define CGWARD_CMD_ENFORCE_KERNEL_EVENTS_H

#include "cmd/enforce/daemon.h"

struct triggers;

/* Those of the machine are there at once, those of groups come with triggers_add(). */
int triggers_new(struct daemon *daemon, struct triggers **ret_triggers);
/* Accepts NULL, returns NULL. */
struct triggers *triggers_free(struct triggers *triggers);
/* Of a group that a rule selects: what the term `term` of its condition can be told by. */
void triggers_add(struct triggers *triggers, size_t section, size_t term, uint32_t group,
		  const char *path);
/* After a sample: bounds that follow a limit are where the limit is now. */
void triggers_follow(struct triggers *triggers);

#endif
