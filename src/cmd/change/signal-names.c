/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* signal-names.c - conversion between signal names and numbers. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/change/signal-names.h"

static int parse_number(const char *text, long minimum, long maximum, long *ret_number)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*ret_number = strtol(text, &end, 10);
	return *end != '\0' || errno != 0 || *ret_number < minimum || *ret_number > maximum
		       ? -EINVAL
		       : 0;
}

int signal_find(const char *name, int *ret_signal)
{
	long number;

	if (parse_number(name, 1, SIGRTMAX, &number) == 0) {
		*ret_signal = (int)number;
		return 0;
	}
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	if (strncasecmp(name, "RTMIN", 5) == 0) {
		number = 0;
		if (name[5] != '\0' &&
		    (name[5] != '+' || parse_number(name + 6, 0, SIGRTMAX - SIGRTMIN, &number) < 0))
			return -EINVAL;
		*ret_signal = SIGRTMIN + (int)number;
		return 0;
	}
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *known = sigabbrev_np(i);

		if (known != NULL && strcasecmp(name, known) == 0) {
			*ret_signal = i;
			return 0;
		}
	}
	return -EINVAL;
}

void signal_name(int signal, char *buffer, size_t size)
{
	const char *known = sigabbrev_np(signal);

	if (known != NULL)
		snprintf(buffer, size, "%s", known);
	else if (signal >= SIGRTMIN)
		snprintf(buffer, size, "RTMIN+%d", signal - SIGRTMIN);
	else
		snprintf(buffer, size, "%d", signal);
}
