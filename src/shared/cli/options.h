/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * options.h - one table row per option: how it is parsed, where its value goes, what --help shows.
 *
 * The tables serve parsing, --help and completions, and to check the manual.
 */
#pragma once

#include <stddef.h>

#include "lib/base/string-list.h"
#include "shared/cli/cli.h"

enum cli_option_type {
	CLI_OPTION_STORE, /* `value` into a bool or an enum */
	CLI_OPTION_BITS,  /* `value` added to an unsigned int */
	CLI_OPTION_TEXT,
	CLI_OPTION_LIST,  /* can be repeated */
	CLI_OPTION_GLOBS, /* the same, each a valid pattern */
	CLI_OPTION_COUNT, /* a positive number */
	CLI_OPTION_TIME,  /* at least `value` nanoseconds */
	CLI_OPTION_SIZE,  /* in bytes */
	CLI_OPTION_CHOICE,
	CLI_OPTION_CALL,
	CLI_OPTION_HELP,
	CLI_OPTION_VERSION,
};

struct cli_option {
	char letter;          /* 0: none */
	const char *name;     /* long, without dashes */
	const char *argument; /* its placeholder in --help; NULL: no argument */
	const char *help;
	enum cli_option_type type;
	int value;
	size_t offset, size;        /* of the variable in the command's struct */
	const char *otherwise;      /* value without an argument, which is then optional */
	const char *const *choices; /* names by value; ends with NULL */
	void (*add_values)(struct string_list *values); /* others that completions offer; or NULL */
	enum cli_exit (*call)(void *target, struct cli_context *context,
			      const struct cli_option *option, const char *argument);
	bool of_context;     /* the variable is in struct cli_context */
	const char *heading; /* of the rows from this one on, in --help */
};

/* Values of an option that can be repeated. */
#define CLI_LIST_MAX 64
struct cli_list {
	const char *items[CLI_LIST_MAX];
	size_t count;
};

/* The end of a row binds the option to a member of a struct, whose type is checked. */
#define CLI_BIND(type_, member, kind, ...)                    \
	.type = _Generic(((type_ *)NULL)->member, __VA_ARGS__ \
			 : (kind)),                           \
	.offset = offsetof(type_, member), .size = sizeof(((type_ *)NULL)->member)
#define CLI_TRUE(type_, member)  CLI_BIND(type_, member, CLI_OPTION_STORE, bool), .value = true
#define CLI_FALSE(type_, member) CLI_BIND(type_, member, CLI_OPTION_STORE, bool), .value = false
#define CLI_ENUM(type_, member, constant) \
	CLI_BIND(type_, member, CLI_OPTION_STORE, unsigned int), .value = (constant)
#define CLI_BITS(type_, member, bits) \
	CLI_BIND(type_, member, CLI_OPTION_BITS, unsigned int), .value = (bits)
#define CLI_TEXT(type_, member)      CLI_BIND(type_, member, CLI_OPTION_TEXT, const char *)
#define CLI_LIST(type_, member)      CLI_BIND(type_, member, CLI_OPTION_LIST, struct cli_list)
#define CLI_GLOBS(type_, member)     CLI_BIND(type_, member, CLI_OPTION_GLOBS, struct cli_list)
#define CLI_COUNT(type_, member)     CLI_BIND(type_, member, CLI_OPTION_COUNT, uint64_t)
#define CLI_COUNT32(type_, member)   CLI_BIND(type_, member, CLI_OPTION_COUNT, uint32_t)
#define CLI_TIME(type_, member)      CLI_BIND(type_, member, CLI_OPTION_TIME, uint64_t), .value = 1
#define CLI_TIME_OR_0(type_, member) CLI_BIND(type_, member, CLI_OPTION_TIME, uint64_t)
#define CLI_SIZE(type_, member)      CLI_BIND(type_, member, CLI_OPTION_SIZE, uint64_t)
#define CLI_CHOICE(type_, member, names) \
	CLI_BIND(type_, member, CLI_OPTION_CHOICE, unsigned int), .choices = (names)
#define CLI_CALL(function) .type = CLI_OPTION_CALL, .call = (function)

/* clang-format off */
/* The last rows of every command's table. */
#define CLI_COMMON_OPTIONS                                                                         \
	{ 0, "cgroup-root", "DIR",                                                                 \
	  "look for cgroup hierarchies at or below DIR (host tree, recorded machine)",             \
	  CLI_TEXT(struct cli_context, roots.cgroup), .of_context = true,                          \
	  .heading = "Common" },                                                                   \
	{ 0, "proc-root", "DIR", "read DIR instead of /proc",                                      \
	  CLI_TEXT(struct cli_context, roots.proc), .of_context = true },                          \
	{ 0, "sys-root", "DIR", "read DIR instead of /sys",                                        \
	  CLI_TEXT(struct cli_context, roots.sys), .of_context = true },                           \
	{ 'h', "help", NULL, "show this help", .type = CLI_OPTION_HELP },                          \
	{ 0, "version", NULL, "show version", .type = CLI_OPTION_VERSION },                        \
	{ 0 }
/* clang-format on */

/* A command line that works as it is, and what it does. */
struct cli_example {
	const char *purpose, *command;
};

struct cli_command_help {
	const char *usage; /* "cgward dump [OPTION...]", one per line */
	const char *text;  /* one paragraph that describes the command */
	const struct cli_option *options;
	const struct cli_example *examples; /* ends with a NULL purpose */
};

/*
 * Parses all options into `target`, the struct that the table is bound to, and moves `argc` and
 * `argv` to the arguments after them. Returns false if the command must exit with `ret_exit`: after
 * --help, --version or a usage error.
 */
bool cli_parse_options(struct cli_context *context, const struct cli_command_help *help, int *argc,
		       char ***argv, void *target, enum cli_exit *ret_exit);

/* Prints usage, description, options and examples; and only the last two. */
void cli_print_help(const struct cli_command_help *help);
void cli_print_options(const struct cli_command_help *help);
void cli_print_version(const struct cli_context *context);

/* The row that `word` names as a whole, with "--name=" also the argument in it; or NULL. */
const struct cli_option *cli_find_option(const struct cli_option *options, const char *word,
					 const char **ret_argument);

/* Prints "cgward dump: TEXT; see 'cgward dump --help'" and returns CLI_USAGE. */
enum cli_exit cli_usage_error(const struct cli_context *context, const char *format, ...)
	CGW_PRINTF(2, 3);
