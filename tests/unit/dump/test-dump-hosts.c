/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-dump-hosts.c - `cgward dump --host` with a fake ssh, of which some hosts fail. */
#include <sys/stat.h>

#include "command-run.h"
#include "lib/base/cleanup.h"
#include "streams.h"

#define WORDS_MAX 10

/* Its last argument is the command, and the one before it the host. */
static const char script[] = "#!/bin/sh\n"
			     "for last; do host=$before before=$last; done\n"
			     "case $host in\n"
			     "good*) cat \"$0.sample\" ;;\n"
			     "missing) echo 'sh: cgward: not found' >&2; exit 127 ;;\n"
			     "esac\n";

/* The output of cgward on a host. */
static void write_sample(const char *path)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/web", 2}};
	struct cgw_frame *frame;
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_int_equal(cgw_frame_new(&frame), 0);
	send_sample(frame, groups, 2, 1, CGW_M_PIDS_CURRENT, 7, out);
	cgw_frame_free(frame);
	assert_int_equal(fclose(out), 0);
}

static void test_statuses(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		enum cli_exit status;
		const char *out;
		const char *err; /* part of the message, or NULL */
	} rows[] = {
		{{"--host=good1", "--match=/**/web"}, CLI_OK, "/web 7\n", NULL},
		{{"--host=good2", "--host=good1", "--match=/**/web"},
		 CLI_OK,
		 "/good1/web 7\n/good2/web 7\n",
		 NULL},
		{{"--host=good1", "--host=missing", "--match=/**/web"},
		 CLI_PARTLY,
		 "/good1/web 7\n",
		 "missing: lost: cgward not found on the host"},
		{{"--host=good1", "--host=missing", "--match=/none"},
		 CLI_NO_SUCH_GROUP,
		 "",
		 "no group matches"},
		{{"--host=missing"}, CLI_FAILED, "", "missing: lost: cgward not found"},
		{{"--host=good1", "--host=good1"}, CLI_USAGE, "", "'good1' is given twice"},
		{{"--host=-oProxyCommand=x"}, CLI_USAGE, "", "invalid host"},
	};
	struct tree_dir *dir = tree_new();
	char path[300], option[320];

	tree_file(dir, "ssh", script);
	assert_int_equal(chmod(tree_at(dir, "ssh", path, sizeof(path)), 0755), 0);
	write_sample(tree_at(dir, "ssh.sample", path, sizeof(path)));
	snprintf(option, sizeof(option), "--ssh=%s", tree_at(dir, "ssh", path, sizeof(path)));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words[WORDS_MAX] = {"dump", "--noheadings", "-r",
						"-ogroup,pids.current", option};
		struct command_run run;

		for (size_t j = 0; rows[i].words[j] != NULL; j++)
			words[5 + j] = rows[i].words[j];
		command_run(dump_commands, dir, words, &run);
		if (run.status != (int)rows[i].status || strcmp(run.capture.out, rows[i].out) != 0)
			fail_msg("row %zu: %d %s%s", i, run.status, run.capture.out,
				 run.capture.err);
		if (rows[i].err == NULL)
			assert_string_equal(run.capture.err, "");
		else if (strstr(run.capture.err, rows[i].err) == NULL)
			fail_msg("row %zu: %s", i, run.capture.err);
		command_run_free(&run);
	}
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
