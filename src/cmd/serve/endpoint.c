/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* endpoint.c - HTTP endpoint for Prometheus, using libmicrohttpd in the caller's event loop. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cmd/serve/connections.h"
#include "cmd/serve/endpoint.h"
#include "cmd/serve/listen-address.h"
#include "cmd/serve/microhttpd.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define CONNECTIONS_MAX 32
#define TIMEOUT_S       10
#define DEADLINE_S      60
/* Connections that were ended, until libmicrohttpd has closed them. */
#define CONNECTIONS_ENDING 8
/*
 * At its connection limit or without free descriptors, libmicrohttpd stops accepting and re-arms
 * accept() only on its next run, so run it on a timer.
 */
#define ACCEPT_RETRY_MS 1000
/* Limits the size of a request's header. */
#define CONNECTION_MEMORY_BYTES 16384

enum status {
	STATUS_OK,
	STATUS_NOT_FOUND,
	STATUS_NOT_ALLOWED,
	STATUS_FOREIGN_HOST,
	STATUS_FAILED,
	STATUS_UNHEALTHY
};
static const struct {
	unsigned code;
	const char *text;
} statuses[] = {
	[STATUS_OK] = {MHD_HTTP_OK, "200"},
	[STATUS_NOT_FOUND] = {MHD_HTTP_NOT_FOUND, "404"},
	[STATUS_NOT_ALLOWED] = {MHD_HTTP_METHOD_NOT_ALLOWED, "405"},
	[STATUS_FOREIGN_HOST] = {MHD_HTTP_FORBIDDEN, "403"},
	[STATUS_FAILED] = {MHD_HTTP_INTERNAL_SERVER_ERROR, "500"},
	[STATUS_UNHEALTHY] = {MHD_HTTP_SERVICE_UNAVAILABLE, "503"},
};

/* A response, shared by all connections that are sending it. */
struct answer {
	struct MHD_Response *response;
	uint64_t rendered_ns;
};

/* Buffer of a response, reused since page faults of a new one would cost more. */
struct body {
	struct endpoint *endpoint;
	char *text;
	size_t length, size;
};

struct endpoint {
	struct microhttpd http;
	struct endpoint_options options;
	struct address address;
	struct MHD_Daemon *daemon;
	int epoll_fd;
	struct connections connections;
	struct answer answers[CGW_EXPOSITION_TEXT + 1];
	struct body *spare; /* for the next response, or NULL */
	uint64_t requests[ARRAY_SIZE(statuses)];
};

static void body_free(struct body *body)
{
	if (body == NULL)
		return;
	free(body->text);
	free(body);
}

/* Called by libmicrohttpd when no connection uses the response any more. */
static void release_body(void *context)
{
	struct body *body = context;
	struct endpoint *endpoint = body->endpoint;

	/* Keep the larger buffer, but free one that has become much too large. */
	if (body->size / 4 > body->length ||
	    (endpoint->spare != NULL && endpoint->spare->size >= body->size)) {
		body_free(body);
		return;
	}
	body_free(endpoint->spare);
	endpoint->spare = body;
}

static struct body *get_body(struct endpoint *endpoint)
{
	struct body *body = endpoint->spare;

	endpoint->spare = NULL;
	if (body == NULL)
		body = calloc(1, sizeof(*body));
	if (body == NULL)
		return NULL;
	body->endpoint = endpoint;
	body->length = 0;
	return body;
}

static int append(void *context, const char *text, size_t length)
{
	struct body *body = context;

	if (body->size - body->length < length) {
		size_t size = 2 * body->size + length;
		char *larger = realloc(body->text, size);

		if (larger == NULL)
			return -ENOMEM;
		body->text = larger;
		body->size = size;
	}
	memcpy(body->text + body->length, text, length);
	body->length += length;
	return 0;
}

static enum MHD_Result send_answer(struct endpoint *endpoint, struct MHD_Connection *connection,
				   enum status status, struct MHD_Response *response)
{
	endpoint->requests[status]++;
	return endpoint->http.queue_response(connection, statuses[status].code, response);
}

/* Sends a constant string. */
static enum MHD_Result send_line(struct endpoint *endpoint, struct MHD_Connection *connection,
				 enum status status, const char *line)
{
	struct MHD_Response *response = endpoint->http.create_response_from_buffer(
		strlen(line), (void *)(uintptr_t)line, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result sent;

	if (response == NULL)
		return MHD_NO;
	(void)endpoint->http.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
						 "text/plain");
	if (status == STATUS_NOT_ALLOWED)
		(void)endpoint->http.add_response_header(response, MHD_HTTP_HEADER_ALLOW,
							 "GET, HEAD");
	sent = send_answer(endpoint, connection, status, response);
	endpoint->http.destroy_response(response);
	return sent;
}

