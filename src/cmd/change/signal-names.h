/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* signal-names.h - conversion between signal names and numbers. */
#pragma once

#include <stddef.h>

/* Parses "TERM", "SIGTERM", "term", "15" or "RTMIN+2"; -EINVAL for anything else. */
int signal_find(const char *name, int *ret_signal);
/* Formats a signal as "TERM", or as "RTMIN+2" if it has no name. */
void signal_name(int signal, char *buffer, size_t size);
