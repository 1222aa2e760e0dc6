/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cli.c - messages, exit statuses and durations, shared by all commands. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/cli/cli.h"

static void print_prefix(const struct cli_context *context)
{
	fprintf(stderr, "%s%s%s: ", context->program, context->command != NULL ? " " : "",
		context->command != NULL ? context->command : "");
}

enum cli_exit cli_error(const struct cli_context *context, const char *format, ...)
{
	va_list arguments;

	print_prefix(context);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return CLI_FAILED;
}

enum cli_exit cli_diag(const struct cli_context *context, const struct cgw_diag *diag)
{
	print_prefix(context);
	if (diag->file[0] != '\0' && diag->line > 0)
		fprintf(stderr, "%s:%u: ", diag->file, diag->line);
	else if (diag->file[0] != '\0')
		fprintf(stderr, "%s: ", diag->file);
	fprintf(stderr, "%s\n", diag->text[0] != '\0' ? diag->text : "failed");
	return CLI_FAILED;
}

enum cli_exit cli_fail(const struct cli_context *context, int error, const struct cgw_diag *diag)
{
	if (diag != NULL && diag->text[0] != '\0')
		cli_diag(context, diag);
	else
		cli_error(context, "%s", strerror(-error));
	return cli_exit_from_error(error);
}

enum cli_exit cli_exit_from_error(int error)
{
	switch (error) {
	case 0:
		return CLI_OK;
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return CLI_NO_PRIVILEGE;
	case -ENOENT:
	case -ENODEV:
	case -ENOTUNIQ:
	case -ESRCH:
	case -ESTALE:
		return CLI_NO_SUCH_GROUP;
	case -EINVAL:
		return CLI_USAGE;
	default:
		return CLI_FAILED;
	}
}

struct cgw_layout *cli_layout(const struct cli_context *context, enum cli_exit *ret_exit)
{
	struct cgw_diag diag = {0};
	struct cgw_layout *layout;
	int r = cgw_layout_open(&context->roots, &layout, &diag);

	if (r < 0) {
		cli_diag(context, &diag);
		*ret_exit = CLI_NO_CGROUP;
		return NULL;
	}
	if (layout->kind == CGW_LAYOUT_NONE) {
		cli_error(context, "no cgroup hierarchy is mounted%s%s (according to mountinfo)",
			  context->roots.cgroup != NULL ? " at or below " : "",
			  context->roots.cgroup != NULL ? context->roots.cgroup : "");
		cgw_layout_free(layout);
		*ret_exit = CLI_NO_CGROUP;
		return NULL;
	}
	return layout;
}

/* Has the reader closed its end, as "| head" does? */
static bool reader_closed(void)
{
	struct pollfd output = {.fd = STDOUT_FILENO};

	return poll(&output, 1, 0) == 1 && output.revents & POLLERR;
}

enum cli_exit cli_finish(const struct cli_context *context, enum cli_exit status)
{
	bool failed = ferror(stdout) != 0, closed = reader_closed();
	int error = fclose(stdout) == 0 ? 0 : errno;

	if (error == 0 && !failed)
		return status;
	/* A reader that closed the pipe needs no message: the exit status is enough. */
	if (!closed && error != EPIPE)
		cli_error(context, "cannot write to standard output: %s",
			  error != 0 ? strerror(error) : "write error");
	return CLI_OUTPUT_FAILED;
}

int cli_parse_duration(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ms", 1e6},   {"us", 1e3},    {"s", 1e9}, {"m", 60e9},
		     {"h", 3600e9}, {"d", 86400e9}, {"", 1e9}};
	double total_ns = 0;
	bool first = true;

	while (*text != '\0' || first) {
		char *end;
		double number;
		size_t i;

		if ((*text < '0' || *text > '9') && *text != '.')
			return -EINVAL;
		number = strtod(text, &end);
		/* strtod() accepts more than digits: "0x10", "1e9", "nan". */
		if (end != text + strspn(text, "0123456789.") || !isfinite(number))
			return -EINVAL;
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			size_t length = strlen(units[i].unit);

			if (length > 0 && strncmp(end, units[i].unit, length) == 0)
				break;
			if (length == 0 && *end == '\0' && first)
				break;
		}
		if (i == sizeof(units) / sizeof(units[0]))
			return -EINVAL;
		total_ns += number * units[i].ns;
		text = end + strlen(units[i].unit);
		first = false;
	}
	if (total_ns >= 9e18)
		return -ERANGE;
	*ret_ns = (uint64_t)total_ns;
	return 0;
}
