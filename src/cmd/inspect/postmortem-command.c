/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* postmortem-command.c - `cgward postmortem`: pages about OOM kills, refused forks and the like. */
#include <errno.h>
#include <string.h>

#include "cmd/inspect/postmortem-command.h"
#include "lib/base/local-text.h"
#include "shared/cli/listing.h"
#include "shared/cli/options.h"
#include "shared/postmortem/page-store.h"
#include "shared/postmortem/page-text.h"
#include "shared/report/policy-report.h"

struct postmortem_command {
	struct cli_context *context;
	const char *directory; /* NULL: that of the machine's policy */
	bool json;
};

static const struct cli_option options[] = {
	{'J', "json", NULL, "print one JSON document", CLI_TRUE(struct postmortem_command, json)},
	{0, "directory", "DIR", "directory of the pages (default: that of the machine's policy)",
	 CLI_TEXT(struct postmortem_command, directory)},
	CLI_WIDE_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"List what was killed", "cgward postmortem"},
	{"List it as JSON", "cgward postmortem --json list"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward postmortem [OPTION...] [list]\n"
		 "       cgward postmortem [OPTION...] show [ID]",
	.text = "List the pages that 'cgward enforce' and 'cgward record' have written about OOM "
		"kills,\n"
		"refused forks, and kills and freezes by rules; or show one of them, by default "
		"the\n"
		"newest: the last minute of the group, its limits, its processes, the rules in "
		"force\n"
		"and what the kernel logged.",
	.options = options,
	.examples = examples,
};

char *postmortem_directory(const struct cgw_policy *policy)
{
	struct cgw_policy_postmortem settings = {.to = CGW_POSTMORTEM_DIRECTORY};

	if (policy != NULL)
		(void)cgw_policy_postmortem_section(policy, &settings);
	return strdup(settings.to);
}

static enum cli_exit find_directory(struct postmortem_command *command, char **ret_directory)
{
	struct cgw_policy *policy = NULL;
	enum cli_exit status = CLI_OK;

	if (command->directory == NULL && access(DAEMON_POLICY, R_OK) == 0)
		status = policy_report_load(DAEMON_POLICY, DAEMON_POLICY_DIRECTORY, &policy);
	if (status != CLI_OK)
		return status;
	*ret_directory = command->directory != NULL ? strdup(command->directory)
						    : postmortem_directory(policy);
	cgw_policy_free(policy);
	return *ret_directory != NULL ? CLI_OK : CLI_FAILED;
}

static enum cli_exit report_error(const struct postmortem_command *command, const char *verb,
				  const char *object, int error)
{
	CLEANUP(cleanup_free) char *shown = escape_copy(object);

	cli_error(command->context, "cannot %s %s: %s", verb, shown != NULL ? shown : "?",
		  error == -EBADMSG ? "the file is damaged" : strerror(-error));
	return cli_exit_from_error(error);
}

static void list_text(struct listing *listing, const json_t *page, const char *key)
{
	const char *text = json_string_value(json_object_get(page, key));
	CLEANUP(cleanup_free) char *raw = strdup(text != NULL ? text : "");

	/* Escaped already, unless the file was forged. */
	if (raw != NULL)
		(void)cgw_unescape(raw);
	listing_name(listing, raw != NULL ? raw : "");
}

static enum cli_exit list_pages(const struct postmortem_command *command, const char *directory)
{
	static const struct listing_column columns[] = {
		{"ID", "id", LISTING_FIXED},        {NULL, "time", LISTING_FIXED},
		{"EVENT", "event", LISTING_FIXED},  {"GROUP", "group", LISTING_NAME},
		{"WHAT", "summary", LISTING_PROSE}, {NULL, NULL, LISTING_NAME},
	};
	CLEANUP(string_list_free) struct string_list ids = {0};
	struct listing listing;
	size_t damaged = 0;
	int r = page_store_list(directory, &ids);

	if (r < 0 && r != -ENOENT)
		return report_error(command, "read", directory, r);
	listing_start(&listing, stdout, command->json, columns,
		      table_width(command->context, stdout));
	listing.json_key = "pages";
	for (size_t i = ids.count; i-- > 0;) {
		CLEANUP(cleanup_json) json_t *page = NULL;

		if (page_store_read(directory, ids.items[i], &page) < 0) {
			damaged++;
			continue;
		}
		listing_record(&listing);
		listing_text(&listing, ids.items[i]);
		list_text(&listing, page, "time");
		list_text(&listing, page, "event");
		list_text(&listing, page, "group");
		list_text(&listing, page, "summary");
	}
	r = listing_end(&listing);
	if (damaged > 0)
		cli_error(command->context, "%zu pages in %s cannot be read", damaged, directory);
	return r < 0 ? CLI_FAILED : damaged > 0 ? CLI_PARTLY : CLI_OK;
}

static enum cli_exit show_page(const struct postmortem_command *command, const char *directory,
			       const char *id)
{
	CLEANUP(string_list_free) struct string_list ids = {0};
	CLEANUP(cleanup_json) json_t *page = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	int r = 0;

	if (id == NULL) {
		r = page_store_list(directory, &ids);
		if (r < 0 && r != -ENOENT)
			return report_error(command, "read", directory, r);
		if (ids.count == 0) {
			cli_error(command->context, "there are no pages in %s", directory);
			return CLI_NO_SUCH_GROUP;
		}
		id = ids.items[ids.count - 1];
	}
	r = page_store_read(directory, id, &page);
	if (r == -EINVAL)
		return cli_usage_error(command->context,
				       "invalid page '%.64s' (expected an ID such as "
				       "20261124T031500Z-001)",
				       id);
	if (r < 0)
		return report_error(command, "read page", id, r);
	if (command->json) {
		r = json_print(json_incref(page), stdout,
			       JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(8));
		return r < 0 ? CLI_FAILED : CLI_OK;
	}
	r = page_text(page, table_width(command->context, stdout), &text);
	if (r < 0)
		return report_error(command, "print page", id, r);
	fputs(text, stdout);
	return CLI_OK;
}

int postmortem_run(struct cli_context *context, int argc, char **argv)
{
	struct postmortem_command command = {.context = context};
	CLEANUP(cleanup_free) char *directory = NULL;
	enum cli_exit status = CLI_OK;
	bool show;

	if (!cli_parse_options(context, &help, &argc, &argv, &command, &status))
		return (int)status;
	show = argc > 0 && strcmp(argv[0], "show") == 0;
	if (argc > 0 && !show && strcmp(argv[0], "list") != 0)
		return (int)cli_usage_error(
			context, "invalid action '%.64s' (expected list or show)", argv[0]);
	if (argc > (show ? 2 : 1))
		return (int)cli_usage_error(context, "unexpected argument '%.64s'", argv[argc - 1]);
	status = find_directory(&command, &directory);
	if (status != CLI_OK)
		return (int)status;
	return (int)(show ? show_page(&command, directory, argc > 1 ? argv[1] : NULL)
			  : list_pages(&command, directory));
}
