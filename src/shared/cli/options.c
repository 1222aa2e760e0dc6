/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* options.c - table-driven option parsing on top of getopt_long(). */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "lib/base/suggest.h"
#include "shared/cli/build-features.h"
#include "shared/cli/options.h"
#include <cgward/expression.h>

#define OPTIONS_MAX 64
#define LONG_VALUE  256 /* getopt_long() returns this plus the index of the row */

enum cli_exit cli_usage_error(const struct cli_context *context, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	const char *separator;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	separator = text[0] != '\0' && text[strlen(text) - 1] == '?' ? "" : ";";
	cli_error(context, "%s%s see '%s%s%s --help'", text, separator, context->program,
		  context->command != NULL ? " " : "",
		  context->command != NULL ? context->command : "");
	return CLI_USAGE;
}

static void print_option(const struct cli_option *option)
{
	bool optional = option->otherwise != NULL;
	char left[80], letter[8] = "    ";

	if (option->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, option->name,
		 option->argument == NULL ? ""
		 : optional               ? "[="
					  : " ",
		 option->argument != NULL ? option->argument : "", optional ? "]" : "");
	if (strlen(left) > 24)
		printf("  %s\n  %-24s %s\n", left, "", option->help);
	else
		printf("  %-24s %s\n", left, option->help);
}

void cli_print_options(const struct cli_command_help *help)
{
	const struct cli_option *option = help->options;

	for (; option->name != NULL; option++) {
		if (option->heading != NULL || option == help->options)
			printf("\n%s%s:\n", option->heading != NULL ? option->heading : "",
			       option->heading != NULL ? " options" : "Options");
		print_option(option);
	}
	if (help->examples == NULL)
		return;
	printf("\nExamples:\n");
	for (const struct cli_example *example = help->examples; example->purpose != NULL;
	     example++)
		printf("%s  # %s\n  %s\n", example > help->examples ? "\n" : "", example->purpose,
		       example->command);
}

void cli_print_help(const struct cli_command_help *help)
{
	printf("Usage: %s\n\n%s\n", help->usage, help->text);
	cli_print_options(help);
}

const struct cli_option *cli_find_option(const struct cli_option *options, const char *word,
					 const char **ret_argument)
{
	size_t length = strcspn(word, "=");

	*ret_argument = word[length] == '=' ? word + length + 1 : NULL;
	for (const struct cli_option *option = options; option->name != NULL; option++)
		if (strncmp(word, "--", 2) == 0
			    ? strlen(option->name) == length - 2 &&
				      strncmp(option->name, word + 2, length - 2) == 0
			    : word[0] == '-' && option->letter != 0 && word[1] == option->letter &&
				      word[2] == '\0')
			return option;
	return NULL;
}

/* Reports an option that getopt_long() rejected, with the nearest existing one. */
static void print_option_error(const struct cli_context *context, const struct cli_option *options,
			       int result, char **argv)
{
	const char *word = argv[optind > 0 ? optind - 1 : 0];
	const char *start = word + strspn(word, "-");
	const char *shown = ESCAPED(128, word);
	char name[64];
	struct suggestion nearest = {.input = name};

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(start, "="), start);
	if (result == ':') {
		cli_usage_error(context, "option %s requires an argument", shown);
		return;
	}
	if (strncmp(word, "--", 2) != 0) {
		cli_usage_error(context, "unknown option '-%c'", optopt);
		return;
	}
	for (; options->name != NULL; options++)
		suggestion_offer(&nearest, options->name);
	/* getopt_long() sets `optopt` only for an option that exists. */
	if (optopt != 0)
		cli_usage_error(context, "option %.*s does not take an argument",
				(int)strcspn(shown, "="), shown);
	else if (suggestion_word(&nearest) != NULL)
		cli_usage_error(context, "unknown option '%s'; did you mean '--%s'?", shown,
				suggestion_word(&nearest));
	else
		cli_usage_error(context, "unknown option '%s'", shown);
}

static enum cli_exit invalid_value(const struct cli_context *context,
				   const struct cli_option *option, const char *argument,
				   const char *expected)
{
	return cli_usage_error(context, "invalid --%s '%.64s' (expected %s)", option->name,
			       argument, expected);
}

static enum cli_exit add_to_list(const struct cli_context *context, const struct cli_option *option,
				 const char *argument, struct cli_list *list)
{
	struct cgw_diag diag = {0};

	if (option->type == CLI_OPTION_GLOBS && cgw_glob_check(argument, &diag) < 0)
		return cli_usage_error(context, "--%s: %s", option->name, diag.text);
	if (list->count == CLI_LIST_MAX)
		return cli_usage_error(context, "too many --%s options (at most %d)", option->name,
				       CLI_LIST_MAX);
	list->items[list->count++] = argument;
	return CLI_OK;
}

static enum cli_exit parse_count(const struct cli_context *context, const struct cli_option *option,
				 const char *argument, void *variable)
{
	uint64_t number;
	char *end;

	errno = 0;
	number = strtoull(argument, &end, 10);
	if (!isdigit((unsigned char)argument[0]) || *end != '\0' || number == 0)
		return invalid_value(context, option, argument, "a positive number");
	/* More than there can be of anything is all: strtoull() returns the maximum. */
	if (option->size == sizeof(uint32_t))
		*(uint32_t *)variable = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
	else
		*(uint64_t *)variable = number;
	return CLI_OK;
}

static enum cli_exit parse_duration(const struct cli_context *context,
				    const struct cli_option *option, const char *argument,
				    uint64_t *variable)
{
	uint64_t ns;

	if (cli_parse_duration(argument, &ns) < 0 || ns < (uint64_t)option->value)
		return invalid_value(context, option, argument,
				     option->value > 0 ? "a positive time such as 500ms, 2s or 1m"
						       : "a time such as 0, 500ms or 2s");
	*variable = ns;
	return CLI_OK;
}

