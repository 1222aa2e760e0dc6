/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-message.h - properties and PIDs as arguments of a D-Bus message. */
#pragma once

#include "lib/base/libsystemd.h"

#include "lib/limit/systemd.h"

/* Appends a(sv). -EINVAL: unknown property type. */
int systemd_append_properties(sd_bus_message *message, const struct systemd_property *properties,
			      size_t count);
/* Appends one (sv) to an open array. */
int systemd_append_property(sd_bus_message *message, const struct systemd_property *property);
/* Appends au. */
int systemd_append_pids(sd_bus_message *message, const pid_t *pids, size_t count);
