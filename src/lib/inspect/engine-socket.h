/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* engine-socket.h - one HTTP request to a container engine over its unix socket. */
#pragma once

#include <stddef.h>

/*
 * Sends GET `target` to the socket at `path`. Returns the terminated body, which the caller frees.
 * -ETIMEDOUT: no complete response within `timeout_ms`; -ENOENT: status 404; -EBADMSG: any other
 * status or an invalid response; else the error of the system call.
 */
int socket_get(const char *path, const char *target, unsigned timeout_ms, char **ret_body,
	       size_t *ret_length);
