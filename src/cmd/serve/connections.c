/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* connections.c - the open connections of an endpoint, and which of them to end. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/serve/connections.h"
#include "lib/base/clock.h"

static void set_peer(struct connection *connection, const struct sockaddr *peer)
{
	if (peer != NULL && peer->sa_family == AF_INET)
		memcpy(connection->peer,
		       &((const struct sockaddr_in *)(const void *)peer)->sin_addr,
		       sizeof(struct in_addr));
	else if (peer != NULL && peer->sa_family == AF_INET6)
		memcpy(connection->peer,
		       &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr,
		       sizeof(struct in6_addr));
}

/* The library notices the end of the connection and closes it, which removes it here. */
static void end(struct connections *connections, struct connection *connection)
{
	(void)shutdown(connection->fd, SHUT_RDWR);
	connection->ended = true;
	connections->count--;
}

static size_t count_of_peer(const struct connections *connections, const uint8_t *peer)
{
	size_t count = 0;

	for (const struct connection *at = connections->oldest; at != NULL; at = at->next)
		count += !at->ended && memcmp(at->peer, peer, sizeof(at->peer)) == 0;
	return count;
}

/* Ends the oldest connection of the peer that has the most. */
static void end_one(struct connections *connections)
{
	struct connection *chosen = NULL;
	size_t most = 0;

	for (struct connection *at = connections->oldest; at != NULL; at = at->next) {
		size_t count = at->ended ? 0 : count_of_peer(connections, at->peer);

		if (count <= most)
			continue;
		most = count;
		chosen = at;
	}
	if (chosen != NULL)
		end(connections, chosen);
}

struct connection *connections_add(struct connections *connections, int fd,
				   const struct sockaddr *peer)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct connection **last = &connections->oldest;

	if (connection == NULL)
		return NULL;
	if (connections->count >= connections->count_max)
		end_one(connections);
	connection->fd = fd;
	connection->since_ns = clock_now_ns();
	set_peer(connection, peer);
	while (*last != NULL)
		last = &(*last)->next;
	*last = connection;
	connections->count++;
	return connection;
}

void connections_remove(struct connections *connections, struct connection *connection)
{
	struct connection **at = &connections->oldest;

	while (*at != NULL && *at != connection)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = connection->next;
	connections->count -= !connection->ended;
	free(connection);
}

void connections_end_late(struct connections *connections)
{
	uint64_t now_ns = clock_now_ns();

	for (struct connection *at = connections->oldest; at != NULL; at = at->next)
		if (!at->ended && now_ns - at->since_ns > connections->deadline_ns)
			end(connections, at);
}
