/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-policy-load.c - the policy file: what is understood, and every mistake with its line and reason. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/policy/policy-priv.h"
#include "test.h"

struct heard {
	char text[8192];
	size_t errors, warnings;
};

static void hear(void *context, const struct cgw_policy_problem *problem)
{
	struct heard *heard = context;
	size_t used = strlen(heard->text);

	(void)snprintf(heard->text + used, sizeof(heard->text) - used, "%s:%u: %s\n",
		       problem->diag.file, problem->diag.line, problem->diag.text);
	if (problem->warning)
		heard->warnings++;
	else
		heard->errors++;
}

static struct cgw_policy *parse(const char *text)
{
	struct heard heard = {0};
	const struct cgw_policy_reporter reporter = {hear, &heard};
	struct cgw_policy *policy;

	if (cgw_policy_parse("test", text, strlen(text), &reporter, &policy) < 0)
		fail_msg("%s", heard.text);
	return policy;
}

static void whole(void **state)
{
	struct cgw_policy *policy =
		parse("\xef\xbb\xbf; a comment\n"
		      "[policy]\r\n"
		      "interval = 2s\n"
		      "mode = dry-run ; said, not done\n"
		      "max_concurrent = 5\n"
		      "\n"
		      "[protect base]\n"
		      "match = /system.slice/{sshd,dbus}.service\n"
		      "command = tmux: server\n"
		      "allow = soft\n"
		      "[limit users]\n"
		      "  match = /user.slice/user-*.slice\n"
		      "  exclude = /user.slice/user-0.slice\n"
		      "memory.max = 30%\n"
		      "cpu.max = 400%\n"
		      "pids.max=2000\n"
		      "# another\n"
		      "[rule hog]\n"
		      "match = /a\n"
		      "match = /b/**\n"
		      "when = cpu > 300% and host.pressure.cpu.some.avg60 > 20\n"
		      "for = 1m30s\n"
		      "step = limit cpu.max 200% hold 5m\n"
		      "step = tighten memory.max 10% floor 512M\n"
		      "step = freeze 60s hold 30m\n"
		      "step = kill TERM grace 5s then KILL largest\n"
		      "until = host.pressure.cpu.some.avg60 < 5\n"
		      "backoff = 2x max 2h decay 30m\n"
		      "[place batch]\n"
		      "user = batch\n"
		      "to = /batch.slice");
	const struct rule *rule = &policy->sections[2]->rule;

	(void)state;
	assert_int_equal(policy->settings.interval_ns, 2000000000);
	assert_int_equal(policy->settings.mode, CGW_MODE_DRY_RUN);
	assert_int_equal(policy->settings.max_concurrent, 5);
	assert_int_equal(policy->settings.max_fraction, 50);
	assert_int_equal(cgw_policy_section_count(policy), 4);
	assert_int_equal(policy->sections[0]->soft, true);
	assert_string_equal(policy->sections[0]->selection.subjects[CGW_SUBJECT_COMMAND].items[0],
			    "tmux: server");
	assert_int_equal(policy->sections[1]->line, 11);
	assert_int_equal(policy->sections[1]->set_count, 3);
	assert_string_equal(policy->sections[1]->sets[1].value, "400%");
	assert_int_equal(policy->sections[2]->selection.match.count, 2);
	assert_int_equal(rule->for_ns, UINT64_C(90000000000));
	assert_int_equal(rule->step_count, 4);
	assert_int_equal(rule->steps[0].hold_ns, UINT64_C(300000000000));
	assert_int_equal(rule->steps[0].actions[0].control, CGW_C_CPU_MAX);
	assert_string_equal(rule->steps[0].actions[0].value, "200%");
	assert_true(rule->steps[1].actions[0].percent > 9.9);
	assert_string_equal(rule->steps[1].actions[0].floor, "512M");
	assert_int_equal(rule->steps[2].actions[0].duration_ns, UINT64_C(60000000000));
	assert_int_equal(rule->steps[3].actions[0].signals[1], 9);
	assert_true(rule->steps[3].actions[0].largest);
	assert_true(rule->backoff.factor > 1.9);
	assert_int_equal(rule->backoff.decay_ns, UINT64_C(1800000000000));
	assert_string_equal(policy->sections[3]->to, "/batch.slice");
	cgw_policy_free(policy);
}

