/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-watch.h - directories and event files that trigger early samples. */
#pragma once

#include "cmd/enforce/enforcement.h"

int group_watch_open(struct enforcement *enforcement);
void group_watch_close(struct enforcement *enforcement);
/* Call after each sample: watches new groups. */
void group_watch_update(struct enforcement *enforcement);
