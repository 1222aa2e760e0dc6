/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-endpoint.c - listening addresses, responses and limits of the HTTP endpoint. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/serve/endpoint.h"
#include "cmd/serve/listen-address.h"
#include "lib/base/cleanup.h"
#include "test.h"

static void test_listen_addresses(void **state)
{
	static const struct {
		const char *text;
		int expected;
	} cases[] = {
		{"127.0.0.1:0", 0},
		{"localhost:9753", -EINVAL},
		{"9753", -EINVAL},
		{"127.0.0.1:", -EINVAL},
		{"127.0.0.1:99999", -EINVAL},
		{"127.0.0.1:80x", -EINVAL},
		{":80", -EINVAL},
		{"::1:80", -EINVAL},
		{"[::1:80", -EINVAL},
		{"unix:relative", -EINVAL},
		{"unix:", -EINVAL},
		{"systemd", -EINVAL},
		{"", -EINVAL},
		{"192.0.2.1:0", -EADDRNOTAVAIL},
	};

	unsetenv("LISTEN_PID");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address address;
		struct cgw_diag diag = {0};
		int r = address_open(cases[i].text, &address, &diag);

		if (r != cases[i].expected)
			fail_msg("%s: %d %s", cases[i].text, r, diag.text);
		if (r == 0)
			address_close(&address);
		else
			assert_true(strlen(diag.text) > 20);
	}
}

/* A stale socket is replaced; a live socket or another file is not. */
static void test_unix_sockets(void **state)
{
	char directory[] = "/tmp/cgward-test-XXXXXX", path[64], text[80];
	struct address first, second;
	struct cgw_diag diag = {0};
	struct stat status;
	int fd;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/s", directory);
	snprintf(text, sizeof(text), "unix:%s", path);
	assert_int_equal(address_open(text, &first, &diag), 0);
	assert_int_equal(address_open(text, &second, &diag), -EADDRINUSE);
	close(first.fd); /* as after a crash: the file remains */
	first.fd = -1;
	assert_int_equal(address_open(text, &second, &diag), 0);
	address_close(&second);
	assert_int_equal(stat(path, &status), -1);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(address_open(text, &second, &diag), -EEXIST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
}

/* Runs in a child process: LISTEN_PID is its PID, and the socket is descriptor 3. */
static int use_passed_socket(void)
{
	struct address address;
	char pid[16];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (dup2(fd, 3) != 3 || strcmp(address_default(), ADDRESS_DEFAULT) != 0)
		return 1;
	snprintf(pid, sizeof(pid), "%d", (int)getpid() + 1);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (strcmp(address_default(), ADDRESS_DEFAULT) != 0) /* for another process */
		return 2;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	if (strcmp(address_default(), "systemd") != 0)
		return 3;
	if (address_open("systemd", &address, NULL) != -EINVAL) /* not listening */
		return 4;
	if (bind(3, &(const struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)) < 0 ||
	    listen(3, 1) < 0 || address_open("systemd", &address, NULL) < 0 || address.fd != 3)
		return 5;
	setenv("LISTEN_FDS", "2", 1);
	return address_open("systemd", &address, NULL) == -EINVAL ? 0 : 6;
}

static void test_passed_sockets(void **state)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(use_passed_socket());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

struct server {
	struct endpoint *endpoint;
	struct sockaddr_in name;
	int metrics_error, health_error;
	unsigned written;
};

static int metrics(void *context, enum cgw_exposition_dialect dialect, cgw_exposition_sink *sink,
		   void *sink_context)
{
	struct server *server = context;
	const char *text = dialect == CGW_EXPOSITION_OPENMETRICS ? "open\n" : "text\n";

	server->written++;
	if (server->metrics_error < 0)
		return server->metrics_error;
	return sink(sink_context, text, strlen(text));
}

static int health(void *context)
{
	return ((struct server *)context)->health_error;
}

static void server_start(struct server *server, struct endpoint_options options)
{
	struct cgw_diag diag = {0};
	unsigned port;

	options.listen = "127.0.0.1:0";
	options.metrics = metrics;
	options.health = health;
	options.context = server;
	if (endpoint_open(&options, &server->endpoint, &diag) < 0)
		fail_msg("%s", diag.text);
	assert_int_equal(
		sscanf(endpoint_address(server->endpoint), "http://127.0.0.1:%u/metrics", &port),
		1);
	server->name = (struct sockaddr_in){.sin_family = AF_INET,
					    .sin_port = htons((uint16_t)port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int dial(const struct server *server)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&server->name, sizeof(server->name)),
			 0);
	return fd;
}

/* For answers that arrive, also on a busy machine. */
#define PATIENT_MS 60000

/*
 * Runs the endpoint only when it is due, until it closes the connection (returns true) or
 * `patience_ms` is over. `answer` receives the response.
 */
static bool read_answer(struct server *server, int fd, char *answer, size_t size, int patience_ms)
{
	size_t length = 0;
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		struct pollfd waits[] = {{.fd = endpoint_fd(server->endpoint), .events = POLLIN},
					 {.fd = fd, .events = POLLIN}};
		int due_ms = endpoint_timeout_ms(server->endpoint);
		int wait_ms = due_ms < 0 || due_ms > patience_ms ? patience_ms : due_ms;
		ssize_t n;

		if (poll(waits, 2, wait_ms) == 0 ? wait_ms == due_ms : waits[0].revents != 0)
			assert_int_equal(endpoint_run(server->endpoint), 0);
		n = recv(fd, answer + length, size - 1 - length, MSG_DONTWAIT);
		if (n > 0)
			length += (size_t)n;
		answer[length] = '\0';
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 >
		    patience_ms)
			return false;
	}
}