/* What runs beside the rules, and where it does when nothing more is said. */
static void sides(void **state)
{
	struct cgw_policy_metrics metrics;
	struct cgw_policy_record record;
	struct cgw_policy *policy = parse("[record]\n[metrics]\n");

	(void)state;
	assert_true(cgw_policy_record_section(policy, &record));
	assert_string_equal(record.to, "/var/lib/cgward/recording/");
	assert_int_equal(record.interval_ns, UINT64_C(5000000000));
	assert_int_equal(record.size_bytes, 200 << 20);
	assert_int_equal(record.glob_count, 0);
	assert_true(cgw_policy_metrics_section(policy, &metrics));
	assert_null(metrics.listen);
	assert_int_equal(metrics.groups_max, 10000);
	cgw_policy_free(policy);
	policy = parse(
		"[metrics]\nlisten = unix:/run/cgward/metrics\ncolumns = +cpu.pressure.some.total\n"
		"depth = 2\ngroups_max = 5\n"
		"[record]\nto = /x\nmatch = /a\nmatch = /b\nkeep = 1d\nsize = 1G\n");
	assert_true(cgw_policy_record_section(policy, &record));
	assert_string_equal(record.to, "/x");
	assert_string_equal(record.globs[1], "/b");
	assert_int_equal(record.keep_ns, UINT64_C(86400000000000));
	assert_int_equal(record.size_bytes, 1 << 30);
	assert_true(cgw_policy_metrics_section(policy, &metrics));
	assert_string_equal(metrics.listen, "unix:/run/cgward/metrics");
	assert_int_equal(metrics.depth_max, 2);
	assert_int_equal(metrics.groups_max, 5);
	cgw_policy_free(policy);
	policy = parse("[policy]\n");
	assert_false(cgw_policy_record_section(policy, &record));
	assert_false(cgw_policy_metrics_section(policy, &metrics));
	cgw_policy_free(policy);
}

#define RULE "[rule r]\nmatch = /a\nfor = 1s\n"
#define CAP  "then = limit cpu.max 50%\n"

