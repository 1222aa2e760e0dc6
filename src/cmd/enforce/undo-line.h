/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-line.h - one line of enforce.state. */
#ifndef CGWARD_CMD_ENFORCE_UNDO_LINE_H
#define CGWARD_CMD_ENFORCE_UNDO_LINE_H

#include "cmd/enforce/undo-store.h"

/* The line with its newline, in allocated memory; a path of any length. `removed`: an "end". */
int undo_line_format(const struct cgw_layout *layout, const struct undo_record *record,
		     bool removed, char **ret_line);
/*
 * Parses a line in place; the record points into it. -ENOENT: a hierarchy or control that does not
 * exist here. -EBADMSG: a torn line, or one of an unknown version.
 */
int undo_line_parse(const struct cgw_layout *layout, char *line, struct undo_record *ret_record,
		    bool *ret_removed);

#endif
