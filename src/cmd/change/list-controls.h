/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-controls.h - the list of what can be set. */
#ifndef CGWARD_CMD_CHANGE_LIST_CONTROLS_H
#define CGWARD_CMD_CHANGE_LIST_CONTROLS_H

#include "cmd/change/change.h"

/* Prints each control with what this machine offers for it; opens the layout itself. */
enum cli_exit controls_list(struct verb *verb);

#endif