static int render_answer(struct endpoint *endpoint, enum cgw_exposition_dialect dialect)
{
	struct answer *answer = &endpoint->answers[dialect];
	struct body *body;
	int r;

	/* Destroy the old response first, so that its buffer can be reused. */
	if (answer->response != NULL)
		endpoint->http.destroy_response(answer->response);
	answer->response = NULL;
	body = get_body(endpoint);
	if (body == NULL)
		return -ENOMEM;
	r = endpoint->options.metrics(endpoint->options.context, dialect, append, body);
	if (r == 0)
		answer->response =
			endpoint->http.create_response_from_buffer_with_free_callback_cls(
				body->length, body->text, release_body, body);
	if (answer->response == NULL) {
		release_body(body);
		return r < 0 ? r : -ENOMEM;
	}
	(void)endpoint->http.add_response_header(answer->response, MHD_HTTP_HEADER_CONTENT_TYPE,
						 cgw_exposition_content_type(dialect));
	(void)endpoint->http.add_response_header(answer->response, MHD_HTTP_HEADER_VARY,
						 MHD_HTTP_HEADER_ACCEPT);
	answer->rendered_ns = clock_now_ns();
	return 0;
}

static enum MHD_Result send_metrics(struct endpoint *endpoint, struct MHD_Connection *connection)
{
	const char *accept = endpoint->http.lookup_connection_value(connection, MHD_HEADER_KIND,
								    MHD_HTTP_HEADER_ACCEPT);
	enum cgw_exposition_dialect dialect =
		accept != NULL && strstr(accept, "application/openmetrics-text") != NULL
			? CGW_EXPOSITION_OPENMETRICS
			: CGW_EXPOSITION_TEXT;
	const struct answer *answer = &endpoint->answers[dialect];

	if ((answer->response == NULL ||
	     clock_now_ns() - answer->rendered_ns > endpoint->options.fresh_ns) &&
	    render_answer(endpoint, dialect) < 0)
		return send_line(endpoint, connection, STATUS_FAILED, "cannot collect metrics\n");
	return send_answer(endpoint, connection, STATUS_OK, answer->response);
}

static enum MHD_Result send_health(struct endpoint *endpoint, struct MHD_Connection *connection)
{
	if (endpoint->options.health(endpoint->options.context) < 0)
		return send_line(endpoint, connection, STATUS_UNHEALTHY, "unhealthy\n");
	return send_line(endpoint, connection, STATUS_OK, "ok\n");
}

static enum MHD_Result send_index(struct endpoint *endpoint, struct MHD_Connection *connection)
{
	return send_line(endpoint, connection, STATUS_OK, "cgward: /metrics /healthz\n");
}

static const struct {
	const char *path;
	enum MHD_Result (*send)(struct endpoint *endpoint, struct MHD_Connection *connection);
} pages[] = {{"/metrics", send_metrics}, {"/healthz", send_health}, {"/", send_index}};

/*
 * Whether a Host header names an address, or this host by its reserved name. A name of DNS may be
 * that of another site, which resolves to a loopback address only for the browser's next request.
 */
static bool is_local_host(const char *host)
{
	size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	struct in6_addr address;
	char name[64];

	if (length >= sizeof(name) || (host[0] == '[' && host[length - 1] == '\0'))
		return false;
	memcpy(name, host, length);
	name[length] = '\0';
	if (name[0] == '[') {
		name[length - 1] = '\0';
		return inet_pton(AF_INET6, name + 1, &address) == 1;
	}
	return inet_pton(AF_INET, name, &address) == 1 || strcasecmp(name, "localhost") == 0;
}

/* Clients that are not browsers may omit the header. */
static bool is_foreign(const struct endpoint *endpoint, struct MHD_Connection *connection)
{
	const char *host = endpoint->http.lookup_connection_value(connection, MHD_HEADER_KIND,
								  MHD_HTTP_HEADER_HOST);

	return endpoint->address.is_loopback && host != NULL && !is_local_host(host);
}

/* NOLINTNEXTLINE(readability-function-size): signature required by libmicrohttpd */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_length, void **request)
{
	struct endpoint *endpoint = context;

	/* The first call has only the header: refuse before the body arrives. */
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return send_line(endpoint, connection, STATUS_NOT_ALLOWED,
				 "only GET and HEAD are supported\n");
	if (*request == NULL) {
		*request = endpoint;
		return MHD_YES;
	}
	if (is_foreign(endpoint, connection))
		return send_line(endpoint, connection, STATUS_FOREIGN_HOST,
				 "unknown host (expected localhost or an IP address)\n");
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (strcmp(path, pages[i].path) == 0)
			return pages[i].send(endpoint, connection);
	return send_line(endpoint, connection, STATUS_NOT_FOUND,
			 "not found; see /metrics and /healthz\n");
}

static void notify_connection(void *context, struct MHD_Connection *connection, void **ret_socket,
			      enum MHD_ConnectionNotificationCode code)
{
	struct endpoint *endpoint = context;
	const union MHD_ConnectionInfo *fd, *peer;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		connections_remove(&endpoint->connections, *ret_socket);
		return;
	}
	fd = endpoint->http.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	peer = endpoint->http.get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (fd != NULL)
		*ret_socket = connections_add(&endpoint->connections, fd->connect_fd,
					      peer != NULL ? peer->client_addr : NULL);
}

