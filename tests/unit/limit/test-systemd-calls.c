/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-systemd-calls.c - unit tests of calls to a fake service manager that replies, refuses,
 * does not reply or disconnects.
 */
#include "test.h"

#ifndef WITH_SYSTEMD

int main(void)
{
	return 77;
}

#else

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/limit/plan.h"
#include "lib/limit/systemd-bus.h"
#include "replaced-machine.h"
#include "tree.h"

#define MANAGER "org.freedesktop.systemd1.Manager"

/* The behaviour of the fake manager, and the calls that it received. */
static struct fake {
	struct tree_dir *dir;
	int listener;
	pthread_t thread;
	char address[320];
	_Atomic bool stop;
	_Atomic int connections;

	bool silent_freeze; /* no reply to FreezeUnit */
	bool refuse_thaw;
	bool drop_first;    /* the first connection is closed during the first call */
	bool drop_property; /* the connection is closed once instead of a reply with DropInPaths */
	bool exists_first;  /* the unit exists until it is reset */
	bool job_first;     /* JobRemoved is sent before the reply */
	const char *job_result;
	const char *unit_group;
	const char *load_state;
	const char *refusal; /* of denied.service */
	const char *drop_ins[3];
	bool unit_delegates;
	uint64_t watchdog_us;
	char log[1024]; /* the calls, each with its first string argument */
} fake;

static void note(const char *member, const char *text)
{
	size_t used = strlen(fake.log);

	snprintf(fake.log + used, sizeof(fake.log) - used, "%s(%s) ", member, text);
}

static int on_simple(sd_bus_message *message, void *context, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(message), *unit = "";

	(void)sd_bus_message_read(message, "s", &unit);
	note(member, unit);
	if (strcmp(unit, "gone.service") == 0)
		return sd_bus_error_set(error, "org.freedesktop.systemd1.NoSuchUnit", "Unit gone");
	if (strcmp(unit, "denied.service") == 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, fake.refusal);
	if (strcmp(member, "FreezeUnit") == 0 && fake.silent_freeze)
		return 1;
	if (strcmp(member, "ThawUnit") == 0 && fake.refuse_thaw)
		return sd_bus_error_set(error, SD_BUS_ERROR_FAILED, "still in progress");
	if (strcmp(member, "ResetFailedUnit") == 0)
		fake.exists_first = false;
	return sd_bus_reply_method_return(message, NULL);
}

static int send_job_removed(sd_bus *bus, const char *job)
{
	return sd_bus_emit_signal(bus, "/org/freedesktop/systemd1", MANAGER, "JobRemoved", "uoss",
				  7, job, "a.scope", fake.job_result);
}

static int on_job(sd_bus_message *message, void *context, sd_bus_error *error)
{
	sd_bus *bus = sd_bus_message_get_bus(message);
	const char *unit = "", *job = "/org/freedesktop/systemd1/job/7";
	int r;

	(void)sd_bus_message_read(message, "s", &unit);
	note(sd_bus_message_get_member(message), unit);
	if (fake.exists_first)
		return sd_bus_error_set(error, "org.freedesktop.systemd1.UnitExists", "exists");
	(void)send_job_removed(bus, "/org/freedesktop/systemd1/job/6"); /* of another job */
	if (fake.job_first)
		(void)send_job_removed(bus, job);
	r = sd_bus_reply_method_return(message, "o", job);
	if (!fake.job_first)
		(void)send_job_removed(bus, job);
	return r;
}

static int on_find(sd_bus_message *message, void *context, sd_bus_error *error)
{
	const char *path = "";

	(void)sd_bus_message_read(message, "s", &path);
	note("Find", path);
	if (fake.unit_group == NULL)
		return sd_bus_error_set(error, "org.freedesktop.systemd1.NoSuchUnit", "no unit");
	return sd_bus_reply_method_return(message, "o",
					  "/org/freedesktop/systemd1/unit/a_2eservice");
}

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
			sd_bus_message *reply, void *context, sd_bus_error *error)
{
	if (fake.drop_property && strcmp(property, "DropInPaths") == 0) {
		fake.drop_property = false;
		sd_bus_close(bus);
		return -ECONNRESET;
	}
	if (strcmp(property, "Delegate") == 0)
		return sd_bus_message_append(reply, "b", (int)fake.unit_delegates);
	if (strcmp(property, "WatchdogUSec") == 0)
		return sd_bus_message_append(reply, "t", fake.watchdog_us);
	if (strcmp(property, "LoadState") == 0)
		return sd_bus_message_append(reply, "s", fake.load_state);
	if (strcmp(property, "DropInPaths") == 0)
		return sd_bus_message_append_strv(reply, (char **)(uintptr_t)fake.drop_ins);
	return sd_bus_message_append(reply, "s",
				     strcmp(property, "Id") == 0 ? "a.service" : fake.unit_group);
}

