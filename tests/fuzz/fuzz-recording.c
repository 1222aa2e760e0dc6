/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-recording.c - replay any file as a recording: forwards, backwards, by event and by time. */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include <cgward/recording.h>

static void replay_all(struct cgw_replay *replay)
{
	struct cgw_recording_info info;
	unsigned samples = 0;
	size_t count;

	while (samples < 1000 && cgw_replay_next(replay) > 0) {
		const struct cgw_snapshot *now = cgw_replay_snapshot(replay);

		FUZZ_CHECK(now != NULL && cgw_snapshot_topology(now)->count > 0);
		FUZZ_CHECK(cgw_frame_now(cgw_replay_frame(replay)) == now);
		(void)cgw_replay_events(replay, &count);
		samples++;
	}
	(void)cgw_replay_previous(replay);
	(void)cgw_replay_next_event(replay, CGW_EVENT_EVERY_KIND);
	(void)cgw_replay_previous_event(replay, CGW_EVENT_EVERY_KIND);
	cgw_replay_info(replay, &info);
	(void)cgw_replay_seek(replay, info.first_ns);
	(void)cgw_replay_seek(replay, info.last_ns);
	(void)cgw_replay_last(replay);
	(void)cgw_replay_first(replay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);
	struct cgw_replay *replay;
	struct cgw_diag diag = {0};
	char path[64];

	if (fd < 0)
		abort();
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (cgw_replay_open(path, &replay, &diag) == 0) {
		replay_all(replay);
		cgw_replay_free(replay);
	} else {
		FUZZ_CHECK(diag.text[0] != '\0');
	}
	close(fd);
	return 0;
}
