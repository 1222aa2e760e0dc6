/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* setting-properties.h - settings as arguments of systemd's SetUnitProperties. */
#pragma once

#include "lib/limit/control-value.h"
#include "lib/limit/systemd.h"

struct properties {
	struct systemd_property items[2];
	size_t count;
	char device[64];
	uint8_t bits[1024];
};

/* Does systemd manage this control on a hierarchy of that version? */
bool properties_apply(const struct control_row *row, unsigned version);

/*
 * -EOPNOTSUPP for a value that systemd cannot express. Properties that would keep a part of the
 * current value `now` (may be NULL), such as the period of a quota, are set too.
 */
int properties_from(const struct cgw_layout *layout, const struct control_row *row,
		    const struct setting *setting, const struct setting *now,
		    struct properties *ret_properties);