static const sd_bus_vtable manager_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("GetUnit", "s", "o", on_find, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("LoadUnit", "s", "o", on_find, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Reload", "", "", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetUnitByControlGroup", "s", "o", on_find, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SetUnitProperties", "sba(sv)", "", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("FreezeUnit", "s", "", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ThawUnit", "s", "", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ResetFailedUnit", "s", "", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartTransientUnit", "ssa(sv)a(sa(sv))", "o", on_job,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable unit_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Id", "s", get_property, 0, 0),
	SD_BUS_PROPERTY("LoadState", "s", get_property, 0, 0),
	SD_BUS_PROPERTY("DropInPaths", "as", get_property, 0, 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable service_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("ControlGroup", "s", get_property, 0, 0),
	SD_BUS_PROPERTY("Delegate", "b", get_property, 0, 0),
	SD_BUS_PROPERTY("WatchdogUSec", "t", get_property, 0, 0),
	SD_BUS_VTABLE_END,
};

/* Serves one connection until the peer closes it. */
static void serve(int fd)
{
	static const char unit[] = "/org/freedesktop/systemd1/unit/a_2eservice";
	sd_id128_t id = {.bytes = {1}};
	sd_bus *bus;

	if (atomic_fetch_add(&fake.connections, 1) == 0 && fake.drop_first) {
		close(fd);
		return;
	}
	if (sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
	    sd_bus_set_server(bus, true, id) < 0 || sd_bus_start(bus) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/systemd1", MANAGER, manager_table,
				     NULL) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, unit, "org.freedesktop.systemd1.Unit", unit_table,
				     NULL) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, unit, "org.freedesktop.systemd1.Service",
				     service_table, NULL) < 0)
		abort();
	while (!fake.stop) {
		int r = sd_bus_process(bus, NULL);

		if (r == 0)
			r = sd_bus_wait(bus, 20000);
		if (r < 0 && r != -EINTR)
			break;
	}
	sd_bus_close_unref(bus);
}

static void *run_fake(void *context)
{
	while (!fake.stop) {
		int fd = accept4(fake.listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		serve(fd);
	}
	return NULL;
}

static int start_fake(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	fake = (struct fake){.dir = tree_new(), .job_result = "done"};
	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/bus", fake.dir->path);
	snprintf(fake.address, sizeof(fake.address), "unix:path=%s", address.sun_path);
	fake.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fake.listener, 8), 0);
	return pthread_create(&fake.thread, NULL, run_fake, NULL);
}

static int stop_fake(void **state)
{
	fake.stop = true;
	(void)shutdown(fake.listener, SHUT_RDWR);
	pthread_join(fake.thread, NULL);
	close(fake.listener);
	tree_free(fake.dir);
	return 0;
}

static struct systemd *connect_fake(void)
{
	struct systemd *systemd;

	assert_int_equal(systemd_open_at(fake.address, &systemd), 0);
	return systemd;
}

static const struct cgw_owner a_service = {.kind = CGW_OWNER_SYSTEMD, .unit = "a.service"};

static void test_calls_reach_manager(void **state)
{
	static const struct systemd_property memory = {
		.name = "MemoryMax", .type = "t", .number = 4096};
	const struct cgw_owner gone = {.kind = CGW_OWNER_SYSTEMD, .unit = "gone.service"};
	struct systemd *systemd = connect_fake();
	struct cgw_diag diag = {0};

	assert_int_equal(systemd_set(systemd, &a_service, &memory, 1, false, &diag), 0);
	assert_int_equal(systemd_freeze(systemd, &a_service, 0, &diag), 0);
	assert_int_equal(systemd_thaw(systemd, &a_service, 0, &diag), 0);
	assert_string_equal(fake.log, "SetUnitProperties(a.service) FreezeUnit(a.service) "
				      "ThawUnit(a.service) ");
	assert_int_equal(systemd_thaw(systemd, &gone, 0, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "Unit gone"));
	/* A freeze that was refused is not followed by a thaw. */
	fake.log[0] = '\0';
	assert_int_equal(systemd_freeze(systemd, &gone, 0, &diag), -ENOENT);
	assert_string_equal(fake.log, "FreezeUnit(gone.service) ");
	assert_int_equal(fake.connections, 1);
	systemd_close(systemd);
}

