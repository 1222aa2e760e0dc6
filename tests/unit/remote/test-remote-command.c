/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-remote-command.c - commands on another host: quoting, results, errors; the read quota. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "shared/remote/read-quota.h"
#include "shared/remote/remote-command.h"
#include "test.h"
#include "tree.h"

#define NS_IN_S UINT64_C(1000000000)

/* A fake ssh: runs its last argument in a shell, in which cgward is a function. */
static const char script[] =
	"#!/bin/sh\n"
	"for last; do host=$before before=$last; done\n"
	"case $host in\n"
	"good) cgward() { for word; do printf '<%s>' \"$word\"; done; echo; }; "
	"eval \"$last\" ;;\n"
	"refuses) echo partly; printf 'no\\n\\033[31mnot that\\n' >&2; exit 7 ;;\n"
	"missing) echo 'sh: cgward: not found' >&2; exit 127 ;;\n"
	"lost) echo begun; echo 'Connection closed' >&2; exit 255 ;;\n"
	"silent) exec sleep 1000 ;;\n"
	"endless) exec yes ;;\n"
	"esac\n";

static int run_command(const char *host, const char *const *words,
		       struct remote_command_result *ret_result, struct cgw_diag *diag)
{
	struct tree_dir *tree = tree_new();
	char program[300];
	const char *const ssh[] = {program, NULL};
	/* Long enough on a busy machine, except for the host that never answers. */
	const struct remote_command_request request = {
		.host = host,
		.ssh = ssh,
		.arguments = words,
		.timeout_ns = strcmp(host, "silent") == 0 ? NS_IN_S : 60 * NS_IN_S};
	int r;

	*diag = (struct cgw_diag){.text = ""};
	tree_file(tree, "ssh", script);
	snprintf(program, sizeof(program), "%s/ssh", tree->path);
	assert_int_equal(chmod(program, 0755), 0);
	r = remote_command_run(&request, ret_result, diag);
	tree_free(tree);
	return r;
}

static void test_arguments_are_passed_unchanged(void **state)
{
	static const char *const words[] = {"freeze",
					    "--why",
					    "it's \"mine\" & $(echo not) `yours`; a|b <c >d",
					    "--",
					    "/a\\x2db c",
					    "/~/#!",
					    "/\xc3\xa4*?[x]{y}",
					    NULL};
	struct remote_command_result result;
	struct cgw_diag diag;

	assert_int_equal(run_command("good", words, &result, &diag), 0);
	assert_string_equal(result.text,
			    "<freeze><--why><it's \"mine\" & $(echo not) `yours`; a|b <c >d><-->"
			    "</a\\x2db c></~/#!></\xc3\xa4*?[x]{y}>\n");
	assert_int_equal(result.status, 0);
	free(result.text);
}

static void test_arguments_that_cannot_be_quoted(void **state)
{
	char buffer[8];

	assert_int_equal(remote_quote("a\nb", buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(remote_quote("\x7f", buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(remote_quote("", buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(remote_quote("$$$$$$$$", buffer, sizeof(buffer)), -ENOSPC);
	assert_int_equal(remote_quote("a b$c", buffer, sizeof(buffer)), 0);
	assert_string_equal(buffer, "a\\ b\\$c");
}

static void test_errors(void **state)
{
	static const struct {
		const char *host;
		int expected;
		const char *reason;
	} cases[] = {
		{"missing", -ENOENT, "cgward not found on the host: sh: cgward: not found"},
		{"lost", -ECONNRESET, "connection ended: Connection closed; the command may"},
		{"silent", -ETIMEDOUT, "no answer in time; the command may or may not have run"},
		{"endless", -EMSGSIZE, "the command may or may not have run"},
		{"-oProxyCommand=x", -EINVAL, "invalid host '-oProxyCommand=x'"},
	};
	static const char *const words[] = {"undo", NULL}, *const bad[] = {"freeze", "/a\nb", NULL};
	struct remote_command_result result;
	struct cgw_diag diag;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(run_command(cases[i].host, words, &result, &diag),
				 cases[i].expected);
		if (strstr(diag.text, cases[i].reason) == NULL)
			fail_msg("%s: %s", cases[i].host, diag.text);
	}
	assert_int_equal(run_command("good", bad, &result, &diag), -EINVAL);
	/* A command that fails has still run to its end. */
	assert_int_equal(run_command("refuses", words, &result, &diag), 0);
	assert_int_equal(result.status, 7);
	assert_string_equal(result.text, "partly\n");
	assert_string_equal(result.message, "\\x1b[31mnot that");
	free(result.text);
}

static void test_read_quota(void **state)
{
	struct read_quota quota = {0};
	uint64_t now_ns = 5 * NS_IN_S, read_bytes = 0;

	assert_int_equal(read_quota_left(&quota, now_ns), READ_QUOTA_BURST_BYTES);
	/* A minute of a host that never stops sending: a burst, then the rate limit. */
	for (uint64_t end_ns = now_ns + 60 * NS_IN_S; now_ns < end_ns; now_ns += NS_IN_S / 1000)
		if (read_quota_resume_ns(&quota, now_ns) == 0) {
			read_quota_charge(&quota, 1 << 20, now_ns);
			read_bytes += 1 << 20;
		}
	assert_in_range(read_bytes, 60 * READ_QUOTA_BYTES_PER_S,
			62 * READ_QUOTA_BYTES_PER_S + READ_QUOTA_BURST_BYTES);
	assert_true(read_quota_resume_ns(&quota, now_ns) < now_ns + NS_IN_S);
	/* After a pause the whole quota is available; a host below the rate never waits. */
	now_ns += 60 * NS_IN_S;
	assert_int_equal(read_quota_resume_ns(&quota, now_ns), 0);
	assert_int_equal(read_quota_left(&quota, now_ns), READ_QUOTA_BURST_BYTES);
	for (int i = 0; i < 1000; i++, now_ns += NS_IN_S) {
		read_quota_charge(&quota, READ_QUOTA_BYTES_PER_S, now_ns);
		assert_int_equal(read_quota_resume_ns(&quota, now_ns), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments_are_passed_unchanged),
		cmocka_unit_test(test_arguments_that_cannot_be_quoted),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_read_quota),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
