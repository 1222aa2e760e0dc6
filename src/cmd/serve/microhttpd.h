/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * microhttpd.h - load libmicrohttpd at run time.
 *
 * Linking it and its dependency GnuTLS would add a third to the startup time of every command.
 */
#pragma once

#include <microhttpd.h>

struct cgw_diag;

/* Functions of libmicrohttpd in use, without the MHD_ prefix. */
#define MICROHTTPD_FUNCTIONS(X)                               \
	X(add_response_header)                                \
	X(create_response_from_buffer)                        \
	X(create_response_from_buffer_with_free_callback_cls) \
	X(destroy_response)                                   \
	X(get_connection_info)                                \
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

/* Loads the library for the rest of the process. -ENOPKG: missing or incompatible. */
int microhttpd_load(struct microhttpd *http, struct cgw_diag *diag);
