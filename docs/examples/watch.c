/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch.c - print CPU, memory, effective memory limit and processes of a group every second.
 *
 *   cc watch.c $(pkg-config --cflags --libs cgward) -o watch && ./watch /system.slice 5
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cgward/model.h>
#include <cgward/render.h>

static const char *const keys[] = {"cpu", "memory.working_set", "memory.max.effective",
				   "pids.current"};
#define COLUMNS (sizeof(keys) / sizeof(keys[0]))

int main(int argc, char **argv)
{
	struct cgw_field fields[COLUMNS];
	struct cgw_metric_set metrics = {0};
	struct cgw_diag diag = {0};
	char title[64];
	struct cgw_layout *layout;
	struct cgw_sampler *sampler;
	struct cgw_snapshot *snapshot;
	struct cgw_frame *frame;
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 5;

	if (argc < 2) {
		fprintf(stderr, "usage: watch GROUP [ROUNDS]\n");
		return 2;
	}
	for (size_t i = 0; i < COLUMNS; i++) {
		if (cgw_field_parse(keys[i], &fields[i], &diag) < 0)
			return 1;
		cgw_field_metrics(fields[i], &metrics);
		cgw_field_title(fields[i], title, sizeof(title));
		printf("%s%s", title, i + 1 < COLUMNS ? "\t" : "\n");
	}
	if (cgw_layout_open(NULL, &layout, &diag) < 0 ||
	    cgw_sampler_new(layout, &(struct cgw_sampler_options){.below = argv[1]}, &sampler,
			    &diag) < 0 ||
	    cgw_sampler_set_metrics(sampler, &metrics) < 0 || cgw_frame_new(&frame) < 0) {
		fprintf(stderr, "watch: %s\n", diag.text);
		return 1;
	}
	/* A rate requires two samples: the first line contains "-" instead. */
	for (long round = 0; round < rounds; round++) {
		uint32_t group;

		if (round > 0)
			sleep(1);
		if (cgw_sampler_sample(sampler, &snapshot) < 0 ||
		    cgw_frame_update(frame, snapshot) < 0)
			return 1;
		cgw_snapshot_unref(snapshot); /* the frame holds it */
		group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(frame)), argv[1]);
		if (group == CGW_NO_GROUP) {
			fprintf(stderr, "watch: %s is gone\n", argv[1]);
			return 1;
		}
		for (size_t i = 0; i < COLUMNS; i++) {
			char text[64];

			(void)cgw_format_value(cgw_frame_value(frame, fields[i], group),
					       (enum cgw_unit)fields[i].unit, CGW_STYLE_HUMAN, text,
					       sizeof(text));
			printf("%s%s", text, i + 1 < COLUMNS ? "\t" : "\n");
		}
	}
	cgw_frame_free(frame);
	cgw_sampler_free(sampler);
	cgw_layout_free(layout);
	return 0;
}