static void notify_completed(void *context, struct MHD_Connection *connection, void **request,
			     enum MHD_RequestTerminationCode code)
{
	const struct endpoint *endpoint = context;
	const union MHD_ConnectionInfo *info =
		endpoint->http.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *connected = info != NULL ? info->socket_context : NULL;

	if (connected != NULL)
		connected->since_ns = clock_now_ns();
}

static int start(struct endpoint *endpoint)
{
	const struct endpoint_options *options = &endpoint->options;
	const union MHD_DaemonInfo *info;
	unsigned count_max =
		options->connections_max > 0 ? options->connections_max : CONNECTIONS_MAX;

	endpoint->connections.count_max = count_max;
	endpoint->connections.deadline_ns =
		(options->deadline_s > 0 ? options->deadline_s : DEADLINE_S) * NS_PER_S;
	endpoint->daemon = endpoint->http.start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, handle, endpoint, MHD_OPTION_LISTEN_SOCKET,
		endpoint->address.fd, MHD_OPTION_CONNECTION_LIMIT, count_max + CONNECTIONS_ENDING,
		MHD_OPTION_NOTIFY_CONNECTION, notify_connection, endpoint,
		MHD_OPTION_NOTIFY_COMPLETED, notify_completed, endpoint,
		MHD_OPTION_CONNECTION_TIMEOUT,
		options->timeout_s > 0 ? options->timeout_s : TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (endpoint->daemon == NULL)
		return -EIO;
	info = endpoint->http.get_daemon_info(endpoint->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		return -EIO;
	endpoint->epoll_fd = info->epoll_fd;
	return 0;
}

int endpoint_open(const struct endpoint_options *options, struct endpoint **ret_endpoint,
		  struct cgw_diag *diag)
{
	struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
	int r;

	if (endpoint == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	endpoint->options = *options;
	endpoint->address.fd = -1;
	r = microhttpd_load(&endpoint->http, diag);
	if (r == 0)
		r = address_open(options->listen != NULL ? options->listen : address_default(),
				 &endpoint->address, diag);
	if (r == 0) {
		r = start(endpoint);
		if (r < 0)
			cgw_diag_set(diag, r, "cannot start libmicrohttpd");
	}
	if (r < 0) {
		endpoint_close(endpoint);
		return r;
	}
	*ret_endpoint = endpoint;
	return 0;
}

struct endpoint *endpoint_close(struct endpoint *endpoint)
{
	if (endpoint == NULL)
		return NULL;
	if (endpoint->daemon != NULL) {
		/* Returns the socket, which address_close() closes. */
		(void)endpoint->http.quiesce_daemon(endpoint->daemon);
		endpoint->http.stop_daemon(endpoint->daemon);
	}
	address_close(&endpoint->address);
	for (size_t i = 0; i < ARRAY_SIZE(endpoint->answers); i++)
		if (endpoint->answers[i].response != NULL)
			endpoint->http.destroy_response(endpoint->answers[i].response);
	body_free(endpoint->spare);
	free(endpoint);
	return NULL;
}

const char *endpoint_address(const struct endpoint *endpoint)
{
	return endpoint->address.shown;
}

int endpoint_fd(const struct endpoint *endpoint)
{
	return endpoint->epoll_fd;
}

int endpoint_timeout_ms(const struct endpoint *endpoint)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	if (endpoint->http.get_timeout(endpoint->daemon, &timeout_ms) != MHD_YES)
		return ACCEPT_RETRY_MS;
	return timeout_ms > ACCEPT_RETRY_MS ? ACCEPT_RETRY_MS : (int)timeout_ms;
}

int endpoint_run(struct endpoint *endpoint)
{
	connections_end_late(&endpoint->connections);
	return endpoint->http.run(endpoint->daemon) == MHD_YES ? 0 : -EIO;
}

void endpoint_expose(const struct endpoint *endpoint, struct cgw_exposition *exposition)
{
	static const struct cgw_family requests = {
		"cgward_http_requests", "", "HTTP requests by status code", CGW_FAMILY_COUNTER};
	static const struct cgw_family connections = {"cgward_http_connections", "",
						      "Open connections to the endpoint",
						      CGW_FAMILY_GAUGE};
	const union MHD_DaemonInfo *info = endpoint->http.get_daemon_info(
		endpoint->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	cgw_exposition_family(exposition, &requests);
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		cgw_exposition_sample(exposition, &(struct cgw_label){"code", statuses[i].text}, 1,
				      endpoint->requests[i], 1);
	if (info == NULL)
		return;
	cgw_exposition_family(exposition, &connections);
	cgw_exposition_sample(exposition, NULL, 0, info->num_connections, 1);
}
