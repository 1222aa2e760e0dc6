/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-container-names.c - container names from state files, log links and sockets. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "test.h"
#include "tree.h"
#include <cgward/inspect.h>

#define ID  "4f2f0c3b6a5d4e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7"
#define POD "8dbc0f50-6dd5-4a0e-9b5f-0123456789ab"

/* For answers that arrive, also on a busy machine. */
#define PATIENT_MS 60000

static struct cgw_names resolve_within(struct tree_dir *tree, const char *path, unsigned timeout_ms)
{
	struct cgw_names_options options = {.state_root = tree->path, .timeout_ms = timeout_ms};
	struct cgw_identity identity;
	struct cgw_names names;

	cgw_identity_from_path(path, &identity);
	cgw_names_resolve(&identity, &options, &names);
	return names;
}

static struct cgw_names resolve(struct tree_dir *tree, const char *path)
{
	return resolve_within(tree, path, PATIENT_MS);
}

/* Without options, the files of this machine are read, which has no such container. */
static void test_without_options(void **state)
{
	struct cgw_identity identity;
	struct cgw_names names;

	cgw_identity_from_path("/machine.slice/libpod-" ID ".scope", &identity);
	assert_int_equal(identity.kind, CGW_IDENTITY_CONTAINER);
	cgw_names_resolve(&identity, NULL, &names);
	assert_string_equal(names.source, "");
}

static void test_state_files(void **state)
{
	struct tree_dir *tree = tree_new();
	struct cgw_names names;

	tree_file(tree, "var/lib/docker/containers/" ID "/config.v2.json",
		  "{\"ID\":\"" ID "\",\"Name\":\"/web\",\"Config\":{\"Image\":\"nginx:1\","
		  "\"Labels\":{\"io.kubernetes.pod.name\":\"shop\"}}}");
	names = resolve(tree, "/system.slice/docker-" ID ".scope");
	assert_string_equal(names.name, "web");
	assert_string_equal(names.image, "nginx:1");
	assert_string_equal(names.pod, "shop");
	assert_string_equal(names.source + strlen(tree->path),
			    "/var/lib/docker/containers/" ID "/config.v2.json");

	tree_file(tree, "var/lib/containers/storage/overlay-containers/containers.json",
		  "[{\"id\":\"ffff\",\"names\":[\"no\"]},{\"id\":\"" ID "\",\"names\":[\"db\"],"
		  "\"metadata\":\"{\\\"image-name\\\":\\\"postgres\\\"}\"}]");
	names = resolve(tree, "/machine.slice/libpod-" ID ".scope");
	assert_string_equal(names.name, "db");
	assert_string_equal(names.image, "postgres");

	tree_file(tree, "run/systemd/machines/box-1", "# x\nNAME=box-1\nCLASS=container\n");
	names = resolve(tree, "/machine.slice/systemd-nspawn@box\\x2d1.service");
	assert_string_equal(names.name, "box-1");
	assert_string_equal(names.role, "container");
	tree_free(tree);
}

static void test_kubelet_logs(void **state)
{
	struct tree_dir *tree = tree_new();
	struct cgw_names names;

	tree_file(tree, "var/log/containers/web-7d_shop_nginx-" ID ".log", "");
	tree_file(tree, "var/log/containers/unlike.log", "");
	tree_directory(tree, "var/log/pods/shop_web-7d_" POD);
	tree_directory(tree, "var/log/pods/shop_other_" POD "0");
	names = resolve(tree, "/kubepods/burstable/pod" POD "/" ID);
	assert_string_equal(names.pod, "web-7d");
	assert_string_equal(names.pod_namespace, "shop");
	assert_string_equal(names.role, "nginx");
	names = resolve(tree, "/kubepods/burstable/pod" POD);
	assert_string_equal(names.name, "web-7d");
	assert_string_equal(names.pod_namespace, "shop");
	tree_free(tree);
}

/* Invalid or missing files and malicious identifiers yield no name. */
static void test_no_name(void **state)
{
	struct tree_dir *tree = tree_new();
	struct cgw_names names;

	names = resolve(tree, "/docker/" ID);
	assert_string_equal(names.name, "");
	assert_string_equal(names.problem, "");
	tree_file(tree, "var/lib/docker/containers/" ID "/config.v2.json", "{\"Name\":");
	names = resolve(tree, "/docker/" ID);
	assert_string_equal(names.name, "");
	assert_string_not_equal(names.problem, "");
	tree_file(tree, "run/systemd/x", "CLASS=stolen\n");
	names = resolve(tree, "/machine.slice/systemd-nspawn@\\x2e\\x2e\\x2fx.service");
	assert_string_equal(names.role, "");
	tree_directory(tree, "run/systemd/machines");
	names = resolve(tree, "/machine.slice/systemd-nspawn@\\x2e\\x2e.service");
	assert_string_equal(names.name, "");
	assert_string_equal(names.problem, ""); /* the directory above was not opened */
	names = resolve(tree, "/system.slice/cron.service");
	assert_string_equal(names.name, "");
	tree_free(tree);
}

/* An engine that answers one request, or hangs. */
struct engine {
	int fd;
	const char *response; /* NULL: do not answer */
	char request[512];
};

