/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* signal-names.h - signals by the names that people give them. */
#ifndef CGWARD_CMD_CHANGE_SIGNAL_NAMES_H
#define CGWARD_CMD_CHANGE_SIGNAL_NAMES_H

#include <stddef.h>

/* "TERM", "SIGTERM", "term", "15", "RTMIN+2" to the number; -EINVAL for anything else. */
int signal_find(const char *name, int *ret_signal);
/* "TERM"; "RTMIN+2" and so on beyond the named ones. */
void signal_name(int signal, char *buffer, size_t size);

#endif
