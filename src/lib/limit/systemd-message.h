/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-message.h - properties and processes as arguments of a message. */
#ifndef CGWARD_LIB_LIMIT_SYSTEMD_MESSAGE_H
#define CGWARD_LIB_LIMIT_SYSTEMD_MESSAGE_H

#include <systemd/sd-bus.h>

#include "lib/limit/systemd.h"

/* Appends a(sv). -EINVAL for a property of a type that is not ours. */
int systemd_append_properties(sd_bus_message *message, const struct systemd_property *properties,
			      size_t count);
/* One (sv) inside an open array. */
int systemd_append_property(sd_bus_message *message, const struct systemd_property *property);
/* Appends au. */
int systemd_append_pids(sd_bus_message *message, const pid_t *pids, size_t count);

#endif
