/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * completions.c - what can follow on a command line, from the same tables as --help.
 *
 * The placeholder of an argument in --help selects its completion.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "command-table.h"
#include "completion-scripts.h"
#include "completions.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-list.h"
#include "lib/metric/decode.h"
#include "lib/model/sampling.h"
#include <cgward/inspect.h>
#include <cgward/limit.h>
#include <cgward/model.h>

enum kind {
	KIND_NONE,
	KIND_GROUP,  /* a path, a unit's name, a container's ID or name, the name of a pod */
	KIND_PATH,   /* a path alone, or a glob over paths */
	KIND_ASSIGN, /* a control and its value, which may begin with a device */
	KIND_KEY,
	KIND_UNIT,
	KIND_FILE,
	KIND_DIRECTORY,
	KIND_COMMAND,
	KIND_SIGNAL,
	KIND_CHANGE, /* the ID of a change in the journal */
};

/* Prefixes of argument placeholders in --help: "KEY,...", "KEY=VALUE...". */
static const struct {
	const char *word;
	enum kind kind;
} kinds[] = {
	{"GROUP", KIND_GROUP},      {"GLOB", KIND_PATH},     {"PARENT", KIND_PATH},
	{"KEY=VALUE", KIND_ASSIGN}, {"KEY", KIND_KEY},       {"UNIT", KIND_UNIT},
	{"SLICE", KIND_UNIT},       {"FILE", KIND_FILE},     {"DIR", KIND_DIRECTORY},
	{"COMMAND", KIND_COMMAND},  {"SIGNAL", KIND_SIGNAL}, {"CHANGE", KIND_CHANGE},
};

static enum kind kind_of(const char *placeholder)
{
	placeholder += strspn(placeholder, "[");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncmp(placeholder, kinds[i].word, strlen(kinds[i].word)) == 0)
			return kinds[i].kind;
	return KIND_NONE;
}

/*
 * The kind of the first argument, or of the following ones, in a usage line such as
 * "cgward get [OPTION...] GROUP KEY...". Arguments after "--" belong to another program.
 */
static enum kind argument_kind(const char *usage, bool first)
{
	const char *at = strstr(usage, "[OPTION...]");
	enum kind rest = KIND_NONE;

	at += at != NULL ? strlen("[OPTION...]") : 0;
	for (size_t count = 0; at != NULL && *at == ' ' && strncmp(at, " --", 3) != 0; count++) {
		enum kind kind = kind_of(++at);
		size_t length = strcspn(at, " \n");

		if (first)
			return kind;
		if (count > 0 || memchr(at, '.', length) != NULL)
			rest = kind;
		at += length;
	}
	return rest;
}

struct completion {
	struct cli_context *context;
	const char *word; /* what was typed */
	size_t start;     /* of the part that is completed */
};

static void print_word(const struct completion *completion, const char *word, const char *help)
{
	printf("%.*s%s%s%s\n", (int)completion->start, completion->word, word,
	       help != NULL ? "\t" : "", help != NULL ? help : "");
}

/* "sda newkey" is newkey on the device sda. */
static const char *key_of_instance(const char *name)
{
	const char *space = strrchr(name, ' ');

	return space != NULL ? space + 1 : name;
}

static bool has_key(const struct cgw_instance *instances, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(key_of_instance(instances[i].name), key) == 0)
			return true;
	return false;
}

static void print_file_key(const struct completion *completion, enum cgw_metric metric,
			   const char *name)
{
	struct cgw_field field;
	char key[128];

	snprintf(key, sizeof(key), "%s:%s", cgw_metric_info(metric)->sources[0].file, name);
	if (cgw_field_parse(key, &field, NULL) == 0 && field.instance[0] != '\0')
		print_word(completion, key, cgw_field_help(field));
}