static void *serve(void *context)
{
	struct engine *engine = context;
	struct pollfd poll_fd = {.events = POLLIN};
	int fd = accept(engine->fd, NULL, NULL);
	ssize_t length = recv(fd, engine->request, sizeof(engine->request) - 1, 0);

	if (length > 0 && engine->response != NULL)
		(void)!write(fd, engine->response, strlen(engine->response));
	poll_fd.fd = fd;
	if (engine->response == NULL)
		(void)poll(&poll_fd, 1, -1); /* until the client closes */
	close(fd);
	return NULL;
}

static struct cgw_names resolve_from_socket(struct tree_dir *tree, struct engine *engine,
					    unsigned timeout_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct cgw_names names;
	pthread_t thread;

	snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/run/docker.sock", tree->path);
	unlink(address.sun_path);
	engine->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(engine->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(engine->fd, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, engine), 0);
	names = resolve_within(tree, "/docker/" ID, timeout_ms);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(engine->fd);
	return names;
}

static void test_engine_socket(void **state)
{
	struct engine engine = {.response =
					"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
					"{\"Name\":\"/api\",\"Config\":{\"Image\":\"go\"}}"};
	struct tree_dir *tree = tree_new();
	struct cgw_names names;

	tree_directory(tree, "run");
	names = resolve_from_socket(tree, &engine, PATIENT_MS);
	assert_string_equal(names.name, "api");
	assert_string_equal(names.image, "go");
	assert_non_null(strstr(engine.request, "GET /containers/" ID "/json HTTP/1.0\r\n"));
	engine.response = "HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"no\"}";
	names = resolve_from_socket(tree, &engine, PATIENT_MS);
	assert_string_equal(names.name, "");
	assert_string_equal(names.problem, ""); /* an unknown container is not an error */
	engine.response = "gibberish";
	names = resolve_from_socket(tree, &engine, PATIENT_MS);
	assert_string_equal(names.name, "");
	assert_string_not_equal(names.problem, "");
	engine.response = NULL;
	names = resolve_from_socket(tree, &engine, 10);
	assert_string_equal(names.name, "");
	assert_non_null(strstr(names.problem, "timed out"));
	tree_free(tree);
}

static void assert_found(struct tree_dir *tree, const char *what, const char *expected)
{
	const struct cgw_names_options options = {.state_root = tree->path};
	char cgroup[300], proc[300];
	const struct cgw_roots roots = {.cgroup = cgroup, .proc = proc};
	struct cgw_layout *layout = NULL;
	CLEANUP(cleanup_free) char *path = NULL;
	struct cgw_diag diag = {0};
	int r;

	(void)tree_at(tree, "cgroup", cgroup, sizeof(cgroup));
	(void)tree_at(tree, "proc", proc, sizeof(proc));
	assert_int_equal(cgw_layout_open(&roots, &layout, &diag), 0);
	r = cgw_names_find(layout, what, UINT32_MAX, &options, &path, &diag);
	if (r < 0 ? strstr(diag.text, expected) == NULL : strcmp(path, expected) != 0)
		fail_msg("%s: got %s, expected %s", what, r < 0 ? diag.text : path, expected);
	cgw_layout_free(layout);
}

static void test_group_is_found_by_name(void **state)
{
	struct tree_dir *tree = tree_new();
	char store[400];

	tree_file(tree, "proc/self/mountinfo",
		  "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	tree_directory(tree, "cgroup/machine.slice/libpod-" ID ".scope/container");
	tree_directory(tree, "cgroup/system.slice/docker-" ID ".scope");
	tree_directory(tree, "cgroup/other/db");
	tree_file(tree, "var/lib/containers/storage/overlay-containers/containers.json",
		  "[{\"id\":\"" ID "\",\"names\":[\"db\"]}]");
	tree_file(tree, "var/lib/docker/containers/" ID "/config.v2.json",
		  "{\"ID\":\"" ID "\",\"Name\":\"/web\"}");
	assert_found(tree, "web", "/system.slice/docker-" ID ".scope");
	assert_found(tree, "db", "/other/db"); /* what a path contains comes first */
	assert_found(tree, "we",
		     "no such group 'we' (expected a path, a systemd unit, a container");
	tree_file(tree, "var/lib/containers/storage/overlay-containers/containers.json",
		  "[{\"id\":\"" ID "\",\"names\":[\"mail\"]}]");
	assert_found(tree, "mail", "/machine.slice/libpod-" ID ".scope/container");
	tree_file(tree, "var/lib/containers/storage/overlay-containers/containers.json",
		  "[{\"id\":\"" ID "\",\"names\":[\"web\"]}]");
	assert_found(tree, "web", "several groups match: ");
	tree_file(tree, "var/lib/containers/storage/overlay-containers/containers.json", "[");
	(void)tree_at(tree, "var/lib/containers/storage", store, sizeof(store));
	assert_found(tree, "mail", "names of containers could not be read: ");
	assert_found(tree, "mail", store);
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_options),
		cmocka_unit_test(test_state_files),
		cmocka_unit_test(test_kubelet_logs),
		cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_engine_socket),
		cmocka_unit_test(test_group_is_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
