/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-policy-load.c - valid policy files, and every error with its line and reason. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/policy/policy-priv.h"
#include "test.h"

struct reports {
	char text[8192];
	size_t errors, warnings;
};

static void add_report(void *context, const struct cgw_policy_problem *problem)
{
	struct reports *reports = context;
	size_t used = strlen(reports->text);

	snprintf(reports->text + used, sizeof(reports->text) - used, "%s:%u: %s\n",
		 problem->diag.file, problem->diag.line, problem->diag.text);
	if (problem->warning)
		reports->warnings++;
	else
		reports->errors++;
}

static struct cgw_policy *parse(const char *text)
{
	struct reports reports = {0};
	const struct cgw_policy_reporter reporter = {add_report, &reports};
	struct cgw_policy *policy;

	if (cgw_policy_parse("test", text, strlen(text), &reporter, &policy) < 0)
		fail_msg("%s", reports.text);
	return policy;
}

static void valid_file(void **state)
{
	struct cgw_policy *policy =
		parse("\xef\xbb\xbf; a comment\n"
		      "[policy]\r\n"
		      "interval = 2s\n"
		      "mode = dry-run ; only logged\n"
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

static void postmortem(void **state)
{
	struct cgw_policy_postmortem settings;
	struct cgw_policy *policy = parse("[postmortem]\n");

	assert_true(cgw_policy_postmortem_section(policy, &settings));
	assert_string_equal(settings.to, "/var/lib/cgward/postmortem");
	assert_int_equal(settings.interval_ns, UINT64_C(1000000000));
	assert_int_equal(settings.last_ns, UINT64_C(60000000000));
	assert_int_equal(settings.gap_ns, UINT64_C(60000000000));
	assert_int_equal(settings.pages_max, 100);
	assert_int_equal(settings.size_bytes, 20 << 20);
	cgw_policy_free(policy);
	policy = parse("[postmortem]\nto = /x\ninterval = 500ms\nlast = 30s\ngap = 5s\n"
		       "pages = 7\nsize = 1M\n");
	assert_true(cgw_policy_postmortem_section(policy, &settings));
	assert_string_equal(settings.to, "/x");
	assert_int_equal(settings.interval_ns, UINT64_C(500000000));
	assert_int_equal(settings.last_ns, UINT64_C(30000000000));
	assert_int_equal(settings.gap_ns, UINT64_C(5000000000));
	assert_int_equal(settings.pages_max, 7);
	assert_int_equal(settings.size_bytes, 1 << 20);
	cgw_policy_free(policy);
	policy = parse("[policy]\n");
	assert_false(cgw_policy_postmortem_section(policy, &settings));
	cgw_policy_free(policy);
}

/* [record] and [metrics], with and without values. */
static void record_and_metrics(void **state)
{
	struct cgw_policy_metrics metrics;
	struct cgw_policy_record record;
	struct cgw_policy *policy = parse("[record]\n[metrics]\n");

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

/* Each text has exactly the given errors. */
static void errors_are_reported(void **state)
{
	static const struct {
		const char *text;
		size_t errors;
		const char *expected;
	} rows[] = {
		{"a = b\n", 1, "test:1: key 'a' is outside of any section"},
		{"[rul x]\nmatch = /a\n", 1,
		 "test:1: unknown section 'rul'; did you mean [rule NAME]?"},
		{"[rule]\n", 1, "test:1: section [rule] requires a name"},
		{"[policy x]\n", 1, "unexpected name 'x' in section [policy]"},
		{"[limit a b]\n", 1, "invalid section name 'a b' (expected letters"},
		{"[limit a\n", 1, "test:1: missing ']' in section header"},
		{"[limit a] x\n", 1, "unexpected text after section header"},
		{"[policy]\n[policy]\n", 1,
		 "test:2: duplicate section [policy] (first defined at test:1)"},
		{"[policy]\ninterval = 1s\ninterval = 2s\n", 1,
		 "test:3: duplicate key 'interval' (first set on line 2)"},
		{"[policy]\nintervall = 1s\n", 1,
		 "test:2: unknown key 'intervall' in section [policy]; did you mean 'interval'?"},
		{"[policy]\nwhen = cpu > 1\n", 1,
		 "unknown key 'when' in section [policy]; it belongs in section [rule]"},
		{"[policy]\ninterval = 1\n", 1,
		 "test:2: interval: missing unit (for example 90s, 5m, 1h30m)"},
		{"[policy]\ninterval = 1ms\n", 1,
		 "interval: '1ms' is out of range (expected 100ms to 1h00m)"},
		{"[policy]\ninterval = 1s x\n", 1,
		 "interval: invalid value '1s x' (expected TIME)"},
		{"[policy]\ninterval =\n", 1, "test:2: key 'interval' requires a value"},
		{"[policy]\ninterval: 1s = 2\n", 1, "test:2: invalid line (expected KEY = VALUE"},
		{"[policy]\nnonsense\n", 1,
		 "test:2: invalid line (expected KEY = VALUE or [SECTION])"},
		{"[policy]\nmode = enforced\n", 1,
		 "mode: unknown value 'enforced'; did you mean 'enforce'?"},
		{"[policy]\nmax_concurrent = 0\n", 1, "(expected a whole number from 1 to"},
		{"[policy]\nmax_concurrent = 1.5\n", 1, "(expected a whole number from 1 to"},
		{"[policy]\nstate = run\n", 1,
		 "state: invalid path 'run' (expected an absolute path)"},
		{"[policy]\nnotify = mail root\n", 1,
		 "notify: invalid command 'mail root' (expected an absolute path)"},
		{"[record]\nto = x\n", 1,
		 "test:2: to: invalid path 'x' (expected an absolute path)"},
		{"[record]\nsize = 5\n", 1,
		 "size: '5' is out of range (expected a size such as 200M)"},
		{"[record]\nlisten = x\n", 1,
		 "unknown key 'listen' in section [record]; it belongs in section [metrics]"},
		{"[record]\ncolumns = cpuu\n", 1,
		 "test:2: columns: unknown field 'cpuu'; did you mean 'cpu'?"},
		{"[record x]\n", 1, "test:1: unexpected name 'x' in section [record]"},
		{"[recrod]\n", 1, "unknown section 'recrod'; did you mean [record]?"},
		{"[metrics]\n[metrics]\n", 1,
		 "test:2: duplicate section [metrics] (first defined at test:1)"},
		{"[metrics]\nlisten = 9753\n", 1,
		 "test:2: listen: invalid address '9753' "
		 "(expected ADDRESS:PORT | unix:/PATH | systemd)"},
		{"[metrics]\nlisten = :x\n", 1, "listen: "},
		{"[metrics]\ndepth = 0\n", 1,
		 "depth: invalid number '0' (expected a whole number from 1 to"},
		{"[limit a]\nmatch = /a\n", 1, "test:1: [limit a] requires a control"},
		{"[limit a]\nmemory.max = 1G\n", 1, "[limit a] does not select any groups"},
		{"[limit a]\nmatch = /a\nmemory.maxx = 1G\n", 1, "did you mean 'memory.max'?"},
		{"[limit a]\nmatch = /a\nmemory.max = lots\n", 1, "test:3: memory.max: "},
		{"[limit a]\nmatch = /a\nmemory.max = 1G\nmemory.max = 2G\n", 1,
		 "test:4: duplicate key 'memory.max'"},
		{"[limit a]\nmatch = /a\nmatch = a/b\npids.max = 5\n", 1,
		 "pattern 'a/b' matches nothing, because paths start with '/'; did you mean "
		 "'/a/b'?"},
		{"[limit a]\nmatch = /a/\npids.max = 5\n", 1, "pattern '/a/' matches nothing"},
		{"[limit a]\nmatch = /[a\npids.max = 5\n", 1,
		 "test:2: match: unmatched '[' at position 2"},
		{"[limit a]\nmatch = /a\nexclude = /**\npids.max = 5\n", 1,
		 "[limit a] excludes everything that it matches"},
		{"[limit a]\nmatch = /a\npids.max = 5\n[limit a]\nmatch = /b\npids.max = 5\n", 1,
		 "test:4: duplicate section [limit a] (first defined at test:1)"},
		{"[place p]\nuser = x\n", 1, "[place p] requires 'to'"},
		{"[place p]\nto = /a\n", 1, "[place p] does not select any processes"},
		{"[place p]\nuser = x\nto = a\n", 1, "to: invalid group 'a' (expected one path"},
		{RULE CAP, 1, "[rule r] requires 'when'"},
		{RULE "when = cpu > 1\n", 1, "[rule r] requires 'then' or 'step'"},
		{RULE CAP "when = cpuu > 1\n", 1,
		 "test:5: when: position 1: unknown field 'cpuu'; did you mean 'cpu'?"},
		{RULE CAP "when = cpu > 1\nuntil_for = 5s\n", 1, "'until_for' requires 'until'"},
		{RULE CAP "when = cpu > 1\nhold = 5m\nmax_hold = 1m\n", 1,
		 "'max_hold' is shorter than 'hold'"},
		{RULE "when = cpu > 1\nthen = limt cpu.max 50%\n", 1,
		 "test:5: then: unknown action 'limt'; did you mean 'limit'?"},
		{RULE "when = cpu > 1\nthen = limit cpu.maxx 50%\n", 1, "then: limit: "},
		{RULE "when = cpu > 1\nthen = limit cpu.max\n", 1, "limit requires a value"},
		{RULE "when = cpu > 1\nthen = freeze\n", 1, "freeze requires a maximum time"},
		{RULE "when = cpu > 1\nthen = tighten memory.max 10%\n", 1,
		 "tighten requires a floor"},
		{RULE "when = cpu > 1\nthen = kill TERMINATE\n", 1, "unknown signal 'TERMINATE'"},
		{RULE "when = cpu > 1\nthen = kill TERM grace 5s KILL\n", 1,
		 "'grace TIME' requires 'then SIGNAL'"},
		{RULE "when = cpu > 1\nthen = run sh -c x\n", 1, "run requires the absolute path"},
		{RULE "when = cpu > 1\nthen = limit memory.oom_kill_disable 1\n", 1,
		 "'memory.oom_kill_disable' can hang processes and can only be set by hand"},
		{"[limit a]\nmatch = /a\nmemory.oom_kill_disable = 1\n", 1,
		 "test:3: 'memory.oom_kill_disable' can hang processes and can only be set by "
		 "hand"},
		{RULE "when = cpu > 1\nthen = notify me\n", 1, "unexpected argument 'me'"},
		{RULE "when = cpu > 1\nthen = limit cpu.max 50% hold 5m\n", 1,
		 "'hold' is only valid in 'step'"},
		{RULE "when = cpu > 1\nthen = log\nthen = notify\nstep = log\n", 1,
		 "'then' and 'step' are mutually exclusive"},
		{RULE CAP "when = cpu > 1\nbackoff = 2\n", 1,
		 "backoff: invalid value '2' (expected a factor from 1x"},
		/* Metrics that cannot be summed over groups, and values without an order. */
		{RULE CAP "scope = all\nwhen = cpu > 90%\n", 1,
		 "scope: unknown value 'all' (expected each | sum)"},
		{RULE CAP "scope = sum\nwhen = memory.percent > 90\n", 1,
		 "[rule r] when: 'memory.percent' cannot be summed over groups"},
		{RULE CAP "scope = sum\nwhen = memory.current > 1G and age > 1h\n", 1,
		 "when: 'age' cannot be summed"},
		{RULE CAP "scope = sum\nwhen = cpu > 90%\nuntil = populated\n", 1,
		 "until: 'populated' cannot be summed"},
		{RULE "scope = sum\nwhen = memory.pressure.some.avg10 > 5\nthen = log\n", 1,
		 "when: 'memory.pressure.some.avg10' cannot be summed"},
		{RULE CAP "pick = memroy.current\nwhen = cpu > 90%\n", 1,
		 "pick: unknown field 'memroy.current'; did you mean 'memory.current'?"},
		{RULE CAP "pick = unit\nwhen = cpu > 90%\n", 1, "pick: 'unit' is text"},
		{"[limit a]\nmatch = /a\npids.max = 5\npick = cpu\n", 1,
		 "unknown key 'pick' in section [limit]; it belongs in section [rule]"},
		/* Conditions that depend on the rule's own effect. */
		{RULE CAP "when = cpu > 90%\nuntil = cpu < 50%\n", 1,
		 "'cpu < 50%' becomes true because of the rule's own cpu.max"},
		{RULE CAP "when = cpu > 90%\nuntil = cpu.usage.rate < 50%\n", 1, "own cpu.max"},
		{RULE "when = io > 9M\nthen = limit memory.high 1G\nuntil = memory.anon < 1G\n", 1,
		 "own memory.high"},
		{RULE "when = pids > 9\nthen = freeze 5s\nuntil = pids < 9\n", 1, "own freeze"},
		{RULE CAP "when = cpu > 90%\nuntil = cpu.throttled_percent < 5%\n", 1,
		 "requires max_hold"},
		{RULE CAP "when = pressure.cpu.some.avg10 > 90%\n", 1, "requires max_hold"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct reports reports = {0};
		const struct cgw_policy_reporter reporter = {add_report, &reports};
		struct cgw_policy *policy = NULL;

		if (cgw_policy_parse("test", rows[i].text, strlen(rows[i].text), &reporter,
				     &policy) != -EINVAL)
			fail_msg("accepted: %s", rows[i].text);
		if (reports.errors != rows[i].errors ||
		    strstr(reports.text, rows[i].expected) == NULL)
			fail_msg("%s-> %s, not %zu with: %s", rows[i].text, reports.text,
				 rows[i].errors, rows[i].expected);
	}
}

/* Valid variants of the rules above. */
static void valid_conditions(void **state)
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

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		cgw_policy_free(parse(texts[i]));
}

/* Lines that inih would silently misread. */
static void lines_inih_would_misread(void **state)
{
	struct reports reports = {0};
	const struct cgw_policy_reporter reporter = {add_report, &reports};
	struct cgw_policy *policy = NULL;
	char text[1024];
	size_t length;

	/* 197 bytes are accepted. */
	strcpy(text, "[limit a]\npids.max = 5\nmatch = /");
	length = strlen(text) - strlen("[limit a]\npids.max = 5\n");
	for (; length < 197; length++)
		strcat(text, "x");
	policy = parse(text);
	assert_int_equal(strlen(policy->sections[0]->selection.match.items[0]), 197 - 8);
	cgw_policy_free(policy);
	/* One more is rejected; its end is not read as a separate line. */
	strcat(text, "x\ncpu.max = 50%\n");
	assert_int_equal(cgw_policy_parse("test", text, strlen(text), &reporter, &policy), -EINVAL);
	assert_non_null(strstr(reports.text, "test:3: line too long (198 bytes, maximum 197)"));
	assert_int_equal(reports.errors, 1);
	memset(&reports, 0, sizeof(reports));
	assert_int_equal(cgw_policy_parse("test", "[policy]\n\0x = 1\n", 16, &reporter, &policy),
			 -EINVAL);
	assert_non_null(strstr(reports.text, "NUL"));
	memset(&reports, 0, sizeof(reports));
	strcpy(text, "[limit aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n");
	assert_int_equal(cgw_policy_parse("test", text, strlen(text), &reporter, &policy), -EINVAL);
	assert_non_null(strstr(reports.text, "section header too long (65 bytes, maximum 49)"));
}

static double parse_seconds(const char *text, size_t length)
{
	struct timespec from, to;
	struct cgw_policy *policy = NULL;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	if (cgw_policy_parse("test", text, length, NULL, &policy) == 0)
		cgw_policy_free(policy);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* The cost of each line does not depend on the number of lines: none of these takes 2 s of CPU. */
static void cost_is_linear_in_the_lines(void **state)
{
	static const struct {
		const char *head, *before, *after;
		unsigned lines;
	} rows[] = {
		{"", "[limit l", "]\nmatch = /a\npids.max = 5\n", 50000},
		{"", "[protect p", "]\nmatch = /a\n", 50000},
		{"[limit a]\nmatch = /a\n", "pids.mxx", " = 5\n", 4000},
		{"[limit a]\nmatch = /a\n", "io.max = 8:", " rbps=1M\n", 100000},
		{"[limit a]\nmatch = /a\n", "io.max.rbps = 8:", " 1M\n", 100000},
		{"[limit a]\npids.max = 5\nmatch = /a\n", "exclude = /b/", "\nmatch = /c\n", 60000},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(cleanup_free) char *text = NULL;
		double seconds;
		size_t length;
		FILE *out = open_memstream(&text, &length);

		assert_non_null(out);
		fputs(rows[i].head, out);
		for (unsigned line = 0; line < rows[i].lines; line++)
			fprintf(out, "%s%u%s", rows[i].before, line, rows[i].after);
		fclose(out);
		seconds = parse_seconds(text, length);
		if (seconds >= 2)
			fail_msg("%u times %sN%s take %.1f s", rows[i].lines, rows[i].before,
				 rows[i].after, seconds);
	}
}

static void files_and_directories(void **state)
{
	struct reports reports = {0};
	const struct cgw_policy_reporter reporter = {add_report, &reports};
	char directory[] = "/tmp/cgward-test-XXXXXX", path[128];
	struct cgw_policy *policy = NULL;
	static const struct {
		const char *name, *text;
	} parts[] = {{"20-b.conf", "[limit b]\nmatch = /b\npids.max = 5\n"},
		     {"10-a.conf", "[limit a]\nmatch = /a\npids.max = 5\n"},
		     {"30-c.conf.old", "nonsense\n"},
		     {".40-d.conf", "nonsense\n"}};

	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", directory, parts[i].name);
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
	assert_non_null(strstr(reports.text, "/nonexistent/x:0: cannot open: No such file"));
	snprintf(path, sizeof(path), "%s/10-a.conf", directory);
	assert_int_equal(chmod(path, 0666), 0);
	if (geteuid() == 0) {
		assert_int_equal(cgw_policy_load(path, NULL, &reporter, &policy), -EINVAL);
		assert_non_null(
			strstr(reports.text, "the file is writable by users other than root"));
		assert_int_equal(chmod(path, 0644), 0);
		assert_int_equal(chown(path, 12345, 0), 0);
		assert_int_equal(cgw_policy_load(path, NULL, &reporter, &policy), -EINVAL);
		assert_non_null(strstr(reports.text, "the file is owned by user 12345"));
		/* A directory to which others can write is rejected, too. */
		assert_int_equal(chown(path, 0, 0), 0);
		assert_int_equal(chmod(directory, 0775), 0);
		memset(&reports, 0, sizeof(reports));
		assert_int_equal(cgw_policy_load(path, directory, &reporter, &policy), -EINVAL);
		assert_non_null(strstr(reports.text,
				       ":0: the directory is writable by users other than root"));
		assert_int_equal(reports.errors, 1);
		assert_int_equal(chmod(directory, 0755), 0);
		assert_int_equal(chown(directory, 12345, 0), 0);
		assert_int_equal(cgw_policy_load(NULL, directory, &reporter, &policy), -EINVAL);
		assert_non_null(strstr(reports.text, "the directory is owned by user 12345"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, parts[i].name);
		(void)unlink(path);
	}
	(void)rmdir(directory);
}

/* The configuration files_and_directories that are installed. */
static void installed_files_are_valid(void **state)
{
	static const char *const names[] = {"cgward.conf", "examples/containers.conf",
					    "examples/memory.conf", "examples/oomd.conf",
					    "examples/users.conf"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[4096], text[16384];
		size_t length;
		FILE *file;

		snprintf(path, sizeof(path), "%s/../../config/%s", TEST_FIXTURES, names[i]);
		file = fopen(path, "r");
		if (file == NULL)
			fail_msg("cannot open %s", path);
		length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
		text[length] = '\0';
		cgw_policy_free(parse(text));
	}
}

/* The stricter of two values has the lower rank. */
static void stricter_value_has_lower_rank(void **state)
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
		{CGW_C_CPU_MAX, "40%", "50ms/100000"},   {CGW_C_CPU_MAX, "50000/100ms", "60%"},
	};
	const struct cgw_system_stat machine = {.memory_total_bytes = {UINT64_C(4) << 30, CGW_OK}};

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
		cmocka_unit_test(valid_file),
		cmocka_unit_test(errors_are_reported),
		cmocka_unit_test(valid_conditions),
		cmocka_unit_test(postmortem),
		cmocka_unit_test(record_and_metrics),
		cmocka_unit_test(lines_inih_would_misread),
		cmocka_unit_test(cost_is_linear_in_the_lines),
		cmocka_unit_test(files_and_directories),
		cmocka_unit_test(stricter_value_has_lower_rank),
		cmocka_unit_test(installed_files_are_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