static void request_page(struct server *server, const char *request, char *answer, size_t size)
{
	CLEANUP(cleanup_close) int fd = dial(server);

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	assert_true(read_answer(server, fd, answer, size, PATIENT_MS));
}

#define HEAD(method, path, more) \
	method " " path " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" more "\r\n"

static void test_responses(void **state)
{
	static const struct {
		const char *request, *status, *body;
	} cases[] = {
		{HEAD("GET", "/metrics", ""), "HTTP/1.1 200", "\r\n\r\ntext\n"},
		{HEAD("GET", "/metrics",
		      "Accept: application/openmetrics-text;version=1.0.0,*/*\r\n"),
		 "HTTP/1.1 200", "\r\n\r\nopen\n"},
		{HEAD("GET", "/metrics?x=1", ""), "HTTP/1.1 200", "\r\n\r\ntext\n"},
		{HEAD("GET", "/healthz", ""), "HTTP/1.1 200", "\r\n\r\nok\n"},
		{HEAD("GET", "/", ""), "HTTP/1.1 200", "/metrics"},
		{HEAD("GET", "/../etc/passwd", ""), "HTTP/1.1 404", "not found"},
		{HEAD("GET", "/metricsx", ""), "HTTP/1.1 404", "not found"},
		{HEAD("POST", "/metrics", "Content-Length: 4\r\n") "body", "HTTP/1.1 405",
		 "Allow: GET"},
		{HEAD("DELETE", "/metrics", ""), "HTTP/1.1 405", "Allow: GET"},
		{HEAD("HEAD", "/metrics", ""), "HTTP/1.1 200", "Content-Length: 5"},
		{"\x16\x03\x01 no http\r\n\r\n", "HTTP/1.1 4", ""},
	};
	struct server server = {0};
	char answer[4096];

	server_start(&server, (struct endpoint_options){.fresh_ns = UINT64_C(3600000000000)});
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		request_page(&server, cases[i].request, answer, sizeof(answer));
		if (strncmp(answer, cases[i].status, strlen(cases[i].status)) != 0 ||
		    strstr(answer, cases[i].body) == NULL)
			fail_msg("%s\n%s", cases[i].request, answer);
	}
	/* Once per dialect: fresh responses are reused. */
	assert_int_equal(server.written, 2);
	endpoint_close(server.endpoint);
}

