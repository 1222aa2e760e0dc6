/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-property.h - properties and processes as arguments of a message. */
#ifndef CGWARD_LIMIT_SYSTEMD_PROPERTY_H
#define CGWARD_LIMIT_SYSTEMD_PROPERTY_H

#include <systemd/sd-bus.h>

#include "limit/systemd.h"

/* Appends a(sv). -EINVAL for a property of a type that is not ours. */
int systemd_append_properties(sd_bus_message *message, const struct systemd_property *properties,
			      size_t count);
/* One (sv) inside an open array. */
int systemd_append_property(sd_bus_message *message, const struct systemd_property *property);
/* Appends au. */
int systemd_append_pids(sd_bus_message *message, const pid_t *pids, size_t count);

#endif
