/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-remote-actions.c - other hosts on the screen: marked where they are slow or lost, asked before they are told. */
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "session.h"
#include "tree.h"

/* Stands in for ssh: notes who is told what, and answers as a cgward there would. */
static const char script[] = "#!/bin/sh\n"
			     "for last; do host=$before before=$last; done\n"
			     "echo \"$host: $last\" >>\"$0.told\"\n"
			     "case $last in\n"
			     "*refused*) echo \"it is protected\" >&2; exit 9 ;;\n"
			     "cgward\\ log*) printf 'one \\033[31mchange\\n' ;;\n"
			     "*--dry-run*) echo 'would be so'; exit 11 ;;\n"
			     "*) echo 'is so now' ;;\n"
			     "esac\n";

struct elsewhere {
	struct session session;
	struct tree_dir *tree;
	char program[300];
};

static void begin(struct elsewhere *elsewhere, const char *const *names, size_t count)
{
	session_begin(&elsewhere->session, 24, 100);
	elsewhere->tree = tree_new();
	tree_file(elsewhere->tree, "ssh", script);
	(void)snprintf(elsewhere->program, sizeof(elsewhere->program), "%s/ssh",
		       elsewhere->tree->path);
	assert_int_equal(chmod(elsewhere->program, 0755), 0);
	elsewhere->session.app->source_flags = SOURCE_REMOTE;
	elsewhere->session.app->source_name = "view";
	elsewhere->session.app->hosts =
		(struct app_hosts){.ssh = elsewhere->program, .names = names, .count = count};
}

static void end(struct elsewhere *elsewhere)
{
	session_end(&elsewhere->session);
	tree_free(elsewhere->tree);
}

/* Everything that was asked for. */
static void work(struct elsewhere *elsewhere)
{
	struct job *job;

	while ((job = job_pop(&elsewhere->session.app->jobs)) != NULL) {
		job->run(job);
		(void)app_job_done(elsewhere->session.app, job);
	}
}

/* What the last one was told, without its line's end. */
static void told(const struct elsewhere *elsewhere, const char *wanted)
{
	char path[320], line[512] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s.told", elsewhere->program);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		line[strcspn(line, "\n")] = '\0';
	(void)fclose(file);
	assert_string_equal(line, wanted);
}

static void one_host_is_asked_then_told(void **state)
{
	static const char *const names[] = {"admin@web1"};
	struct elsewhere elsewhere;
	struct session *session = &elsewhere.session;

	(void)state;
	begin(&elsewhere, names, 1);
	session_keys(session, "/");
	session_type(session, "nginx");
	session_keys(session, "Enter f");
	session_shows(session, "On host admin@web1:");
	session_shows(session, "cgward freeze");
	session_shows(session, "looking what it would hit");
	work(&elsewhere);
	session_shows(session, "would be so");
	told(&elsewhere,
	     "admin@web1: cgward freeze --dry-run --why by\\ hand,\\ in\\ cgward\\ top\\ --host "
	     "--if-id 5 -- "
	     "/system.slice/nginx.service");
	session_keys(session, "Enter");
	work(&elsewhere);
	told(&elsewhere, "admin@web1: cgward freeze --why by\\ hand,\\ in\\ cgward\\ top\\ --host "
			 "--if-id 5 -- "
			 "/system.slice/nginx.service");
	session_shows(session, "admin@web1: is so now");
	/* Left, nothing is told. */
	session_keys(session, "t");
	session_shows(session, "On host admin@web1:");
	session_keys(session, "Esc");
	work(&elsewhere);
	told(&elsewhere,
	     "admin@web1: cgward thaw --dry-run --why by\\ hand,\\ in\\ cgward\\ top\\ --host "
	     "--if-id 5 -- "
	     "/system.slice/nginx.service");
	end(&elsewhere);
}