/* Messages that name no remedy are replaced, others are kept. */
static void test_refusal_names_who_may(void **state)
{
	static const char *const messages[][2] = {
		{"Permission denied", "root may"},
		{"Access denied", "root may"},
		{"Rejected send message, 1 matched rules", "the D-Bus policy does not allow it"},
		{"SELinux policy denies access: x", "SELinux policy denies access: x"},
	};
	const struct cgw_owner denied = {.kind = CGW_OWNER_SYSTEMD, .unit = "denied.service"};
	struct systemd *systemd = connect_fake();

	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		struct cgw_diag diag = {0};

		fake.refusal = messages[i][0];
		assert_int_equal(systemd_thaw(systemd, &denied, 0, &diag), -EACCES);
		if (strstr(diag.text, messages[i][1]) == NULL)
			fail_msg("%s: %s", messages[i][0], diag.text);
	}
	systemd_close(systemd);
}

static void test_freeze_timeout_thaws(void **state)
{
	struct systemd *systemd = connect_fake();
	struct cgw_diag diag = {0};

	fake.silent_freeze = true;
	assert_int_equal(systemd_freeze(systemd, &a_service, 200000000, &diag), -ETIMEDOUT);
	assert_string_equal(fake.log, "FreezeUnit(a.service) ThawUnit(a.service) ");
	assert_non_null(strstr(diag.text, "was thawed again"));
	fake.refuse_thaw = true;
	assert_int_equal(systemd_freeze(systemd, &a_service, 200000000, &diag), -EALREADY);
	assert_non_null(strstr(diag.text, "still in progress"));
	systemd_close(systemd);
}

/* A call is retried over a new connection, as after a daemon-reexec of PID 1. */
static void test_lost_connection_is_retried(void **state)
{
	struct systemd *systemd = connect_fake();
	struct cgw_diag diag = {0};

	fake.drop_first = true;
	assert_int_equal(systemd_thaw(systemd, &a_service, 0, &diag), 0);
	assert_int_equal(fake.connections, 2);
	assert_string_equal(fake.log, "ThawUnit(a.service) ");
	systemd_close(systemd);
}

static void test_missing_user_manager_fails(void **state)
{
	struct systemd *systemd;
	struct cgw_diag diag = {0};
	struct cgw_owner user = {
		.kind = CGW_OWNER_SYSTEMD_USER, .unit = "a.service", .uid = 4000000};

	assert_int_equal(systemd_open_at("unix:path=/nonexistent/bus", &systemd), 0);
	/* A missing user manager is reported without retries. */
	assert_int_equal(systemd_thaw(systemd, &user, 0, &diag), -EHOSTUNREACH);
	assert_non_null(strstr(diag.text, "user 4000000"));
	systemd_close(systemd);
}

static void test_scope_start(void **state)
{
	const pid_t pid = 1;
	const struct systemd_scope scope = {.unit = "a.scope",
					    .description = "a test",
					    .slice = "b.slice",
					    .pids = &pid,
					    .pid_count = 1};
	struct systemd *systemd = connect_fake();
	struct cgw_diag diag = {0};

	assert_int_equal(systemd_start_scope(systemd, &scope, &diag), 0);
	/* The job may finish before its path is known here. */
	fake.job_first = true;
	assert_int_equal(systemd_start_scope(systemd, &scope, &diag), 0);
	fake.log[0] = '\0';
	fake.exists_first = true;
	assert_int_equal(systemd_start_scope(systemd, &scope, &diag), 0);
	assert_string_equal(fake.log, "StartTransientUnit(a.scope) ResetFailedUnit(a.scope) "
				      "StartTransientUnit(a.scope) ");
	fake.job_result = "failed";
	assert_int_equal(systemd_start_scope(systemd, &scope, &diag), -EIO);
	assert_non_null(strstr(diag.text, "failed"));
	systemd_close(systemd);
}

