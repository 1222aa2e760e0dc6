/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-options.c - options of `cgward dump` that say of which recording or machine. */
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
				       "--%s wants a number above zero, not \"%.64s\"", option,
				       value);
	return CLI_OK;
}

/* What says which part of a recording. */
static enum cli_exit take_replay_option(struct dump *dump, int code, const char *value)
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
		return cli_usage_error(dump->context,
				       "--every wants a time above zero such as 10s or 1m, not "
				       "\"%.64s\"",
				       value);
	default:
		return CLI_USAGE;
	}
}

static enum cli_exit take_host(struct dump *dump, const char *host)
{
	if (dump->host_count == DUMP_HOST_MAX)
		return cli_usage_error(dump->context, "--host can be given %d times",
				       DUMP_HOST_MAX);
	dump->hosts[dump->host_count++] = host;
	return CLI_OK;
}

/* The one that asks names the newest it knows: what is answered is never newer. */
static enum cli_exit take_schema(struct dump *dump, const char *value)
{
	uint64_t schema = 0;
	enum cli_exit status = dump_parse_count(dump, "stream", value, &schema);

	dump->stream = true;
	return status;
}

/* What says of which machine. */
enum cli_exit dump_parse_source(struct dump *dump, int code, const char *value)
{
	switch (code) {
	case OPTION_HOST:
		return take_host(dump, value);
	case OPTION_SSH:
		dump->ssh = value;
		return CLI_OK;
	case OPTION_STREAM:
		return take_schema(dump, value);
	default:
		return take_replay_option(dump, code, value);
	}
}

/* A recording has its samples: which ones is asked, and none are taken. */
static enum cli_exit check_replay(struct dump *dump)
{
	bool range = dump->begin != NULL || dump->end != NULL || dump->every_ns > 0;

	if (dump->replay == NULL && (dump->at != NULL || range))
		return cli_usage_error(
			dump->context,
			"--at, --begin, --end and --every go with --replay RECORDING");
	if (dump->replay == NULL)
		return CLI_OK;
	if (dump->repeat || dump->rates)
		return cli_usage_error(dump->context,
				       "--replay has its samples already: --at picks one, --begin, "
				       "--end and --every several");
	if (dump->at != NULL && range)
		return cli_usage_error(dump->context, "--at is one sample, --begin, --end and "
						      "--every are several: one of them");
	dump->repeat = range;
	return CLI_OK;
}

/* Another machine's groups, and this one's for another machine. */
static enum cli_exit check_remote(struct dump *dump)
{
	if (dump->stream && (dump->format != report_ndjson || dump->host_count > 0 ||
			     dump->selection.sorted || dump->selection.glob_count > 0))
		return cli_usage_error(dump->context,
				       "--stream goes with --ndjson, and tells all groups of this "
				       "machine in their order");
	if (dump->stream)
		dump->format = report_stream;
	if (dump->ssh != NULL && dump->host_count == 0)
		return cli_usage_error(dump->context, "--ssh goes with --host");
	if (dump->host_count > 0 && dump->replay != NULL)
		return cli_usage_error(dump->context,
				       "a recording is read here, not on another machine");
	return CLI_OK;
}

enum cli_exit dump_check_elsewhere(struct dump *dump)
{
	enum cli_exit status = check_replay(dump);

	return status == CLI_OK ? check_remote(dump) : status;
}