/* Each text has the mistakes that are named, and no other. */
static void mistakes(void **state)
{
	static const struct {
		const char *text;
		size_t errors;
		const char *says;
	} rows[] = {
		{"a = b\n", 1, "test:1: a stands before any section"},
		{"[rul x]\nmatch = /a\n", 1,
		 "test:1: unknown section \"rul\"; did you mean [rule NAME]?"},
		{"[rule]\n", 1, "test:1: [rule] wants a name"},
		{"[policy x]\n", 1, "[policy] has no name"},
		{"[limit a b]\n", 1, "a section's name is made of"},
		{"[limit a\n", 1, "test:1: \"[\" is not closed"},
		{"[limit a] x\n", 1, "nothing may follow"},
		{"[policy]\n[policy]\n", 1, "test:2: [policy] is there already, at test:1"},
		{"[policy]\ninterval = 1s\ninterval = 2s\n", 1,
		 "test:3: interval is there already, at line 2"},
		{"[policy]\nintervall = 1s\n", 1,
		 "test:2: unknown key \"intervall\" in [policy]; did you mean \"interval\"?"},
		{"[policy]\nwhen = cpu > 1\n", 1, "\"when\" is a key of [rule], not of [policy]"},
		{"[policy]\ninterval = 1\n", 1,
		 "test:2: interval: \"\" is no unit here; a time such as"},
		{"[policy]\ninterval = 1ms\n", 1, "interval: 1ms is out of range"},
		{"[policy]\ninterval = 1s x\n", 1, "interval: \" x\" is left over"},
		{"[policy]\ninterval =\n", 1, "test:2: interval wants a value"},
		{"[policy]\ninterval: 1s = 2\n", 1, "test:2: KEY = VALUE"},
		{"[policy]\nnonsense\n", 1, "test:2: KEY = VALUE or [SECTION] is wanted"},
		{"[policy]\nmode = enforced\n", 1,
		 "mode: unknown word \"enforced\"; did you mean \"enforce\"?"},
		{"[policy]\nmax_concurrent = 0\n", 1, "a whole number from 1 to"},
		{"[policy]\nmax_concurrent = 1.5\n", 1, "a whole number from 1 to"},
		{"[policy]\nstate = run\n", 1, "state: an absolute path is wanted"},
		{"[policy]\nnotify = mail root\n", 1,
		 "notify: a command starts with an absolute path"},
		{"[record]\nto = x\n", 1, "test:2: to: an absolute path is wanted"},
		{"[record]\nsize = 5\n", 1, "size: 5 is out of range; a size such as 200M"},
		{"[record]\nlisten = x\n", 1, "\"listen\" is a key of [metrics], not of [record]"},
		{"[record]\ncolumns = cpuu\n", 1,
		 "test:2: columns: unknown key \"cpuu\"; did you mean \"cpu\"?"},
		{"[record x]\n", 1, "test:1: [record] has no name"},
		{"[recrod]\n", 1, "unknown section \"recrod\"; did you mean [record]?"},
		{"[metrics]\n[metrics]\n", 1, "test:2: [metrics] is there already, at test:1"},
		{"[metrics]\nlisten = 9753\n", 1,
		 "test:2: listen: ADDRESS:PORT | unix:/PATH | systemd is wanted, not \"9753\""},
		{"[metrics]\nlisten = :x\n", 1, "listen: "},
		{"[metrics]\ndepth = 0\n", 1, "depth: a whole number from 1 to"},
		{"[limit a]\nmatch = /a\n", 1, "test:1: [limit a] sets nothing"},
		{"[limit a]\nmemory.max = 1G\n", 1,
		 "[limit a] does not say for which groups it is"},
		{"[limit a]\nmatch = /a\nmemory.maxx = 1G\n", 1, "did you mean \"memory.max\"?"},
		{"[limit a]\nmatch = /a\nmemory.max = lots\n", 1, "test:3: memory.max: "},
		{"[limit a]\nmatch = /a\nmemory.max = 1G\nmemory.max = 2G\n", 1,
		 "test:4: memory.max is set twice"},
		{"[limit a]\nmatch = /a\nmatch = a/b\npids.max = 5\n", 1,
		 "a/b can match nothing, since paths start with a slash; did you mean \"/a/b\"?"},
		{"[limit a]\nmatch = /a/\npids.max = 5\n", 1, "/a/ can match nothing"},
		{"[limit a]\nmatch = /[a\npids.max = 5\n", 1,
		 "test:2: match: \"[\" at position 2 is not closed"},
		{"[limit a]\nmatch = /a\nexclude = /**\npids.max = 5\n", 1,
		 "[limit a] excludes all that it matches"},
		{"[limit a]\nmatch = /a\npids.max = 5\n[limit a]\nmatch = /b\npids.max = 5\n", 1,
		 "test:4: [limit a] is there already, at test:1"},
		{"[place p]\nuser = x\n", 1, "[place p] wants a key to"},
		{"[place p]\nto = /a\n", 1, "[place p] does not say for which processes it is"},
		{"[place p]\nuser = x\nto = a\n", 1, "to: the path of one group"},
		{RULE CAP, 1, "[rule r] wants a key when"},
		{RULE "when = cpu > 1\n", 1, "[rule r] wants a key then or step"},
		{RULE CAP "when = cpuu > 1\n", 1,
		 "test:5: when: position 1: nothing is called \"cpuu\"; did you mean \"cpu\"?"},
		{RULE CAP "when = cpu > 1\nuntil_for = 5s\n", 1, "until_for without until"},
		{RULE CAP "when = cpu > 1\nhold = 5m\nmax_hold = 1m\n", 1,
		 "max_hold is shorter than hold"},
		{RULE "when = cpu > 1\nthen = limt cpu.max 50%\n", 1,
		 "test:5: then: unknown action \"limt\"; did you mean \"limit\"?"},
		{RULE "when = cpu > 1\nthen = limit cpu.maxx 50%\n", 1, "then: limit: "},
		{RULE "when = cpu > 1\nthen = limit cpu.max\n", 1, "limit wants a value"},
		{RULE "when = cpu > 1\nthen = freeze\n", 1,
		 "freeze wants the time after which it thaws"},
		{RULE "when = cpu > 1\nthen = tighten memory.max 10%\n", 1,
		 "tighten wants a floor"},
		{RULE "when = cpu > 1\nthen = kill TERMINATE\n", 1, "\"TERMINATE\" is no signal"},
		{RULE "when = cpu > 1\nthen = kill TERM grace 5s KILL\n", 1,
		 "after the grace \"then SIGNAL\" is wanted"},
		{RULE "when = cpu > 1\nthen = run sh -c x\n", 1, "run wants the absolute path"},
		{RULE "when = cpu > 1\nthen = limit memory.oom_kill_disable 1\n", 1,
		 "processes may hang by memory.oom_kill_disable: it is set by hand only"},
		{RULE "when = cpu > 1\nthen = notify me\n", 1, "\"me\" is left over"},
		{RULE "when = cpu > 1\nthen = limit cpu.max 50% hold 5m\n", 1,
		 "\"hold\" belongs to step"},
		{RULE "when = cpu > 1\nthen = log\nthen = notify\nstep = log\n", 1,
		 "has both then and step"},
		{RULE CAP "when = cpu > 1\nbackoff = 2\n", 1, "backoff: a factor from 1x"},
		/* What of several groups does not add up, and what nobody has most of. */
		{RULE CAP "scope = all\nwhen = cpu > 90%\n", 1,
		 "scope: unknown word \"all\"; each | sum is wanted"},
		{RULE CAP "scope = sum\nwhen = memory.percent > 90\n", 1,
		 "[rule r] when: memory.percent of several groups does not add up"},
		{RULE CAP "scope = sum\nwhen = memory.current > 1G and age > 1h\n", 1,
		 "when: age of several groups"},
		{RULE CAP "scope = sum\nwhen = cpu > 90%\nuntil = populated\n", 1,
		 "until: populated of several groups"},
		{RULE "scope = sum\nwhen = memory.pressure.some.avg10 > 5\nthen = log\n", 1,
		 "when: memory.pressure.some.avg10 of several groups"},
		{RULE CAP "pick = memroy.current\nwhen = cpu > 90%\n", 1,
		 "pick: unknown key \"memroy.current\"; did you mean \"memory.current\"?"},
		{RULE CAP "pick = unit\nwhen = cpu > 90%\n", 1, "pick: unit is a text"},
		{"[limit a]\nmatch = /a\npids.max = 5\npick = cpu\n", 1,
		 "\"pick\" is a key of [rule], not of [limit]"},
		/* Rules that take their own work for the end of the trouble, or for trouble without end. */
		{RULE CAP "when = cpu > 90%\nuntil = cpu < 50%\n", 1,
		 "\"cpu < 50%\" comes true by the rule's own cpu.max"},
		{RULE CAP "when = cpu > 90%\nuntil = cpu.usage.rate < 50%\n", 1, "own cpu.max"},
		{RULE "when = io > 9M\nthen = limit memory.high 1G\nuntil = memory.anon < 1G\n", 1,
		 "own memory.high"},
		{RULE "when = pids > 9\nthen = freeze 5s\nuntil = pids < 9\n", 1, "own freeze"},
		{RULE CAP "when = cpu > 90%\nuntil = cpu.throttled_percent < 5%\n", 1,
		 "max_hold is wanted"},
		{RULE CAP "when = pressure.cpu.some.avg10 > 90%\n", 1, "max_hold is wanted"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct heard heard = {0};
		const struct cgw_policy_reporter reporter = {hear, &heard};
		struct cgw_policy *policy = NULL;

		if (cgw_policy_parse("test", rows[i].text, strlen(rows[i].text), &reporter,
				     &policy) != -EINVAL)
			fail_msg("taken: %s", rows[i].text);
		if (heard.errors != rows[i].errors || strstr(heard.text, rows[i].says) == NULL)
			fail_msg("%s-> %s, not %zu with: %s", rows[i].text, heard.text,
				 rows[i].errors, rows[i].says);
	}
}

/* What may stand: the same rules with a way out. */
static void allowed(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n# nothing\n",
		RULE CAP "when = cpu > 90%\nuntil = host.pressure.cpu.some.avg60 < 5\n",
		RULE CAP "when = cpu > 90%\nuntil = cpu.throttled_percent < 5\nmax_hold = 1h\n",
		RULE CAP "when = cpu > 90%\nuntil = memory.current < 5G\n",
		RULE "when = pids > 9\nthen = freeze 5s\nuntil = not frozen or age > 1h\n",
		RULE
		"scope = sum\npick = cpu\nwhen = cpu > 9 and cpu avg 5m > 8 and host.load1 > 3\n"
		"then = log\n",
		"[rule a.b_C-9]\nunit = x.service\nwhen = frozen\nthen = log\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		cgw_policy_free(parse(texts[i]));
}

/* What inih would bend without a word. */
static void long_lines(void **state)
{
	struct heard heard = {0};
	const struct cgw_policy_reporter reporter = {hear, &heard};
	struct cgw_policy *policy = NULL;
	char text[1024];
	size_t length;

	(void)state;
	/* 197 bytes are read whole. */
	strcpy(text, "[limit a]\npids.max = 5\nmatch = /");
	length = strlen(text) - strlen("[limit a]\npids.max = 5\n");
	for (; length < 197; length++)
		strcat(text, "x");
	policy = parse(text);
	assert_int_equal(strlen(policy->sections[0]->selection.match.items[0]), 197 - 8);
	cgw_policy_free(policy);
	/* One more is refused; its end is not taken for a line of its own. */
	strcat(text, "x\ncpu.max = 50%\n");
	assert_int_equal(cgw_policy_parse("test", text, strlen(text), &reporter, &policy), -EINVAL);
	assert_non_null(strstr(heard.text, "test:3: the line is 198 bytes long, 197 are read"));
	assert_int_equal(heard.errors, 1);
	memset(&heard, 0, sizeof(heard));
	assert_int_equal(cgw_policy_parse("test", "[policy]\n\0x = 1\n", 16, &reporter, &policy),
			 -EINVAL);
	assert_non_null(strstr(heard.text, "NUL"));
	memset(&heard, 0, sizeof(heard));
	strcpy(text, "[limit aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n");
	assert_int_equal(cgw_policy_parse("test", text, strlen(text), &reporter, &policy), -EINVAL);
	assert_non_null(strstr(heard.text, "a section's header is 49 bytes at most"));
}

static void files(void **state)
{
	struct heard heard = {0};
	const struct cgw_policy_reporter reporter = {hear, &heard};
	char directory[] = "/tmp/cgward-test-XXXXXX", path[128];
	struct cgw_policy *policy = NULL;
	static const struct {
		const char *name, *text;
	} parts[] = {{"20-b.conf", "[limit b]\nmatch = /b\npids.max = 5\n"},
		     {"10-a.conf", "[limit a]\nmatch = /a\npids.max = 5\n"},
		     {"30-c.conf.old", "nonsense\n"},
		     {".40-d.conf", "nonsense\n"}};

	(void)state;
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		FILE *file;

		(void)snprintf(path, sizeof(path), "%s/%s", directory, parts[i].name);
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(parts[i].text, file);
		fclose(file);
		assert_int_equal(chmod(path, 0644), 0);
	}
	assert_int_equal(cgw_policy_load(NULL, directory, &reporter, &policy), 0);
	assert_int_equal(cgw_policy_section_count(policy), 2);
	assert_string_equal(policy->sections[0]->name, "a"); /* in byte order */
	policy = cgw_policy_free(policy);
	assert_int_equal(cgw_policy_load("/nonexistent/x", NULL, &reporter, &policy), -EINVAL);
	assert_non_null(strstr(heard.text, "/nonexistent/x:0: cannot open: No such file"));
	(void)snprintf(path, sizeof(path), "%s/10-a.conf", directory);
	assert_int_equal(chmod(path, 0666), 0);
	if (geteuid() == 0) {
		assert_int_equal(cgw_policy_load(path, NULL, &reporter, &policy), -EINVAL);
		assert_non_null(strstr(heard.text, "can be written by others than root"));
		assert_int_equal(chmod(path, 0644), 0);
		assert_int_equal(chown(path, 12345, 0), 0);
		assert_int_equal(cgw_policy_load(path, NULL, &reporter, &policy), -EINVAL);
		assert_non_null(strstr(heard.text, "belongs to user 12345"));
		/* Nor a directory into which others could put one. */
		assert_int_equal(chown(path, 0, 0), 0);
		assert_int_equal(chmod(directory, 0775), 0);
		memset(&heard, 0, sizeof(heard));
		assert_int_equal(cgw_policy_load(path, directory, &reporter, &policy), -EINVAL);
		assert_non_null(strstr(heard.text, ":0: the directory can be written by others"));
		assert_int_equal(heard.errors, 1);
		assert_int_equal(chmod(directory, 0755), 0);
		assert_int_equal(chown(directory, 12345, 0), 0);
		assert_int_equal(cgw_policy_load(NULL, directory, &reporter, &policy), -EINVAL);
		assert_non_null(strstr(heard.text, "the directory belongs to user 12345"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, parts[i].name);
		(void)unlink(path);
	}
	(void)rmdir(directory);
}

/* What is shipped to be copied from. */
static void shipped(void **state)
{
	static const char *const names[] = {"cgward.conf", "examples/containers.conf",
					    "examples/memory.conf", "examples/oomd.conf",
					    "examples/users.conf"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[4096], text[16384];
		size_t length;
		FILE *file;

		(void)snprintf(path, sizeof(path), "%s/../../config/%s", TEST_FIXTURES, names[i]);
		file = fopen(path, "r");
		if (file == NULL)
			fail_msg("%s is not there", path);
		length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
		text[length] = '\0';
		cgw_policy_free(parse(text));
	}
}

/* Of two values, which is the stricter one. */
static void ranks(void **state)
{
	static const struct {
		enum cgw_control control;
		const char *strict, *loose;
	} rows[] = {
		{CGW_C_CPU_MAX, "50%", "2 cpus"},        {CGW_C_CPU_MAX, "10ms/100ms", "11%"},
		{CGW_C_CPU_MAX, "150%", "max"},          {CGW_C_CPU_MAX, "100000/100000", "1.5cpu"},
		{CGW_C_MEMORY_MAX, "512M", "1G"},        {CGW_C_MEMORY_MAX, "25%", "1025M"},
		{CGW_C_MEMORY_MAX, "1073741824", "max"}, {CGW_C_PIDS_MAX, "10", "20"},
		{CGW_C_CPU_WEIGHT, "10", "100"},         {CGW_C_IO_MAX_RBPS, "8:0 1M", "8:0 max"},
	};
	const struct cgw_system_stat machine = {.memory_total_bytes = {UINT64_C(4) << 30, CGW_OK}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double strict, loose;

		assert_true(value_rank(rows[i].control, rows[i].strict, &machine, &strict));
		assert_true(value_rank(rows[i].control, rows[i].loose, &machine, &loose));
		if (!(strict < loose))
			fail_msg("%s is not stricter than %s", rows[i].strict, rows[i].loose);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(mistakes),   cmocka_unit_test(allowed),
		cmocka_unit_test(sides), cmocka_unit_test(long_lines), cmocka_unit_test(files),
		cmocka_unit_test(ranks), cmocka_unit_test(shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