/* A unit that is only an ancestor of the path is not its owner. */
static void test_owner_is_unit_at_path(void **state)
{
	static const struct {
		const char *path, *group;
		bool delegates;
		enum cgw_owner_kind kind;
	} rows[] = {
		{"/system.slice/a.service", "/system.slice/a.service", false, CGW_OWNER_SYSTEMD},
		{"/system.slice/a.service/x", "/system.slice/a.service", true, CGW_OWNER_DELEGATED},
		{"/system.slice/a.service/x", "/system.slice/a.service", false, CGW_OWNER_NONE},
		{"/stranger", "/", false, CGW_OWNER_NONE},
		{"/stranger", NULL, false, CGW_OWNER_NONE},
		{"/docker/0123456789abcdef", "/", false, CGW_OWNER_ENGINE},
	};
	struct systemd *systemd = connect_fake();
	struct cgw_diag diag = {0};
	struct cgw_owner owner;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake.unit_group = rows[i].group;
		fake.unit_delegates = rows[i].delegates;
		fake.log[0] = '\0';
		assert_int_equal(systemd_owner(systemd, NULL, rows[i].path, &owner, &diag), 0);
		assert_string_equal(diag.text, "");
		if (owner.kind != rows[i].kind)
			fail_msg("%s: %d", rows[i].path, (int)owner.kind);
	}
	/* Bytes for which D-Bus closes the connection are never sent. */
	fake.log[0] = '\0';
	assert_int_equal(systemd_owner(systemd, NULL, "/a/\xff", &owner, NULL), 0);
	assert_string_equal(fake.log, "Find(/a) ");
	assert_int_equal(fake.connections, 1);
	systemd_close(systemd);
}

static void test_watchdog_timeout_is_read(void **state)
{
	const struct cgw_owner nameless = {.kind = CGW_OWNER_SYSTEMD};
	struct systemd *systemd = connect_fake();

	fake.unit_group = "/system.slice/a.service";
	assert_int_equal(systemd_watchdog_us(systemd, &a_service), 0);
	fake.watchdog_us = 3000000;
	assert_int_equal(systemd_watchdog_us(systemd, &a_service), 3000000);
	fake.watchdog_us = UINT64_MAX; /* infinity */
	assert_int_equal(systemd_watchdog_us(systemd, &a_service), 0);
	fake.watchdog_us = 3000000;
	fake.unit_group = NULL;
	assert_int_equal(systemd_watchdog_us(systemd, &a_service), 0);
	assert_int_equal(systemd_watchdog_us(systemd, &nameless), 0);
	systemd_close(systemd);
}

static void test_unit_is_found_by_name(void **state)
{
	struct systemd *systemd = connect_fake();
	struct cgw_diag diag = {0};
	char group[64];

	fake.load_state = "loaded";
	fake.unit_group = "/other.slice/a.service";
	assert_int_equal(systemd_unit_group(systemd, &a_service, group, sizeof(group), &diag), 0);
	assert_string_equal(group, "/other.slice/a.service");
	assert_string_equal(fake.log, "Find(a.service) ");
	fake.unit_group = ""; /* stopped */
	assert_int_equal(systemd_unit_group(systemd, &a_service, group, sizeof(group), &diag), 0);
	assert_string_equal(group, "");
	fake.load_state = "not-found";
	assert_int_equal(systemd_unit_group(systemd, &a_service, group, sizeof(group), &diag),
			 -ENOENT);
	assert_non_null(strstr(diag.text, "no longer exists"));
	systemd_close(systemd);
}

static void test_new_drop_ins_are_found(void **state)
{
	struct systemd *systemd = connect_fake();
	struct cgw_diag diag = {0};
	char *list = NULL;

	fake.unit_group = "/a.service";
	fake.drop_ins[0] = "/etc/a.conf";
	fake.drop_ins[1] = "/run/b.conf";
	assert_int_equal(systemd_drop_ins(systemd, &a_service, &list, NULL), 0);
	assert_string_equal(list, "/etc/a.conf\n/run/b.conf\n");
	systemd_drop_ins_subtract(list, "/etc/a.con\n/etc/a.conf\n");
	assert_string_equal(list, "/run/b.conf\n");
	systemd_drop_ins_subtract(list, "");
	assert_string_equal(list, "/run/b.conf\n");
	free(list);
	fake.drop_property = true; /* the manager reloads between the two calls */
	assert_int_equal(systemd_drop_ins(systemd, &a_service, &list, NULL), 0);
	assert_string_equal(list, "/etc/a.conf\n/run/b.conf\n");
	free(list);
	fake.unit_group = NULL;
	assert_int_equal(systemd_drop_ins(systemd, &a_service, &list, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "no unit"));
	systemd_close(systemd);
}

