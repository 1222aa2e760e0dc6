/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place.h - [place]: processes that are moved into the groups where they belong. */
#ifndef CGWARD_ENFORCE_PLACE_H
#define CGWARD_ENFORCE_PLACE_H

#include "enforce/daemon.h"

/*
 * Looks at all processes, and moves those that are new since the last look and that a section selects.
 * One that ran a program since is looked at again: its start is the same, its command is not.
 */
int place_processes(struct daemon *daemon);
void place_done(struct daemon *daemon);

#endif
