/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place-processes.h - move processes into groups, as configured by [place]. */
#pragma once

#include "cmd/enforce/enforcement.h"

/*
 * Scans all processes, and moves those that match a section and are new or have executed another
 * program since the last scan. With process events, it scans only every 30 s and after events
 * were lost.
 */
int place_processes(struct enforcement *enforcement);
void place_done(struct enforcement *enforcement);