static void several_hosts_are_told_apart(void **state)
{
	static const char *const names[] = {"system.slice", "user.slice"};
	struct elsewhere elsewhere;
	struct session *session = &elsewhere.session;

	(void)state;
	begin(&elsewhere, names, 2);
	session_keys(session, "/");
	session_type(session, "nginx");
	session_keys(session, "Enter F8");
	session_type(session, "pids.max=50 io.max.rbps=\"8:0 10M\"");
	session_keys(session, "Enter");
	session_shows(session, "On host system.slice:");
	work(&elsewhere);
	session_keys(session, "Enter");
	work(&elsewhere);
	told(&elsewhere,
	     "system.slice: cgward set --why by\\ hand,\\ in\\ cgward\\ top\\ --host "
	     "--if-id 5 --enable -- /nginx.service pids.max\\=50 io.max.rbps\\=8:0\\ 10M");
	/* A text that sets nothing stays in its line. */
	session_keys(session, "F8");
	session_type(session, "pids.max");
	session_keys(session, "Enter");
	session_shows(session, "memory.max=2G pids.max=100");
	session_keys(session, "Esc");
	/* Groups of two hosts at once, and the root that is none's. */
	session_keys(session, "Space Esc /");
	session_type(session, "session-3");
	session_keys(session, "Enter Space f");
	session_shows(session, "these groups are of several hosts");
	session_keys(session, "U Home f");
	session_shows(session, "that is no host");
	end(&elsewhere);
}

static void what_is_refused_there_is_not_asked(void **state)
{
	static const char *const names[] = {"refused"};
	struct elsewhere elsewhere;
	struct session *session = &elsewhere.session;

	(void)state;
	begin(&elsewhere, names, 1);
	session_keys(session, "/");
	session_type(session, "cron");
	session_keys(session, "Enter n");
	session_keys(session, "Esc n");
	session_type(session, "refused");
	session_keys(session, "Enter");
	work(&elsewhere);
	session_shows(session, "it is protected");
	session_hides(session, "Enter: do it");
	session_keys(session, "Enter");
	work(&elsewhere);
	told(&elsewhere,
	     "refused: cgward create --dry-run --why by\\ hand,\\ in\\ cgward\\ top\\ --host -- "
	     "/system.slice/cron.service/refused");
	session_keys(session, "Esc L");
	work(&elsewhere);
	session_shows(session, "one \\x1b[31mchange");
	told(&elsewhere, "refused: cgward log --count 100");
	end(&elsewhere);
}

static void read_only_tells_nobody(void **state)
{
	static const char *const names[] = {"web1"};
	struct elsewhere elsewhere;

	(void)state;
	begin(&elsewhere, names, 1);
	elsewhere.session.app->read_only = true;
	session_keys(&elsewhere.session, "f");
	session_shows(&elsewhere.session, "read-only");
	assert_null(job_pop(&elsewhere.session.app->jobs));
	end(&elsewhere);
}

static void slow_and_lost_hosts_are_marked(void **state)
{
	static const char *const names[] = {"system.slice", "user.slice"};
	struct elsewhere elsewhere;
	struct session *session = &elsewhere.session;

	(void)state;
	begin(&elsewhere, names, 2);
	session->app->hosts.states[0] = REMOTE_CONNECTED;
	session->app->hosts.states[1] = REMOTE_LOST;
	session_shows(session, "user.slice lost");
	session_hides(session, "system.slice lost");
	session->app->hosts.states[0] = REMOTE_SLOW;
	session_shows(session, "system.slice slow");
	session->app->hosts.count = 1;
	session->app->hosts.states[0] = REMOTE_LOST;
	session_hides(session, "user.slice lost");
	session_shows(session, "testhost  lost");
	end(&elsewhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_host_is_asked_then_told),
		cmocka_unit_test(several_hosts_are_told_apart),
		cmocka_unit_test(what_is_refused_there_is_not_asked),
		cmocka_unit_test(read_only_tells_nobody),
		cmocka_unit_test(slow_and_lost_hosts_are_marked),
	};

	/* Widths of characters are the locale's. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
