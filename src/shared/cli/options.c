/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* options.c - table-driven option parsing on top of getopt_long(). */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/suggest.h"
#include "shared/cli/options.h"

enum cli_exit cli_usage_error(const struct cli_context *context, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	const char *separator;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	separator = text[0] != '\0' && text[strlen(text) - 1] == '?' ? "" : ";";
	cli_error(context, "%s%s see '%s%s%s --help'", text, separator, context->program,
		  context->command != NULL ? " " : "",
		  context->command != NULL ? context->command : "");
	return CLI_USAGE;
}

void cli_print_help(const struct cli_command_help *help)
{
	printf("Usage: %s\n\n%s\n\nOptions:\n", help->usage, help->text);
	for (const struct cli_option *option = help->options; option->name != NULL; option++) {
		char left[80], letter[8] = "    ";

		if (option->code < CLI_OPTION_LONG)
			(void)snprintf(letter, sizeof(letter), "-%c, ", option->code);
		(void)snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, option->name,
			       option->argument == NULL ? ""
			       : option->optional       ? "[="
							: " ",
			       option->argument != NULL ? option->argument : "",
			       option->optional ? "]" : "");
		if (strlen(left) > 24)
			printf("  %s\n  %-24s %s\n", left, "", option->help);
		else
			printf("  %-24s %s\n", left, option->help);
	}
}

static bool parse_common_option(struct cli_context *context, int code, const char *value)
{
	switch (code) {
	case CLI_OPTION_CGROUP_ROOT:
		context->roots.cgroup = value;
		return true;
	case CLI_OPTION_PROC_ROOT:
		context->roots.proc = value;
		return true;
	case CLI_OPTION_SYS_ROOT:
		context->roots.sys = value;
		return true;
	default:
		return false;
	}
}

/* Reports an option that getopt_long() rejected, with the nearest existing one. */
static void print_option_error(const struct cli_context *context, const struct cli_option *options,
			       int result, char **argv)
{
	const char *word = argv[optind > 0 ? optind - 1 : 0];
	struct suggestion nearest = {.input = word + strspn(word, "-")};
	char shown[128];

	cgw_escape(shown, sizeof(shown), word, strlen(word));
	if (result == ':') {
		(void)cli_usage_error(context, "option %s requires an argument", shown);
		return;
	}
	if (strncmp(word, "--", 2) != 0) {
		(void)cli_usage_error(context, "unknown option '-%c'", optopt);
		return;
	}
	for (; options->name != NULL; options++)
		suggestion_offer(&nearest, options->name);
	/* getopt_long() sets `optopt` only for an option that exists. */
	if (optopt != 0)
		(void)cli_usage_error(context, "option %.*s does not take an argument",
				      (int)strcspn(shown, "="), shown);
	else if (suggestion_word(&nearest) != NULL)
		(void)cli_usage_error(context, "unknown option '%s'; did you mean '--%s'?", shown,
				      suggestion_word(&nearest));
	else
		(void)cli_usage_error(context, "unknown option '%s'", shown);
}

int cli_next_option(struct cli_context *context, const struct cli_command_help *help, int argc,
		    char **argv, const char **ret_value, enum cli_exit *ret_exit)
{
	struct option longs[CLI_OPTION_MAX + 1] = {0};
	char shorts[2 * CLI_OPTION_MAX + 3] = ":";
	size_t count = 0, used = 1;
	int code;

	if (context->describe) {
		context->described = help;
		*ret_exit = CLI_OK;
		return -1;
	}
	for (const struct cli_option *option = help->options;
	     option->name != NULL && count < CLI_OPTION_MAX; option++) {
		longs[count++] = (struct option){
			.name = option->name,
			.has_arg = option->argument == NULL ? no_argument
				   : option->optional       ? optional_argument
							    : required_argument,
			.val = option->code,
		};
		if (option->code >= CLI_OPTION_LONG)
			continue;
		shorts[used++] = (char)option->code;
		if (option->argument != NULL && !option->optional)
			shorts[used++] = ':';
	}
	do {
		code = getopt_long(argc, argv, shorts, longs, NULL);
		*ret_value = optarg;
	} while (parse_common_option(context, code, optarg));
	if (code == -1)
		return 0;
	*ret_exit = CLI_OK;
	if (code == 'h') {
		cli_print_help(help);
	} else if (code == CLI_OPTION_VERSION) {
		printf("%s %s\n", context->program, cgw_version());
	} else if (code == '?' || code == ':') {
		print_option_error(context, help->options, code, argv);
		*ret_exit = CLI_USAGE;
	} else {
		return code;
	}
	return -1;
}
