/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-options.c - options of `cgward dump` that select a recording or a machine. */
#include <errno.h>
#include <stdlib.h>

#include "cmd/dump/dump-run.h"

static int parse_number(const char *text, uint64_t *ret_number)
{
	char *end;

	errno = 0;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	*ret_number = strtoull(text, &end, 10);
	return *end != '\0' || errno != 0 || *ret_number > UINT32_MAX ? -EINVAL : 0;
}

enum cli_exit dump_parse_count(struct dump *dump, const char *option, const char *value,
			       uint64_t *ret_number)
{
	if (parse_number(value, ret_number) < 0 || *ret_number == 0)
		return cli_usage_error(dump->context,
				       "invalid --%s '%.64s' (expected a positive number)", option,
				       value);
	return CLI_OK;
}

/* Parses an option that selects a recording, or samples of it. */
static enum cli_exit parse_replay_option(struct dump *dump, int code, const char *value)
{
	switch (code) {
	case OPTION_REPLAY:
		dump->replay = value;
		return CLI_OK;
	case OPTION_AT:
		dump->at = value;
		return CLI_OK;
	case OPTION_BEGIN:
		dump->begin = value;
		return CLI_OK;
	case OPTION_END:
		dump->end = value;
		return CLI_OK;
	case OPTION_EVERY:
		if (cli_parse_duration(value, &dump->every_ns) == 0 && dump->every_ns > 0)
			return CLI_OK;
		return cli_usage_error(
			dump->context,
			"invalid --every '%.64s' (expected a positive time such as 10s or 1m)",
			value);
	default:
		return CLI_USAGE;
	}
}

static enum cli_exit add_host(struct dump *dump, const char *host)
{
	if (dump->host_count == DUMP_HOST_MAX)
		return cli_usage_error(dump->context, "too many --host options (at most %d)",
				       DUMP_HOST_MAX);
	dump->hosts[dump->host_count++] = host;
	return CLI_OK;
}

/* The client sends the newest schema that it knows; the answer is never newer. */
static enum cli_exit parse_schema(struct dump *dump, const char *value)
{
	uint64_t schema = 0;
	enum cli_exit status = dump_parse_count(dump, "stream", value, &schema);

	dump->stream = true;
	return status;
}

enum cli_exit dump_parse_source(struct dump *dump, int code, const char *value)
{
	switch (code) {
	case OPTION_HOST:
		return add_host(dump, value);
	case OPTION_SSH:
		dump->ssh = value;
		return CLI_OK;
	case OPTION_STREAM:
		return parse_schema(dump, value);
	default:
		return parse_replay_option(dump, code, value);
	}
}

static enum cli_exit check_replay(struct dump *dump)
{
	bool range = dump->begin != NULL || dump->end != NULL || dump->every_ns > 0;

	if (dump->replay == NULL && (dump->at != NULL || range))
		return cli_usage_error(dump->context,
				       "--at, --begin, --end and --every require --replay");
	if (dump->replay == NULL)
		return CLI_OK;
	if (dump->repeat || dump->rates)
		return cli_usage_error(
			dump->context,
			"--replay is not valid with --interval or --rates; use --at, "
			"--begin, --end or --every");
	if (dump->at != NULL && range)
		return cli_usage_error(dump->context, "--at is not valid with --begin, --end or "
						      "--every");
	dump->repeat = range;
	return CLI_OK;
}

static enum cli_exit check_remote(struct dump *dump)
{
	if (dump->stream && (dump->format != report_ndjson || dump->host_count > 0 ||
			     dump->selection.sorted || dump->selection.glob_count > 0))
		return cli_usage_error(dump->context,
				       "--stream requires --ndjson, and is not valid with --host, "
				       "--sort or --match");
	if (dump->stream)
		dump->format = report_stream;
	if (dump->ssh != NULL && dump->host_count == 0)
		return cli_usage_error(dump->context, "--ssh requires --host");
	if (dump->host_count > 0 && dump->replay != NULL)
		return cli_usage_error(dump->context, "--host and --replay are mutually exclusive");
	return CLI_OK;
}

enum cli_exit dump_check_source(struct dump *dump)
{
	enum cli_exit status = check_replay(dump);

	return status == CLI_OK ? check_remote(dump) : status;
}
