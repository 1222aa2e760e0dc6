/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel-events.h - kernel notifications: PSI triggers, and v1 memory thresholds and OOM events
 * (eventfds in cgroup.event_control).
 *
 * An event only triggers an early sample. Each uses a descriptor, so their number is limited;
 * beyond the limit, rules rely on the regular samples.
 */
#pragma once

#include "cmd/enforce/enforcement.h"

struct triggers;

/* Sets up the triggers of the machine; triggers_add() adds those of groups. */
int triggers_new(struct enforcement *enforcement, struct triggers **ret_triggers);
/* Accepts NULL, returns NULL. */
struct triggers *triggers_free(struct triggers *triggers);
/*
 * Adds a trigger for one term of a rule's condition and a matching group, if the kernel has one in
 * a hierarchy of the mask, in which the group is new.
 */
void triggers_add(struct triggers *triggers, size_t section, size_t term, uint32_t group,
		  const char *path, uint32_t hierarchies);
/* Call after a sample: updates thresholds that depend on a limit. */
void triggers_update(struct triggers *triggers);