/* Only files that set-property writes are removed, and the manager reads the units again, once. */
static void test_removed_drop_ins_are_reloaded(void **state)
{
	struct systemd *systemd = connect_fake();
	char ours[320], other[320], lines[700];

	fake.unit_group = "/a.service";
	(void)tree_at(fake.dir, "system.control/a.service.d/50-MemoryMax.conf", ours, sizeof(ours));
	tree_file(fake.dir, "system.control/a.service.d/50-MemoryMax.conf", "x");
	(void)tree_at(fake.dir, "a.service.d/override.conf", other, sizeof(other));
	tree_file(fake.dir, "a.service.d/override.conf", "x");
	assert_int_equal(systemd_freeze(systemd, &a_service, 0, NULL), 0); /* connects */
	assert_int_equal(systemd_reload(systemd, NULL), 0);
	fake.log[0] = '\0';
	snprintf(lines, sizeof(lines), "%s\n%s\n/nonexistent/system.control/x\n", ours, other);
	assert_int_equal(systemd_remove_drop_ins(systemd, &a_service, lines), 0);
	assert_int_equal(access(ours, F_OK), -1);
	*strrchr(ours, '/') = '\0';
	assert_int_equal(access(ours, F_OK), -1); /* the directory too */
	assert_int_equal(access(other, F_OK), 0);
	assert_int_equal(systemd_reload(systemd, NULL), 0);
	assert_int_equal(systemd_reload(systemd, NULL), 0);
	assert_string_equal(fake.log, "Reload() ");
	systemd_close(systemd);
}

/* systemd manages the groups below a unit that is not delegated, at any depth. */
static void test_group_below_unit_is_noted(void **state)
{
	static const struct {
		const char *path, *unit_group;
		bool delegates, noted;
	} rows[] = {
		{"/web/x", "/web", false, true}, {"/web/x/y", "/web", false, true},
		{"/web/x", "/web", true, false}, {"/web/x", "/other", false, false},
		{"/new", "/", false, false},     {"/new", NULL, false, false},
	};
	struct machine machine = machine_begin(2, false, false);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_limit_options options = machine_options(&machine);
		const struct cgw_step step = {.kind = CGW_STEP_CREATE, .path = rows[i].path};
		struct cgw_diag diag = {0};
		struct cgw_plan *plan = NULL;
		const struct cgw_result *result;

		fake.unit_group = rows[i].unit_group;
		fake.unit_delegates = rows[i].delegates;
		fake.load_state = "not-found";
		options.backend = CGW_BACKEND_AUTO;
		options.dry_run = true;
		assert_int_equal(cgw_plan_new(machine.layout, &options, &plan), 0);
		plan->systemd = connect_fake();
		plan->systemd_tried = true;
		assert_int_equal(cgw_plan_add(plan, &step, &diag), 0);
		assert_int_equal(cgw_plan_apply(plan), 0);
		result = cgw_plan_result(plan, 0);
		if ((strstr(result->diag.text, "Delegate=yes") != NULL) != rows[i].noted)
			fail_msg("%s: %s", rows[i].path, result->diag.text);
		if (rows[i].noted)
			assert_non_null(strstr(result->diag.text, "a.service is"));
		cgw_plan_free(plan);
	}
	(void)machine_end(&machine);
}

#define WITH_FAKE(test) cmocka_unit_test_setup_teardown(test, start_fake, stop_fake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FAKE(test_calls_reach_manager),
		WITH_FAKE(test_refusal_names_who_may),
		WITH_FAKE(test_freeze_timeout_thaws),
		WITH_FAKE(test_lost_connection_is_retried),
		WITH_FAKE(test_missing_user_manager_fails),
		WITH_FAKE(test_scope_start),
		WITH_FAKE(test_owner_is_unit_at_path),
		WITH_FAKE(test_group_below_unit_is_noted),
		WITH_FAKE(test_watchdog_timeout_is_read),
		WITH_FAKE(test_unit_is_found_by_name),
		WITH_FAKE(test_new_drop_ins_are_found),
		WITH_FAKE(test_removed_drop_ins_are_reloaded),
	};

	assert_int_equal(libsystemd_load(NULL), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