/* Keys of the running kernel that no metric reads, as the topmost groups have them. */
static void print_other_keys(const struct completion *completion)
{
	CLEANUP(cleanup_layout) struct cgw_layout *layout = NULL;
	CLEANUP(cleanup_sampler) struct cgw_sampler *sampler = NULL;
	CLEANUP(cleanup_frame) struct cgw_frame *frame = NULL;
	const struct cgw_sampler_options options = {.once = true, .depth_max = 1};
	struct cgw_metric_set metrics = {0};
	size_t count;

	for (enum cgw_metric i = 0; i < CGW_METRIC_COUNT; i++)
		if (source_lists_other(&cgw_metric_info(i)->sources[0]))
			cgw_metric_set_add(&metrics, i);
	if (cgw_layout_open(&completion->context->roots, &layout, NULL) < 0 ||
	    cgw_sampler_new(layout, &options, &sampler, NULL) < 0 ||
	    cgw_sampler_set_metrics(sampler, &metrics) < 0 || cgw_frame_new(&frame) < 0 ||
	    sample_into_frame(sampler, frame) < 0)
		return;
	for (enum cgw_metric i = 0; i < CGW_METRIC_COUNT; i++) {
		const struct cgw_snapshot *now = cgw_frame_now(frame);
		const struct cgw_instance *keys = NULL;

		if (!cgw_metric_set_has(&metrics, i))
			continue;
		/* The root lacks files that all other groups have. */
		for (uint32_t group = 0; keys == NULL && group < cgw_snapshot_topology(now)->count;
		     group++)
			keys = cgw_snapshot_instances(now, i, group, &count);
		for (size_t j = 0; keys != NULL && j < count; j++)
			if (!has_key(keys, j, key_of_instance(keys[j].name)))
				print_file_key(completion, i, key_of_instance(keys[j].name));
	}
}

static void print_keys(struct completion *completion)
{
	const char *comma = strrchr(completion->word, ',');
	struct cgw_field field;
	char key[128];

	if (comma != NULL)
		completion->start = (size_t)(comma - completion->word) + 1;
	else
		completion->start += completion->word[completion->start] == '+';
	for (size_t i = 0; cgw_field_nth(i, &field) == 0; i++)
		if (cgw_field_key(field, key, sizeof(key)) < sizeof(key))
			print_word(completion, key, cgw_field_help(field));
	print_other_keys(completion);
}

static void print_devices(const struct completion *completion)
{
	const char *sys = completion->context->roots.sys;
	CLEANUP(cleanup_free) char *path = NULL;
	const struct dirent *entry;
	DIR *directory;

	if (asprintf(&path, "%s/block", sys != NULL ? sys : "/sys") < 0) {
		path = NULL;
		return;
	}
	directory = opendir(path);
	while (directory != NULL && (entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			print_word(completion, entry->d_name, NULL);
	if (directory != NULL)
		closedir(directory);
}

static void print_assignments(struct completion *completion)
{
	const char *equals = strchr(completion->word, '=');

	if (equals != NULL) {
		completion->start = (size_t)(equals - completion->word) + 1;
		if (strncmp(completion->word, "io.", 3) == 0)
			print_devices(completion);
		return;
	}
	for (size_t i = 0; i < CGW_CONTROL_COUNT; i++) {
		const struct cgw_control_info *info =
			cgw_control_info((enum cgw_control)cgw_control_nth(i));

		print_word(completion, FORMATTED(128, "%s=", info->key), info->help);
	}
}

/* As many characters of a container's ID as engines print. */
#define CONTAINER_ID_LENGTH 12

static void add_field(struct string_list *names, const struct cgw_frame *frame, const char *key,
		      uint32_t group, size_t length_max)
{
	enum cgw_state state = CGW_ABSENT;
	struct cgw_field field;
	char name[512];

	if (cgw_field_parse(key, &field, NULL) < 0 ||
	    cgw_frame_text(frame, field, group, name, sizeof(name), &state) >= sizeof(name) ||
	    state != CGW_OK)
		return;
	name[length_max < sizeof(name) ? length_max : sizeof(name) - 1] = '\0';
	(void)string_list_take(names, escape_copy(name));
}

/*
 * The names that engines keep in files (a socket could let the shell wait) of containers, pods and
 * machines; those that several share select none of them.
 */
static void add_engine_names(struct string_list *names, const struct cgw_topology *topology)
{
	CLEANUP(string_list_free) struct string_list found = {0};
	const struct cgw_names_options options = {.no_sockets = true};

	for (uint32_t group = 0; group < topology->count; group++) {
		CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, group);
		struct cgw_identity identity;
		struct cgw_names engine;

		if (path == NULL)
			continue;
		cgw_identity_from_path(path, &identity);
		if (identity.below > 0 ||
		    (identity.kind != CGW_IDENTITY_CONTAINER && identity.kind != CGW_IDENTITY_POD &&
		     identity.kind != CGW_IDENTITY_MACHINE))
			continue;
		cgw_names_resolve(&identity, &options, &engine);
		if (engine.name[0] != '\0')
			(void)string_list_take(&found, escape_copy(engine.name));
	}
	string_list_sort(&found);
	for (size_t i = 0; i < found.count; i++) {
		const char *name = found.items[i];

		if ((i == 0 || strcmp(name, found.items[i - 1]) != 0) &&
		    (i + 1 == found.count || strcmp(name, found.items[i + 1]) != 0))
			(void)string_list_add(names, name);
	}
}

/* Adds paths and other names, unless what was typed can only be the beginning of the other. */
static void add_names(struct string_list *names, const struct cgw_frame *frame, enum kind kind,
		      const char *typed)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	bool paths = kind != KIND_UNIT && (*typed == '\0' || *typed == '/');
	bool others = kind != KIND_PATH && *typed != '/';

	for (uint32_t group = 0; group < topology->count; group++) {
		CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, group);

		if (paths && path != NULL)
			(void)string_list_take(names, escape_copy(path));
		if (others)
			add_field(names, frame, "unit", group, SIZE_MAX);
		if (others && kind == KIND_GROUP)
			add_field(names, frame, "container", group, CONTAINER_ID_LENGTH);
	}
	if (others && kind == KIND_GROUP)
		add_engine_names(names, topology);
}

