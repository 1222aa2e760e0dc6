/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* consumer.c - third-party program: prints pids.current of a group through two layouts. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cgward/model.h>
#include <cgward/render.h>

static int show(const struct cgw_layout *layout, const char *path)
{
	const struct cgw_sampler_options options = {.once = true};
	struct cgw_metric_set metrics = {0};
	struct cgw_sampler *sampler;
	struct cgw_snapshot *snapshot;
	int r = cgw_sampler_new(layout, &options, &sampler, NULL);

	if (r < 0)
		return r;
	cgw_metric_set_add(&metrics, CGW_M_PIDS_CURRENT);
	r = cgw_sampler_set_metrics(sampler, &metrics);
	if (r == 0)
		r = cgw_sampler_sample(sampler, &snapshot);
	if (r == 0) {
		const struct cgw_topology *topology = cgw_snapshot_topology(snapshot);
		uint32_t group = cgw_topology_find(topology, path);
		struct cgw_number number = {0, CGW_GONE};

		if (group != CGW_NO_GROUP)
			number = cgw_snapshot_number(snapshot, CGW_M_PIDS_CURRENT, group);
		printf("%s %" PRIu64 "\n", cgw_state_name(number.state), number.value);
		cgw_snapshot_unref(snapshot);
	}
	cgw_sampler_free(sampler);
	return r;
}

int main(int argc, char **argv)
{
	struct cgw_layout *layout, *second;
	struct cgw_diag diag = {0};
	int r;

	if (argc != 2)
		return 2;
	/* Two layouts at the same time: the library has no global state. */
	r = cgw_layout_open(NULL, &layout, &diag);
	if (r == 0 && (r = cgw_layout_open(NULL, &second, &diag)) < 0)
		cgw_layout_free(layout);
	if (r < 0) {
		fprintf(stderr, "%s\n", diag.text);
		return 1;
	}
	r = show(layout, argv[1]);
	cgw_layout_free(layout);
	if (r == 0)
		r = show(second, argv[1]);
	cgw_layout_free(second);
	if (r < 0)
		fprintf(stderr, "%s\n", strerror(-r));
	return r < 0;
}
