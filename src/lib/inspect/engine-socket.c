/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * engine-socket.c - one HTTP request to a container engine over its unix socket.
 *
 * An HTTP/1.0 response is not chunked and ends with the connection, so no HTTP library is needed.
 * The engine is untrusted: the time and the size of its response are bounded.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/inspect/engine-socket.h"

#define RESPONSE_MAX_BYTES ((size_t)4 << 20)
#define FIRST_SIZE         8192

static int64_t now_ms(void)
{
	return (int64_t)(clock_now_ns() / NS_PER_MS);
}

static int wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};

	for (;;) {
		int64_t left = deadline_ms - now_ms();
		int r = left <= 0 ? 0 : poll(&poll_fd, 1, (int)left);

		if (r > 0)
			return 0;
		if (r == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static int connect_to(const char *path, int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close) int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* EAGAIN: the queue of the socket is full. A busy engine is treated as not answering. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int send_all(int fd, const char *text, size_t length, int64_t deadline_ms)
{
	while (length > 0) {
		ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EAGAIN) {
			int r = wait_for(fd, POLLOUT, deadline_ms);

			if (r < 0)
				return r;
			continue;
		}
		if (sent < 0)
			return -errno;
		text += sent;
		length -= (size_t)sent;
	}
	return 0;
}

static int receive_all(int fd, int64_t deadline_ms, char **ret_text, size_t *ret_length)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t used = 0, size = 0;

	for (;;) {
		ssize_t length;
		int r;

		if (used + 1 >= RESPONSE_MAX_BYTES)
			return -EFBIG;
		if (ARRAY_RESERVE(text, size, used == 0 ? FIRST_SIZE : used + 2) < 0)
			return -ENOMEM;
		r = wait_for(fd, POLLIN, deadline_ms);
		if (r < 0)
			return r;
		length = recv(fd, text + used, size - used - 1, 0);
		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (length < 0)
			return -errno;
		if (length == 0)
			break;
		used += (size_t)length;
	}
	text[used] = '\0';
	*ret_text = steal_pointer(&text);
	*ret_length = used;
	return 0;
}

/* Moves the body to the start of the buffer. -ENOENT: status 404; -EBADMSG: any other but 200. */
static int extract_body(char *response, size_t *length)
{
	char *body = strstr(response, "\r\n\r\n");
	long status;

	if (body == NULL || strncmp(response, "HTTP/1.", 7) != 0)
		return -EBADMSG;
	status = strtol(response + strcspn(response, " \r"), NULL, 10);
	if (status != 200)
		return status == 404 ? -ENOENT : -EBADMSG;
	body += 4;
	*length -= (size_t)(body - response);
	memmove(response, body, *length + 1);
	return 0;
}

int socket_get(const char *path, const char *target, unsigned timeout_ms, char **ret_body,
	       size_t *ret_length)
{
	int64_t deadline_ms = now_ms() + timeout_ms;
	CLEANUP(cleanup_close) int fd = -1;
	CLEANUP(cleanup_free) char *response = NULL;
	char request[512];
	size_t length = 0;
	int used, r;

	used = snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n",
			target);
	if (used < 0 || (size_t)used >= sizeof(request))
		return -ENAMETOOLONG;
	r = connect_to(path, &fd);
	if (r == 0)
		r = send_all(fd, request, (size_t)used, deadline_ms);
	if (r == 0)
		r = receive_all(fd, deadline_ms, &response, &length);
	if (r == 0 && response != NULL)
		r = extract_body(response, &length);
	if (r < 0)
		return r;
	*ret_body = steal_pointer(&response);
	*ret_length = length;
	return 0;
}
