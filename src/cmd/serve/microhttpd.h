/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * microhttpd.h - libmicrohttpd, loaded by those who serve.
 *
 * Linked in, it and the GnuTLS that it brings along would be a third of what every start of cgward costs,
 * of those too that never serve.
 */
#ifndef CGWARD_CMD_SERVE_MICROHTTPD_H
#define CGWARD_CMD_SERVE_MICROHTTPD_H

#include <microhttpd.h>

struct cgw_diag;

/* Each function of libmicrohttpd that is used here, without its prefix. */
#define MICROHTTPD_FUNCTIONS(X)                               \
	X(add_response_header)                                \
	X(create_response_from_buffer)                        \
	X(create_response_from_buffer_with_free_callback_cls) \
	X(destroy_response)                                   \
	X(get_daemon_info)                                    \
	X(get_timeout)                                        \
	X(lookup_connection_value)                            \
	X(queue_response)                                     \
	X(quiesce_daemon)                                     \
	X(run)                                                \
	X(start_daemon)                                       \
	X(stop_daemon)

#define MICROHTTPD_FIELD(function) __typeof__(MHD_##function) *function;
struct microhttpd {
	MICROHTTPD_FUNCTIONS(MICROHTTPD_FIELD)
};
#undef MICROHTTPD_FIELD

/* Loads the library that cgward was built with; it stays loaded. -ENOPKG: it is not there, or is another. */
int microhttpd_load(struct microhttpd *http, struct cgw_diag *diag);

#endif
