/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-remote-command.c - verbs on another host: words that survive a shell, answers, what goes wrong; and how much is read. */
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

/* Stands in for ssh: the last word is run by a shell, with a cgward that is a function. */
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

static int ask(const char *host, const char *const *words, struct remote_verb_answer *ret_answer,
	       struct cgw_diag *diag)
{
	struct tree_dir *tree = tree_new();
	char program[300];
	const char *const ssh[] = {program, NULL};
	const struct remote_verb verb = {
		.host = host, .ssh = ssh, .words = words, .timeout_ns = NS_IN_S};
	int r;

	*diag = (struct cgw_diag){.text = ""};
	tree_file(tree, "ssh", script);
	(void)snprintf(program, sizeof(program), "%s/ssh", tree->path);
	assert_int_equal(chmod(program, 0755), 0);
	r = remote_verb_run(&verb, ret_answer, diag);
	tree_free(tree);
	return r;
}

static void words_come_as_they_were(void **state)
{
	static const char *const words[] = {"freeze",
					    "--why",
					    "it's \"mine\" & $(echo not) `yours`; a|b <c >d",
					    "--",
					    "/a\\x2db c",
					    "/~/#!",
					    "/\xc3\xa4*?[x]{y}",
					    NULL};
	struct remote_verb_answer answer;
	struct cgw_diag diag;

	(void)state;
	assert_int_equal(ask("good", words, &answer, &diag), 0);
	assert_string_equal(answer.text,
			    "<freeze><--why><it's \"mine\" & $(echo not) `yours`; a|b <c >d><-->"
			    "</a\\x2db c></~/#!></\xc3\xa4*?[x]{y}>\n");
	assert_int_equal(answer.status, 0);
	free(answer.text);
}

static void words_that_cannot_be_said(void **state)
{
	char buffer[8];

	(void)state;
	assert_int_equal(remote_quote("a\nb", buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(remote_quote("\x7f", buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(remote_quote("", buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(remote_quote("$$$$$$$$", buffer, sizeof(buffer)), -ENOSPC);
	assert_int_equal(remote_quote("a b$c", buffer, sizeof(buffer)), 0);
	assert_string_equal(buffer, "a\\ b\\$c");
}

static void what_goes_wrong(void **state)
{
	static const struct {
		const char *host;
		int wanted;
		const char *reason;
	} cases[] = {
		{"missing", -ENOENT, "there is no cgward: sh: cgward: not found"},
		{"lost", -ECONNRESET, "the connection ended: Connection closed"},
		{"silent", -ETIMEDOUT, "whether it was done is not known"},
		{"endless", -EMSGSIZE, "whether it was done is not known"},
		{"-oProxyCommand=x", -EINVAL, "is no host"},
	};
	static const char *const words[] = {"undo", NULL}, *const bad[] = {"freeze", "/a\nb", NULL};
	struct remote_verb_answer answer;
	struct cgw_diag diag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(ask(cases[i].host, words, &answer, &diag), cases[i].wanted);
		if (strstr(diag.text, cases[i].reason) == NULL)
			fail_msg("%s: %s", cases[i].host, diag.text);
	}
	assert_int_equal(ask("good", bad, &answer, &diag), -EINVAL);
	/* A verb that refuses ran to its end. */
	assert_int_equal(ask("refuses", words, &answer, &diag), 0);
	assert_int_equal(answer.status, 7);
	assert_string_equal(answer.text, "partly\n");
	assert_string_equal(answer.message, "\\x1b[31mnot that");
	free(answer.text);
}

static void much_at_once_and_less_for_ever(void **state)
{
	struct allowance allowance = {0};
	uint64_t now_ns = 5 * NS_IN_S, taken = 0;

	(void)state;
	assert_int_equal(allowance_left(&allowance, now_ns), ALLOWANCE_BURST_BYTES);
	/* A minute of somebody who always has more: a burst, then so much a second. */
	for (uint64_t end_ns = now_ns + 60 * NS_IN_S; now_ns < end_ns; now_ns += NS_IN_S / 1000)
		if (allowance_due_ns(&allowance, now_ns) == 0) {
			allowance_take(&allowance, 1 << 20, now_ns);
			taken += 1 << 20;
		}
	assert_in_range(taken, 60 * ALLOWANCE_BYTES_PER_S,
			62 * ALLOWANCE_BYTES_PER_S + ALLOWANCE_BURST_BYTES);
	assert_true(allowance_due_ns(&allowance, now_ns) < now_ns + NS_IN_S);
	/* Who rests has it all again; who sends what is usual never waits. */
	now_ns += 60 * NS_IN_S;
	assert_int_equal(allowance_due_ns(&allowance, now_ns), 0);
	assert_int_equal(allowance_left(&allowance, now_ns), ALLOWANCE_BURST_BYTES);
	for (int i = 0; i < 1000; i++, now_ns += NS_IN_S) {
		allowance_take(&allowance, ALLOWANCE_BYTES_PER_S, now_ns);
		assert_int_equal(allowance_due_ns(&allowance, now_ns), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_come_as_they_were),
		cmocka_unit_test(words_that_cannot_be_said),
		cmocka_unit_test(what_goes_wrong),
		cmocka_unit_test(much_at_once_and_less_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
