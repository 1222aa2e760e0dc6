/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* local-text.c - printf() to buffers of a fixed size. */
#include <stdarg.h>
#include <stdio.h>

#include "lib/base/local-text.h"

const char *text_format(char *buffer, size_t size, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(buffer, size, format, list);
	va_end(list);
	return buffer;
}

size_t text_append(char *buffer, size_t size, size_t used, const char *format, ...)
{
	va_list list;
	int length;

	if (used >= size)
		return used;
	va_start(list, format);
	length = vsnprintf(buffer + used, size - used, format, list);
	va_end(list);
	if (length < 0)
		return used;
	return (size_t)length < size - used ? used + (size_t)length : size - 1;
}
