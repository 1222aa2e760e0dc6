/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz-sample.c - decode any payload of a sample, without checksums. The first two bytes are the
 * length of the first payload, the rest is the second one. Decoded samples are encoded and decoded
 * again.
 */
#include "fuzz.h"
#include "lib/recording/sample-code.h"

static const struct sample_times times = {1, 2};

static void read_all_values(const struct cgw_snapshot *now)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(now);
	char path[256];

	for (uint32_t i = 0; i < topology->count; i++) {
		FUZZ_CHECK(i == 0 ? topology->parent[i] == CGW_NO_GROUP : topology->parent[i] < i);
		FUZZ_CHECK(topology->below[i] < topology->count - i);
		(void)cgw_topology_path(topology, i, path, sizeof(path));
		for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++) {
			enum cgw_state state;
			size_t count;
			const char *text = cgw_snapshot_text(now, metric, i, &state);
			const struct cgw_instance *instances =
				cgw_snapshot_instances(now, metric, i, &count);

			FUZZ_CHECK(state < CGW_STATE_COUNT);
			FUZZ_CHECK(text == NULL || strlen(text) < SIZE_MAX);
			for (size_t j = 0; j < count; j++)
				FUZZ_CHECK(strlen(instances[j].name) < SIZE_MAX);
		}
	}
}

static void encode_and_decode(struct cgw_snapshot *now)
{
	static const struct cgw_recorder_options options;
	struct encoder encoder = {.options = &options};
	struct layout_list layouts = {0};
	struct decoder decoder = {.layouts = &layouts};
	const struct event_list events = {0};
	struct bytes payload = {0};
	struct cgw_frame *frame;
	struct cursor in;

	if (cgw_frame_new(&frame) < 0 || cgw_frame_update(frame, now) < 0 ||
	    sample_encode(&encoder, frame, true, &events, &payload) < 0)
		abort();
	in = (struct cursor){payload.data, payload.data + payload.length, false};
	FUZZ_CHECK(sample_decode(&decoder, true, &times, &in) == 0);
	FUZZ_CHECK(decoder.last->topology->view.count == now->topology->view.count);
	for (uint32_t i = 0; i < now->topology->view.count; i++)
		FUZZ_CHECK(decoder.last->read_ns[i] == now->read_ns[i]);
	decoder_done(&decoder);
	layout_list_done(&layouts);
	bytes_done(&payload);
	encoder_done(&encoder);
	cgw_frame_free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length = size >= 2 ? (size_t)load_le(data, 2) : 0;
	struct layout_list layouts = {0};
	struct decoder decoder = {.layouts = &layouts};
	struct cursor in;

	if (size < 2 || length > size - 2)
		return 0;
	in = (struct cursor){data + 2, data + 2 + length, false};
	if (sample_decode(&decoder, true, &times, &in) == 0) {
		read_all_values(decoder.last);
		encode_and_decode(decoder.last);
		in = (struct cursor){data + 2 + length, data + size, false};
		if (sample_decode(&decoder, false, &times, &in) == 0) {
			read_all_values(decoder.last);
			encode_and_decode(decoder.last);
		}
	}
	decoder_done(&decoder);
	layout_list_done(&layouts);
	return 0;
}
