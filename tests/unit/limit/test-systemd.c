/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-systemd.c - unit tests of path parsing, busctl command lines and D-Bus arguments. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/systemd-path.h"
#include "lib/limit/systemd.h"
#include "test.h"

#ifdef WITH_SYSTEMD
#include <sys/socket.h>

#include "lib/limit/systemd-message.h"
#endif

static void test_user_service_names(void **state)
{
	static const char *const bad[] = {
		"user@.service",
		"user@1000.slice",
		"user@-1.service",
		"user@1000x.service",
		"user@ 1",
		"user-1000.slice",
		"user@4294967295.service",
		"xuser@1.service",
		"user@",
		"user@+1000.service",
		"user@99999999999999999999.service",
	};
	uid_t uid = 7;

	assert_int_equal(systemd_user_of("user@1000.service", &uid), 0);
	assert_int_equal(uid, 1000);
	assert_int_equal(systemd_user_of("user@0.service", &uid), 0);
	assert_int_equal(uid, 0);
	uid = 7;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (systemd_user_of(bad[i], &uid) != -EINVAL || uid != 7)
			fail_msg("'%s' was accepted", bad[i]);
}

static void test_descendant_paths(void **state)
{
	assert_true(systemd_is_below("/a/b", "/a"));
	assert_true(systemd_is_below("/a", "/"));
	assert_false(systemd_is_below("/a", "/a"));
	assert_false(systemd_is_below("/ab", "/a"));
	assert_false(systemd_is_below("/", "/"));
	assert_false(systemd_is_below("/b/a", "/a"));
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_engines_by_path(void **state)
{
	static const struct {
		const char *path;
		const char *engine;
	} rows[] = {
		{"/docker/" ID, "docker"},
		{"/system.slice/docker-" ID ".scope", "docker"},
		{"/machine.slice/libpod-" ID ".scope", "podman"},
		{"/machine.slice/libpod-" ID ".scope/container", "podman"},
		{"/kubepods.slice/kubepods-burstable.slice/cri-containerd-" ID ".scope",
		 "containerd"},
		{"/kubepods/burstable/pod1/" ID, "kubernetes"},
		{"/lxc.payload.web", "lxc"},
		{"/lxc/web", "lxc"},
		{"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", "libvirt"},
		{"/system.slice/docker.service", NULL},
		{"/system.slice/docker-compose.service", NULL},
		{"/dockerish", NULL},
		{"/", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *engine = systemd_engine_of(rows[i].path);

		if (rows[i].engine == NULL ? engine != NULL
					   : engine == NULL || strcmp(engine, rows[i].engine) != 0)
			fail_msg("%s: %s", rows[i].path, engine != NULL ? engine : "none");
	}
}

static void test_units_by_path(void **state)
{
	static const struct {
		const char *path;
		const char *top; /* the unit's path, or "" */
		const char *unit;
		uid_t uid;
	} rows[] = {
		{"/system.slice/nginx.service", "/system.slice/nginx.service", "nginx.service",
		 (uid_t)-1},
		{"/system.slice/nginx.service/worker/1", "/system.slice/nginx.service",
		 "nginx.service", (uid_t)-1},
		{"/system.slice", "/system.slice", "system.slice", (uid_t)-1},
		{"/init.scope", "/init.scope", "init.scope", (uid_t)-1},
		{"/user.slice/user-1000.slice/user@1000.service",
		 "/user.slice/user-1000.slice/user@1000.service", "user@1000.service", (uid_t)-1},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope",
		 "/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope", "x.scope",
		 1000},
		{"/user.slice/user-1000.slice/user@1000.service/mine",
		 "/user.slice/user-1000.slice/user@1000.service", "user@1000.service", (uid_t)-1},
		{"/system.slice/a.service/b.service", "/system.slice/a.service", "a.service",
		 (uid_t)-1},
		{"/docker/" ID, "", "", (uid_t)-1},
		{"/system.slice/.service", "/system.slice", "system.slice", (uid_t)-1},
		{"/a b.service", "", "", (uid_t)-1},
		{"/\xff.service", "", "", (uid_t)-1},
		{"/", "", "", (uid_t)-1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char unit[256] = "";
		uid_t uid;
		size_t length = systemd_unit_from_path(rows[i].path, unit, sizeof(unit), &uid);

		if (length != strlen(rows[i].top) ||
		    strncmp(rows[i].path, rows[i].top, length) != 0 ||
		    strcmp(unit, rows[i].unit) != 0 || uid != rows[i].uid)
			fail_msg("%s: '%s' of %u, %zu bytes", rows[i].path, unit, (unsigned)uid,
				 length);
	}
}

/* D-Bus closes a connection on invalid UTF-8: such bytes are never sent. */
static void test_dbus_path_is_valid(void **state)
{
	char path[32];

	systemd_dbus_path("/a/b", path, sizeof(path));
	assert_string_equal(path, "/a/b");
	systemd_dbus_path("/a/\xff/c", path, sizeof(path));
	assert_string_equal(path, "/a");
	systemd_dbus_path("/\x1b[m", path, sizeof(path));
	assert_string_equal(path, "/");
	systemd_dbus_path("/", path, sizeof(path));
	assert_string_equal(path, "/");
	systemd_dbus_path("/a/0123456789012345678901234567890123456789", path, sizeof(path));
	assert_string_equal(path, "/a");
}

#define CALL                                                       \
	"call org.freedesktop.systemd1 /org/freedesktop/systemd1 " \
	"org.freedesktop.systemd1.Manager "

static void test_busctl_command_lines(void **state)
{
	static const uint8_t mask[] = {3, 128};
	static const struct systemd_property properties[] = {
		{.name = "MemoryMax", .type = "t", .number = UINT64_MAX},
		{.name = "AllowedCPUs", .type = "ay", .bytes = mask, .size = sizeof(mask)},
		{.name = "IOReadBandwidthMax",
		 .type = "a(st)",
		 .number = 1000,
		 .device = "/dev/vda"},
		{.name = "DevicePolicy", .type = "s", .text = "it's"},
		{.name = "DeviceAllow", .type = "a(ss)", .device = "/dev/null", .text = "rw"},
		{.name = "CPUAccounting", .type = "b", .number = 1},
	};
	struct cgw_owner owner = {.kind = CGW_OWNER_SYSTEMD, .unit = "dev-sd\\x2da.mount"};
	char text[1024], cut[24];
	size_t length = systemd_format_set(&owner, properties, ARRAY_SIZE(properties), false, text,
					   sizeof(text));

	assert_string_equal(text,
			    "busctl " CALL "SetUnitProperties 'sba(sv)' 'dev-sd\\x2da.mount' true 6"
			    " MemoryMax t 18446744073709551615 AllowedCPUs ay 2 3 128"
			    " IOReadBandwidthMax 'a(st)' 1 /dev/vda 1000"
			    " DevicePolicy s 'it'\\''s'"
			    " DeviceAllow 'a(ss)' 1 /dev/null rw CPUAccounting b true");
	assert_int_equal(length, strlen(text));
	assert_int_equal(systemd_format_set(&owner, properties, ARRAY_SIZE(properties), false, cut,
					    sizeof(cut)),
			 length);
	assert_memory_equal(cut, text, sizeof(cut) - 1);
	assert_int_equal(cut[sizeof(cut) - 1], '\0');
	owner = (struct cgw_owner){
		.kind = CGW_OWNER_SYSTEMD_USER, .unit = "a.service", .uid = 1000};
	systemd_format_set(&owner, properties, 1, true, text, sizeof(text));
	assert_string_equal(text, "busctl --user --machine=1000@.host " CALL
				  "SetUnitProperties 'sba(sv)' a.service false 1"
				  " MemoryMax t 18446744073709551615");
	systemd_format_unit(&owner, "FreezeUnit", text, sizeof(text));
	assert_string_equal(text,
			    "busctl --user --machine=1000@.host " CALL "FreezeUnit s a.service");
	owner.kind = CGW_OWNER_SYSTEMD;
	snprintf(owner.unit, sizeof(owner.unit), "%s", "\x1b]0;x\a.service");
	systemd_format_unit(&owner, "ThawUnit", text, sizeof(text));
	assert_string_equal(text, "busctl " CALL "ThawUnit s '\\x1b]0;x\\x07.service'");
}

#ifdef WITH_SYSTEMD

static void test_properties_are_appended(void **state)
{
	static const uint8_t mask[] = {1, 2};
	static const struct systemd_property properties[] = {
		{.name = "MemoryMax", .type = "t", .number = 4096},
		{.name = "AllowedCPUs", .type = "ay", .bytes = mask, .size = sizeof(mask)},
		{.name = "IOReadBandwidthMax",
		 .type = "a(st)",
		 .number = UINT64_MAX,
		 .device = "/dev/vda"},
		{.name = "DeviceAllow", .type = "a(ss)", .device = "/dev/null", .text = "rw"},
		{.name = "CPUAccounting", .type = "b", .number = 1},
		{.name = "DevicePolicy", .type = "s", .text = "closed"},
	};
	static const struct systemd_property unknown = {.name = "X", .type = "d"};
	const pid_t pids[] = {1, 4194304};
	sd_bus_message *message;
	const char *device, *text, *policy;
	const void *bytes;
	uint64_t memory, rate;
	size_t size;
	uint32_t first, second;
	int flag, fds[2];
	sd_bus *bus;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_true(sd_bus_new(&bus) >= 0);
	assert_true(sd_bus_set_fd(bus, fds[0], fds[0]) >= 0);
	assert_true(sd_bus_start(bus) >= 0);
	assert_true(sd_bus_message_new_method_call(bus, &message, "a.b", "/a", "a.b", "C") >= 0);
	assert_true(systemd_append_properties(message, properties, ARRAY_SIZE(properties)) >= 0);
	assert_true(systemd_append_pids(message, pids, ARRAY_SIZE(pids)) >= 0);
	assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
	assert_string_equal(sd_bus_message_get_signature(message, true), "a(sv)au");
	assert_true(sd_bus_message_enter_container(message, 'a', "(sv)") > 0);
	assert_true(sd_bus_message_read(message, "(sv)", NULL, "t", &memory) > 0);
	assert_int_equal(memory, 4096);
	assert_true(sd_bus_message_enter_container(message, 'r', "sv") > 0);
	assert_true(sd_bus_message_skip(message, "s") >= 0);
	assert_true(sd_bus_message_enter_container(message, 'v', "ay") > 0);
	assert_true(sd_bus_message_read_array(message, 'y', &bytes, &size) > 0);
	assert_int_equal(size, 2);
	assert_memory_equal(bytes, mask, 2);
	assert_true(sd_bus_message_exit_container(message) >= 0);
	assert_true(sd_bus_message_exit_container(message) >= 0);
	assert_true(sd_bus_message_read(message, "(sv)", NULL, "a(st)", 1, &device, &rate) > 0);
	assert_string_equal(device, "/dev/vda");
	assert_true(rate == UINT64_MAX);
	assert_true(sd_bus_message_read(message, "(sv)", NULL, "a(ss)", 1, &device, &text) > 0);
	assert_string_equal(text, "rw");
	assert_true(sd_bus_message_read(message, "(sv)", NULL, "b", &flag) > 0);
	assert_int_equal(flag, 1);
	assert_true(sd_bus_message_read(message, "(sv)", NULL, "s", &policy) > 0);
	assert_string_equal(policy, "closed");
	assert_true(sd_bus_message_exit_container(message) >= 0);
	assert_true(sd_bus_message_read(message, "au", 2, &first, &second) > 0);
	assert_int_equal(first, 1);
	assert_int_equal(second, 4194304);
	sd_bus_message_unref(message);
	assert_true(sd_bus_message_new_method_call(bus, &message, "a.b", "/a", "a.b", "C") >= 0);
	assert_int_equal(systemd_append_properties(message, &unknown, 1), -EINVAL);
	sd_bus_message_unref(message);
	sd_bus_close_unref(bus);
	close(fds[1]);
}

/* systemd takes an empty name for the caller's own unit. */
static void test_empty_unit_is_refused(void **state)
{
	const struct cgw_owner unmanaged = {.kind = CGW_OWNER_NONE};

	assert_int_equal(systemd_freeze(NULL, &unmanaged, 0, NULL), -EINVAL);
	assert_int_equal(systemd_thaw(NULL, &unmanaged, 0, NULL), -EINVAL);
	assert_int_equal(systemd_set(NULL, &unmanaged, NULL, 0, false, NULL), -EINVAL);
	assert_int_equal(systemd_attach(NULL, &unmanaged, "", NULL, 0, NULL), -EINVAL);
}

/* If systemd is not PID 1, no connection is tried. */
static void test_open_without_systemd_fails(void **state)
{
	struct systemd *systemd = NULL;

	if (sd_booted() > 0)
		skip();
	assert_int_equal(systemd_open(&systemd), -EHOSTDOWN);
	assert_null(systemd);
	assert_null(systemd_close(NULL));
}

#else

static void test_properties_are_appended(void **state)
{
	skip();
}

static void test_empty_unit_is_refused(void **state)
{
	skip();
}

static void test_open_without_systemd_fails(void **state)
{
	const struct cgw_owner owner = {.unit = "a.service"};
	struct systemd *systemd = NULL;
	struct cgw_diag diag = {0};

	assert_int_equal(systemd_open(&systemd), -EOPNOTSUPP);
	assert_int_equal(systemd_thaw(NULL, &owner, 0, &diag), -EOPNOTSUPP);
	assert_non_null(strstr(diag.text, "without systemd"));
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user_service_names),
		cmocka_unit_test(test_descendant_paths),
		cmocka_unit_test(test_engines_by_path),
		cmocka_unit_test(test_units_by_path),
		cmocka_unit_test(test_dbus_path_is_valid),
		cmocka_unit_test(test_busctl_command_lines),
		cmocka_unit_test(test_properties_are_appended),
		cmocka_unit_test(test_empty_unit_is_refused),
		cmocka_unit_test(test_open_without_systemd_fails),
	};

#ifdef WITH_SYSTEMD
	assert_int_equal(libsystemd_load(NULL), 0);
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
