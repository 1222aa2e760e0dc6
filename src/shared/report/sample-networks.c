/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sample-networks.c - reads the network namespaces of a group once or twice. */
#include <errno.h>
#include <stdlib.h>

#include "shared/report/inspect-view.h"

/* Further network namespaces are listed, but not read. */
#define NETWORK_MAX 16

int view_read_networks(struct view *view, const struct cgw_inspection *inspection)
{
	view->networks = calloc(NETWORK_MAX, sizeof(*view->networks));
	if (view->networks == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < inspection->namespace_count; i++) {
		const struct cgw_namespace *namespace = &inspection->namespaces[i];
		struct view_network *network = &view->networks[view->network_count];

		if (namespace->kind != CGW_NAMESPACE_NETWORK || view->network_count == NETWORK_MAX)
			continue;
		network->namespace = namespace;
		network->error =
			cgw_network_read(view->layout, namespace->example_pid, &network->now);
		if (network->error == 0 && network->now->inode != namespace->inode) {
			/* The process has entered another namespace meanwhile. */
			network->now = cgw_network_free(network->now);
			network->error = -ESTALE;
		}
		view->network_count++;
	}
	return 0;
}

void view_networks_done(struct view *view)
{
	for (size_t i = 0; i < view->network_count; i++) {
		cgw_network_free(view->networks[i].before);
		cgw_network_free(view->networks[i].now);
	}
	free(view->networks);
	view->networks = NULL;
	view->network_count = 0;
}

int view_read_networks_again(struct view *view, struct view *before)
{
	int r = view_read_networks(view, view->now);

	for (size_t i = 0; i < view->network_count; i++)
		for (size_t j = 0; j < before->network_count; j++)
			if (view->networks[i].now != NULL && before->networks[j].now != NULL &&
			    view->networks[i].now->inode == before->networks[j].now->inode) {
				view->networks[i].before = before->networks[j].now;
				before->networks[j].now = NULL;
			}
	return r;
}
