/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place-processes.h - [place]: processes that are moved into the groups where they belong. */
#ifndef CGWARD_CMD_ENFORCE_PLACE_PROCESSES_H
#define CGWARD_CMD_ENFORCE_PLACE_PROCESSES_H

#include "cmd/enforce/daemon.h"

/* Where there are such sections: asks the kernel to tell of processes that begin. */
void place_open(struct daemon *daemon);
/*
 * Looks at all processes, and moves those that are new since the last look and that a section selects.
 * One that ran a program since is looked at again: its start is the same, its command is not. While the
 * kernel tells of processes, that is done twice a minute, and when something that it told was lost.
 */
int place_processes(struct daemon *daemon);
void place_done(struct daemon *daemon);

#endif