static void print_groups(const struct completion *completion, enum kind kind)
{
	CLEANUP(cleanup_layout) struct cgw_layout *layout = NULL;
	CLEANUP(cleanup_sampler) struct cgw_sampler *sampler = NULL;
	CLEANUP(cleanup_frame) struct cgw_frame *frame = NULL;
	CLEANUP(string_list_free) struct string_list names = {0};
	const struct cgw_sampler_options options = {.once = true};

	/* Nothing to offer is all that a shell can show of an error. */
	if (cgw_layout_open(&completion->context->roots, &layout, NULL) < 0 ||
	    cgw_sampler_new(layout, &options, &sampler, NULL) < 0 || cgw_frame_new(&frame) < 0 ||
	    sample_into_frame(sampler, frame) < 0)
		return;
	add_names(&names, frame, kind, completion->word + completion->start);
	string_list_sort_unique(&names);
	for (size_t i = 0; i < names.count; i++)
		print_word(completion, names.items[i], NULL);
}

static void print_commands(const struct completion *completion)
{
	for (size_t i = 0; command_nth(i) != NULL; i++)
		print_word(completion, command_nth(i)->name, command_nth(i)->summary);
}

static void print_signals(const struct completion *completion)
{
	for (int i = 1; i < SIGRTMIN; i++)
		if (sigabbrev_np(i) != NULL)
			print_word(completion, sigabbrev_np(i), sigdescr_np(i));
}

static int print_change(void *context, const struct cgw_change *change)
{
	CLEANUP(cleanup_free) char *path = escape_copy(change->path);

	if (!change->undone)
		print_word(context, FORMATTED(32, "%llu", (unsigned long long)change->id),
			   FORMATTED(256, "%s of %s",
				     change->key[0] != '\0' ? change->key
							    : cgw_step_kind_name(change->kind),
				     path != NULL ? path : "?"));
	return 0;
}

static void print_kind(struct completion *completion, enum kind kind)
{
	switch (kind) {
	case KIND_NONE:
		break;
	case KIND_GROUP:
	case KIND_PATH:
	case KIND_UNIT:
		print_groups(completion, kind);
		break;
	case KIND_ASSIGN:
		print_assignments(completion);
		break;
	case KIND_KEY:
		print_keys(completion);
		break;
	case KIND_COMMAND:
		print_commands(completion);
		break;
	case KIND_SIGNAL:
		print_signals(completion);
		break;
	case KIND_CHANGE:
		(void)cgw_journal_read(NULL, print_change, completion, NULL);
		break;
	case KIND_FILE:
		puts(":files");
		break;
	case KIND_DIRECTORY:
		puts(":directories");
		break;
	}
}

