/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-errors.c - errors and warnings about the policy that is being loaded. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/policy-priv.h"

CGW_PRINTF(5, 0)
static void report(struct policy_loading *loading, bool warning, const char *file, unsigned line,
		   const char *format, va_list arguments)
{
	struct cgw_policy_problem problem = {.warning = warning, .diag = {.line = line}};
	char text[sizeof(problem.diag.text)];

	vsnprintf(text, sizeof(text), format, arguments);
	/* Messages quote the file, which may contain any bytes. */
	cgw_escape(problem.diag.text, sizeof(problem.diag.text), text, strlen(text));
	cgw_escape(problem.diag.file, sizeof(problem.diag.file), file, strlen(file));
	loading->errors += !warning;
	if (loading->reporter != NULL && loading->reporter->report != NULL)
		loading->reporter->report(loading->reporter->context, &problem);
}

void policy_error(struct policy_loading *loading, const char *format, ...)
{
	va_list arguments;

	if (loading->section != NULL)
		loading->section->faulty = true;
	va_start(arguments, format);
	report(loading, false, loading->file, loading->line, format, arguments);
	va_end(arguments);
}

void policy_warning(struct policy_loading *loading, const struct section *section,
		    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(loading, true, section->file, section->line, format, arguments);
	va_end(arguments);
}

void policy_error_at(struct policy_loading *loading, const struct section *section,
		     const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(loading, false, section->file, section->line, format, arguments);
	va_end(arguments);
}
