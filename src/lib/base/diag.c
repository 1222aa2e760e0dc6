/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* diag.c - format diagnostic messages. */
#include <stdarg.h>
#include <stdio.h>

#include <cgward/base.h>

int cgw_diag_set(struct cgw_diag *diag, int error, const char *format, ...)
{
	va_list arguments;

	if (diag == NULL)
		return error;
	va_start(arguments, format);
	vsnprintf(diag->text, sizeof(diag->text), format, arguments);
	va_end(arguments);
	return error;
}
