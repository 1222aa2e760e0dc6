/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* listen-address.c - open a listening socket: IP address and port, Unix socket, or systemd's. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "cmd/serve/listen-address.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"

#define BACKLOG 32
/* The first descriptor that systemd passes. */
#define LISTEN_FDS_START 3

static void set_shown(struct address *address, const char *text)
{
	cgw_escape(address->shown, sizeof(address->shown), text, strlen(text));
}

static int invalid_address(const char *text, struct cgw_diag *diag)
{
	return cgw_diag_set(diag, -EINVAL,
			    "invalid listen address '%s' (expected ADDRESS:PORT in numbers, "
			    "[ADDRESS]:PORT, unix:/PATH or systemd)",
			    ESCAPED(160, text));
}

/* Splits "127.0.0.1:9753"; returns false if the syntax is invalid. */
static bool split(const char *text, char host[64], char port[8])
{
	const char *colon = strrchr(text, ':');
	size_t length = colon != NULL ? (size_t)(colon - text) : 0;

	if (colon == NULL || strlen(colon + 1) == 0 || strlen(colon + 1) > 5 ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	    strtoul(colon + 1, NULL, 10) > UINT16_MAX)
		return false;
	if (text[0] == '[') {
		if (length < 3 || text[length - 1] != ']')
			return false;
		text++;
		length -= 2;
	} else if (memchr(text, ':', length) != NULL) {
		return false;
	}
	if (length == 0 || length >= 64)
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	memcpy(port, colon + 1, strlen(colon + 1) + 1);
	return true;
}

/* Formats the bound address: the kernel chose the port if 0 was requested. */
static int show_bound_port(struct address *address)
{
	struct sockaddr_storage bound = {0};
	socklen_t length = sizeof(bound);
	char host[64], port[8];
	bool six;

	if (getsockname(address->fd, (struct sockaddr *)&bound, &length) < 0)
		return -errno;
	if (getnameinfo((struct sockaddr *)&bound, length, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return -EINVAL;
	six = bound.ss_family == AF_INET6;
	snprintf(address->shown, sizeof(address->shown), "http://%s%s%s:%s/metrics", six ? "[" : "",
		 host, six ? "]" : "", port);
	return 0;
}

static int open_internet(const char *text, struct address *address, struct cgw_diag *diag)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char host[64], port[8];
	const int on = 1;
	int r = 0;

	if (!split(text, host, port) || getaddrinfo(host, port, &hints, &found) != 0)
		return invalid_address(text, diag);
	address->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (address->fd < 0)
		r = -errno;
	if (r == 0)
		(void)setsockopt(address->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (r == 0 && bind(address->fd, found->ai_addr, found->ai_addrlen) < 0)
		r = -errno;
	freeaddrinfo(found);
	if (r == 0 && listen(address->fd, BACKLOG) < 0)
		r = -errno;
	return r == 0 ? show_bound_port(address) : r;
}

/* Removes a socket file without a listener; any other file is an error. */
static int remove_stale(const struct sockaddr_un *name)
{
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (lstat(name->sun_path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0)
		return -EADDRINUSE;
	if (errno != ECONNREFUSED)
		return -errno;
	return unlink(name->sun_path) < 0 ? -errno : 0;
}

static int open_unix(const char *path, struct address *address, struct cgw_diag *diag)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int r;

	if (path[0] != '/' || strlen(path) >= sizeof(name.sun_path))
		return cgw_diag_set(diag, -EINVAL,
				    "unix: requires an absolute path of at most %zu bytes",
				    sizeof(name.sun_path) - 1);
	memcpy(name.sun_path, path, strlen(path) + 1);
	set_shown(address, path);
	r = remove_stale(&name);
	if (r < 0)
		return r;
	address->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (address->fd < 0)
		return -errno;
	if (bind(address->fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		return -errno;
	memcpy(address->path, name.sun_path, sizeof(address->path));
	return listen(address->fd, BACKLOG) < 0 ? -errno : 0;
}

/* The protocol of sd_listen_fds(3), implemented here to avoid linking libsystemd. */
static bool is_socket_passed(void)
{
	const char *pid = getenv("LISTEN_PID");

	return pid != NULL && getenv("LISTEN_FDS") != NULL && strtol(pid, NULL, 10) == getpid();
}

const char *address_default(void)
{
	return is_socket_passed() ? "systemd" : ADDRESS_DEFAULT;
}

static int open_systemd(struct address *address, struct cgw_diag *diag)
{
	const char *count = getenv("LISTEN_FDS");
	int listening = 0;
	socklen_t length = sizeof(listening);
	int flags;

	if (!is_socket_passed() || count == NULL)
		return cgw_diag_set(
			diag, -EINVAL,
			"systemd passed no socket (start the service through its .socket unit)");
	if (strcmp(count, "1") != 0)
		return cgw_diag_set(diag, -EINVAL, "systemd passed %s sockets (expected 1)", count);
	if (getsockopt(LISTEN_FDS_START, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0 ||
	    !listening)
		return cgw_diag_set(diag, -EINVAL,
				    "the descriptor passed by systemd is not a listening socket");
	flags = fcntl(LISTEN_FDS_START, F_GETFL);
	if (flags < 0 || fcntl(LISTEN_FDS_START, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(LISTEN_FDS_START, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	address->fd = LISTEN_FDS_START;
	set_shown(address, "socket passed by systemd");
	return 0;
}

static bool is_loopback(int fd)
{
	struct sockaddr_storage bound = {0};
	socklen_t length = sizeof(bound);
	const void *address = &bound;

	if (getsockname(fd, (struct sockaddr *)&bound, &length) < 0)
		return false;
	if (bound.ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 ==
		       IN_LOOPBACKNET;
	return bound.ss_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

int address_open(const char *text, struct address *ret_address, struct cgw_diag *diag)
{
	struct address address = {.fd = -1};
	int r;

	if (strcmp(text, "systemd") == 0)
		r = open_systemd(&address, diag);
	else if (strncmp(text, "unix:", 5) == 0)
		r = open_unix(text + 5, &address, diag);
	else
		r = open_internet(text, &address, diag);
	if (r == 0) {
		address.is_loopback = is_loopback(address.fd);
		*ret_address = address;
		return 0;
	}
	address_close(&address);
	if (diag != NULL && diag->text[0] == '\0')
		return cgw_diag_set(diag, r, "cannot listen on %s: %s", ESCAPED(160, text),
				    strerror(-r));
	return r;
}

void address_close(struct address *address)
{
	if (address->fd >= 0)
		close(address->fd);
	if (address->path[0] != '\0')
		(void)unlink(address->path);
	address->fd = -1;
	address->path[0] = '\0';
}