static void print_argument(struct completion *completion, const struct cli_option *option)
{
	CLEANUP(string_list_free) struct string_list values = {0};

	for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
		print_word(completion, option->choices[i], NULL);
	if (option->add_values != NULL)
		option->add_values(&values);
	string_list_sort_unique(&values);
	for (size_t i = 0; i < values.count; i++)
		print_word(completion, values.items[i], NULL);
	if (option->argument != NULL)
		print_kind(completion, kind_of(option->argument));
}

static const struct cli_command_help *help_of(struct cli_context *context, const char *name)
{
	const struct cli_command *command = command_find(name);
	char *argv[] = {(char *)(uintptr_t)name, NULL};

	context->described = NULL;
	if (command != NULL)
		(void)command->run(context, 1, argv);
	return context->described;
}

/* Prints what can follow as an option, a command or an argument. */
static void print_next(struct completion *completion, const struct cli_command_help *help,
		       bool is_program, size_t arguments)
{
	const char *argument;
	const struct cli_option *option =
		cli_find_option(help->options, completion->word, &argument);

	if (option != NULL && argument != NULL) {
		completion->start = (size_t)(argument - completion->word);
		print_argument(completion, option);
	} else if (completion->word[0] == '-') {
		const struct cli_command_help *top =
			is_program ? help_of(completion->context, "top") : NULL;

		help = top != NULL ? top : help;
		for (option = help->options; option->name != NULL; option++)
			printf("--%s\t%s\n", option->name, option->help);
	} else if (is_program) {
		print_commands(completion);
	} else {
		print_kind(completion, argument_kind(help->usage, arguments == 0));
	}
}

/* Groups and keys are those of the roots that the command line names. */
static void apply_root(struct cli_context *context, const struct cli_option *option,
		       const char *argument)
{
	if (option->of_context && option->type == CLI_OPTION_TEXT)
		*(const char **)((char *)context + option->offset) = argument;
}

enum cli_exit print_completions(struct cli_context *context, const struct cli_command_help *program,
				int count, char **words)
{
	struct completion completion = {context, count > 0 ? words[count - 1] : "", 0};
	const struct cli_command_help *help = program;
	const struct cli_option *option = NULL; /* of which the next word is the argument */
	const char *argument;
	size_t arguments = 0;

	context->describe = true;
	for (int i = 0; i < count - 1 && help != NULL; i++) {
		bool is_argument = option != NULL;

		if (is_argument)
			apply_root(context, option, words[i]);
		option = is_argument ? NULL : cli_find_option(help->options, words[i], &argument);
		if (option != NULL &&
		    (option->argument == NULL || option->otherwise != NULL || argument != NULL)) {
			if (argument != NULL)
				apply_root(context, option, argument);
			option = NULL;
		}
		if (strcmp(words[i], "--") == 0)
			return CLI_OK;
		/* Without a command, the options are those of the dashboard. */
		if (help == program && words[i][0] == '-' && !is_argument && option == NULL &&
		    cli_find_option(program->options, words[i], &argument) == NULL) {
			help = help_of(context, "top");
			i--;
			continue;
		}
		if (is_argument || words[i][0] == '-')
			continue;
		if (help == program)
			help = help_of(context, words[i]);
		else
			arguments++;
	}
	if (option != NULL)
		print_argument(&completion, option);
	else if (help != NULL)
		print_next(&completion, help, help == program, arguments);
	return CLI_OK;
}

int print_completion_script(const char *shell)
{
	for (size_t i = 0; i < ARRAY_SIZE(completion_scripts); i++)
		if (strcmp(shell, completion_scripts[i].shell) == 0) {
			fputs(completion_scripts[i].text, stdout);
			return 0;
		}
	return -EINVAL;
}
