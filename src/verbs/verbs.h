/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* verbs.h - the writing face: set, freeze, thaw, kill, create, move, delete, run, undo, log. */
#ifndef CGWARD_VERBS_VERBS_H
#define CGWARD_VERBS_VERBS_H

#include "cli/cli.h"

extern const struct cli_command verbs_commands[];

#endif