static void test_failures_are_reported(void **state)
{
	struct server server = {.metrics_error = -ENOENT, .health_error = -ENOENT};
	char answer[4096];

	server_start(&server, (struct endpoint_options){.fresh_ns = 0});
	request_page(&server, HEAD("GET", "/metrics", ""), answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 500", 12), 0);
	request_page(&server, HEAD("GET", "/healthz", ""), answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 503", 12), 0);
	server.metrics_error = 0;
	request_page(&server, HEAD("GET", "/metrics", ""), answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
	assert_int_equal(server.written, 2);
	endpoint_close(server.endpoint);
}

#define HOST(name) "GET /metrics HTTP/1.1\r\nConnection: close\r\nHost: " name "\r\n\r\n"

/* A web page can make its name resolve to a loopback address, but cannot change the header. */
static void test_host_names_of_others_are_refused(void **state)
{
	static const struct {
		const char *request;
		bool foreign;
	} rows[] = {
		{HOST("localhost"), false},
		{HOST("LocalHost:9753"), false},
		{HOST("127.0.0.1:9753"), false},
		{HOST("127.8.9.1"), false},
		{HOST("[::1]:9753"), false},
		{"GET /metrics HTTP/1.0\r\n\r\n", false},
		{HOST("rebind.example:9753"), true},
		{HOST("127.0.0.1.example"), true},
		{HOST("localhost.example"), true},
		{HOST("notlocalhost"), true},
		{HOST("[::1"), true},
		{HOST("[evil]"), true},
		{HOST("2130706433"), true},
		{HOST("a.very.long.name.of.a.host.that.is.longer.than.any.address.can.be.example"),
		 true},
	};
	struct server server = {0};
	char answer[4096];

	server_start(&server, (struct endpoint_options){0});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *expected = rows[i].foreign ? " 403 " : " 200 ";

		request_page(&server, rows[i].request, answer, sizeof(answer));
		if (strncmp(answer + strlen("HTTP/1.1"), expected, strlen(expected)) != 0)
			fail_msg("%s\n%s", rows[i].request, answer);
	}
	endpoint_close(server.endpoint);
}

static int dial_from(const struct server *server, const char *source)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(inet_pton(AF_INET, source, &from.sin_addr), 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&server->name, sizeof(server->name)),
			 0);
	return fd;
}

/* One more than the limit: the peer with the most connections loses its oldest one. */
static void test_each_peer_has_its_share_of_connections(void **state)
{
	static const char page[] = HEAD("GET", "/metrics", "");
	struct server server = {0};
	char answer[4096];
	int greedy[40], other;

	server_start(&server, (struct endpoint_options){.connections_max = 8});
	other = dial_from(&server, "127.0.0.2");
	for (size_t i = 0; i < ARRAY_SIZE(greedy); i++) {
		greedy[i] = dial(&server);
		assert_false(read_answer(&server, greedy[i], answer, sizeof(answer), 1));
	}
	/* The first are closed, the last are not. */
	assert_true(read_answer(&server, greedy[0], answer, sizeof(answer), PATIENT_MS));
	assert_false(read_answer(&server, greedy[39], answer, sizeof(answer), 10));
	/* Both peers are served at once. */
	request_page(&server, page, answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
	assert_int_equal(send(other, page, strlen(page), MSG_NOSIGNAL), strlen(page));
	assert_true(read_answer(&server, other, answer, sizeof(answer), PATIENT_MS));
	assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
	close(other);
	for (size_t i = 0; i < ARRAY_SIZE(greedy); i++)
		close(greedy[i]);
	endpoint_close(server.endpoint);
}

/* A byte now and then keeps a connection from being idle, but not beyond its deadline. */
static void test_slow_requests_have_a_deadline(void **state)
{
	struct server server = {0};
	bool closed = false;
	char answer[4096];
	int slow;

	server_start(&server, (struct endpoint_options){.timeout_s = 60, .deadline_s = 1});
	slow = dial(&server);
	for (int i = 0; i < 100 && !closed; i++) {
		(void)send(slow, "G", 1, MSG_NOSIGNAL);
		closed = read_answer(&server, slow, answer, sizeof(answer), 50);
	}
	assert_true(closed);
	close(slow);
	endpoint_close(server.endpoint);
}

static void test_idle_connections_time_out(void **state)
{
	struct server server = {0};
	char answer[4096];
	int idle;

	server_start(&server, (struct endpoint_options){.timeout_s = 1});
	idle = dial(&server);
	assert_true(read_answer(&server, idle, answer, sizeof(answer), PATIENT_MS));
	close(idle);
	endpoint_close(server.endpoint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen_addresses),
		cmocka_unit_test(test_unix_sockets),
		cmocka_unit_test(test_passed_sockets),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_failures_are_reported),
		cmocka_unit_test(test_host_names_of_others_are_refused),
		cmocka_unit_test(test_each_peer_has_its_share_of_connections),
		cmocka_unit_test(test_slow_requests_have_a_deadline),
		cmocka_unit_test(test_idle_connections_time_out),
	};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