static enum cli_exit parse_size(const struct cli_context *context, const struct cli_option *option,
				const char *argument, uint64_t *variable)
{
	double bytes;
	size_t length;

	if (cgw_quantity_parse(argument, CGW_UNIT_BYTES, &bytes, &length, NULL) < 0 ||
	    argument[length] != '\0' || bytes < 1 || bytes > 9e18)
		return invalid_value(context, option, argument, "a size such as 200M or 2G");
	*variable = (uint64_t)bytes;
	return CLI_OK;
}

static enum cli_exit parse_choice(const struct cli_context *context,
				  const struct cli_option *option, const char *argument,
				  unsigned int *variable)
{
	char names[256] = "";
	size_t used = 0;

	for (unsigned int i = 0; option->choices[i] != NULL; i++) {
		const char *separator = option->choices[i + 1] == NULL ? " or " : ", ";

		if (strcmp(argument, option->choices[i]) == 0) {
			*variable = i;
			return CLI_OK;
		}
		used = text_append(names, sizeof(names), used, "%s%s", i > 0 ? separator : "",
				   option->choices[i]);
	}
	return cli_usage_error(context, "unknown %s '%.64s' (expected %s)", option->name, argument,
			       names);
}

static enum cli_exit apply_option(struct cli_context *context, const struct cli_option *option,
				  const char *argument, void *target)
{
	void *variable = (char *)(option->of_context ? context : target) + option->offset;

	if (argument == NULL)
		argument = option->otherwise;
	switch (option->type) {
	case CLI_OPTION_STORE:
		if (option->size == sizeof(bool))
			*(bool *)variable = option->value != 0;
		else
			*(unsigned int *)variable = (unsigned int)option->value;
		return CLI_OK;
	case CLI_OPTION_BITS:
		*(unsigned int *)variable |= (unsigned int)option->value;
		return CLI_OK;
	case CLI_OPTION_TEXT:
		*(const char **)variable = argument;
		return CLI_OK;
	case CLI_OPTION_LIST:
	case CLI_OPTION_GLOBS:
		return add_to_list(context, option, argument, variable);
	case CLI_OPTION_COUNT:
		return parse_count(context, option, argument, variable);
	case CLI_OPTION_TIME:
		return parse_duration(context, option, argument, variable);
	case CLI_OPTION_SIZE:
		return parse_size(context, option, argument, variable);
	case CLI_OPTION_CHOICE:
		return parse_choice(context, option, argument, variable);
	case CLI_OPTION_CALL:
		return option->call(target, context, option, argument);
	case CLI_OPTION_HELP:
	case CLI_OPTION_VERSION:
		break; /* the caller handles these, which end the command */
	}
	return CLI_OK;
}

/* Describes the table to getopt_long(). */
static void fill_getopt(const struct cli_option *options, struct option *longs, char *shorts)
{
	size_t count = 0;

	*shorts++ = ':';
	for (; options[count].name != NULL && count < OPTIONS_MAX; count++) {
		const struct cli_option *option = &options[count];

		longs[count] = (struct option){
			.name = option->name,
			.has_arg = option->argument == NULL    ? no_argument
				   : option->otherwise != NULL ? optional_argument
							       : required_argument,
			.val = option->letter != 0 ? option->letter : LONG_VALUE + (int)count,
		};
		if (option->letter == 0)
			continue;
		*shorts++ = option->letter;
		if (option->argument != NULL)
			*shorts++ = ':';
	}
}

static const struct cli_option *option_of_code(const struct cli_option *options, int code)
{
	if (code >= LONG_VALUE)
		return &options[code - LONG_VALUE];
	while (options->letter != code)
		options++;
	return options;
}

void cli_print_version(const struct cli_context *context)
{
	printf("%s %s\nfeatures:", context->program, cgw_version());
	for (size_t i = 0; build_features[i].name != NULL; i++)
		if (build_features[i].left_out == NULL)
			printf(" %s", build_features[i].name);
	putchar('\n');
	for (size_t i = 0; build_features[i].name != NULL; i++)
		if (build_features[i].left_out != NULL)
			printf("without %s: %s\n", build_features[i].name,
			       build_features[i].left_out);
}

bool cli_parse_options(struct cli_context *context, const struct cli_command_help *help, int *argc,
		       char ***argv, void *target, enum cli_exit *ret_exit)
{
	struct option longs[OPTIONS_MAX + 1] = {0};
	char shorts[2 * OPTIONS_MAX + 2] = "";
	enum cli_exit status = CLI_OK;
	int code;

	*ret_exit = CLI_OK;
	if (context->describe) {
		context->described = help;
		return false;
	}
	fill_getopt(help->options, longs, shorts);
	optind = 0; /* starts again, for the options of a command after those of the program */
	while (status == CLI_OK && (code = getopt_long(*argc, *argv, shorts, longs, NULL)) != -1) {
		const struct cli_option *option;

		if (code == '?' || code == ':') {
			print_option_error(context, help->options, code, *argv);
			*ret_exit = CLI_USAGE;
			return false;
		}
		option = option_of_code(help->options, code);
		if (option->type == CLI_OPTION_HELP) {
			cli_print_help(help);
			return false;
		}
		if (option->type == CLI_OPTION_VERSION) {
			cli_print_version(context);
			return false;
		}
		status = apply_option(context, option, optarg, target);
	}
	*ret_exit = status;
	*argc -= optind;
	*argv += optind;
	return status == CLI_OK;
}
