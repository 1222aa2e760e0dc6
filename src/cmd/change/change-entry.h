/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-entry.h - what the table of verbs.c calls. Each returns enum cli_exit. */
#ifndef CGWARD_CMD_CHANGE_CHANGE_ENTRY_H
#define CGWARD_CMD_CHANGE_CHANGE_ENTRY_H

#include "shared/cli/cli.h"

int verb_set(struct cli_context *context, int argc, char **argv);
int verb_freeze(struct cli_context *context, int argc, char **argv);
int verb_thaw(struct cli_context *context, int argc, char **argv);
int verb_kill(struct cli_context *context, int argc, char **argv);
int verb_create(struct cli_context *context, int argc, char **argv);
int verb_move(struct cli_context *context, int argc, char **argv);
int verb_delete(struct cli_context *context, int argc, char **argv);
int verb_run(struct cli_context *context, int argc, char **argv);
int verb_undo(struct cli_context *context, int argc, char **argv);
int verb_log(struct cli_context *context, int argc, char **argv);

#endif
