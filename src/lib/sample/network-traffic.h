/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* network-traffic.h - what the network namespaces of a group's processes carried. */
#ifndef CGWARD_LIB_SAMPLE_NETWORK_TRAFFIC_H
#define CGWARD_LIB_SAMPLE_NETWORK_TRAFFIC_H

#include "lib/metric/decode.h"
#include "lib/sample/group-tree.h"

/*
 * Fills the slots of the wants by their keys: "received", "sent", "namespace". Absent where the group
 * has no process of its own, or none outside of the host's network.
 */
void network_count(const struct cgw_layout *layout, const struct tree_group *group,
		   size_t hierarchy, const struct decode_request *wants, size_t want_count,
		   struct cgw_number *out);

#endif
