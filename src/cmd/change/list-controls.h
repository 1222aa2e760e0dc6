/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-controls.h - list of all controls. */
#ifndef CGWARD_CMD_CHANGE_LIST_CONTROLS_H
#define CGWARD_CMD_CHANGE_LIST_CONTROLS_H

#include "cmd/change/change.h"

/* Opens the layout, and prints each control with its file on this machine. */
enum cli_exit controls_list(struct change_command *command);

#endif
