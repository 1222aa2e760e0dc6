/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* engine-socket.h - one question to an engine over its unix socket. */
#ifndef CGWARD_LIB_INSPECT_ENGINE_SOCKET_H
#define CGWARD_LIB_INSPECT_ENGINE_SOCKET_H

#include <stddef.h>

/*
 * GET `target` by plain HTTP from the socket at `path`; the body is terminated, the caller frees it.
 * All of it takes no longer than `timeout_ms`: -ETIMEDOUT. -ENOENT: the engine knows no such thing;
 * -EBADMSG: it answered something else than it should; else the error of the call.
 */
int socket_get(const char *path, const char *target, unsigned timeout_ms, char **ret_body,
	       size_t *ret_length);

#endif
