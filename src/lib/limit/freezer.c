/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* freezer.c - common interface to the v1 freezer and v2's cgroup.freeze. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/freezer.h"
#include "lib/limit/members.h"

static unsigned version_of(const struct target *target)
{
	return target->layout->hierarchies[target->hierarchy].version;
}

const char *freezer_file(const struct target *target)
{
	return version_of(target) == 1 ? "freezer.state" : "cgroup.freeze";
}

const char *freezer_word(const struct target *target, bool freeze)
{
	if (version_of(target) == 1)
		return freeze ? "FROZEN" : "THAWED";
	return freeze ? "1" : "0";
}

static bool has_processes(const struct target *target)
{
	uint64_t populated = 0;

	return target_number(target, CGW_M_CGROUP_POPULATED, &populated) == 0 && populated == 1;
}

int freezer_open(const struct cgw_layout *layout, const char *path, struct target *ret_target)
{
	const int places[] = {cgw_layout_find(layout, CGW_FREEZER), cgw_layout_find_v2(layout)};
	int error = -EOPNOTSUPP;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct target target;
		bool beside;
		int r;

		if (places[i] < 0)
			continue;
		/*
		 * On a hybrid layout the v2 directory of this name may contain none of the
		 * processes, or all of them: systemd puts a unit into a v1 hierarchy only if it
		 * sets a limit there.
		 */
		beside = error == -ENOENT && hierarchy_tracks_members(layout, (size_t)places[i]);
		r = target_open(layout, (size_t)places[i], path, &target);
		if (r == 0 && target_has(&target, freezer_file(&target)) &&
		    (!beside || has_processes(&target))) {
			*ret_target = target;
			return 0;
		}
		if (r == 0)
			target_close(&target);
		error = r == 0 || cgw_error_is_gone(r) ? -ENOENT : r;
	}
	return error;
}

static bool is_one(const struct target *target, const char *file)
{
	char word[16];

	return target_read_word(target, file, word, sizeof(word)) == 0 && strcmp(word, "1") == 0;
}

static int read_v1(const struct target *target, struct freezer_state *state)
{
	char word[16];
	int r = target_read_word(target, "freezer.state", word, sizeof(word));

	if (r < 0)
		return r;
	state->frozen = strcmp(word, "FROZEN") == 0;
	state->requested = is_one(target, "freezer.self_freezing");
	state->by_ancestor = is_one(target, "freezer.parent_freezing");
	return 0;
}

static int read_v2(const struct target *target, struct freezer_state *state)
{
	uint64_t frozen = 0;
	int r = target_number(target, CGW_M_CGROUP_FROZEN, &frozen);

	if (r < 0)
		return r;
	state->frozen = frozen == 1;
	state->requested = is_one(target, "cgroup.freeze");
	state->by_ancestor = state->frozen && !state->requested;
	return 0;
}

int freezer_read(const struct target *target, struct freezer_state *ret_state)
{
	struct freezer_state state = {0};
	int r = version_of(target) == 1 ? read_v1(target, &state) : read_v2(target, &state);

	if (r == 0)
		*ret_state = state;
	return r;
}

/*
 * v1 updates freezer.state when it is read, and may stay in FREEZING while the group forks: thawing
 * briefly and freezing again makes progress.
 */
static int nudge_v1(const struct target *target)
{
	int r = target_write(target, "freezer.state", "THAWED");

	clock_sleep_ms(10);
	return r < 0 ? r : target_write(target, "freezer.state", "FROZEN");
}

int freezer_set(const struct target *target, bool freeze, uint64_t timeout_ns)
{
	uint64_t end_ns = clock_now_ns() + timeout_ns;
	int r = target_write(target, freezer_file(target), freezer_word(target, freeze));

	for (unsigned tries = 1; r == 0; tries++) {
		struct freezer_state state;

		r = freezer_read(target, &state);
		if (r < 0 || state.frozen == freeze || (!freeze && state.by_ancestor))
			return r;
		if (clock_now_ns() >= end_ns)
			return -ETIMEDOUT;
		clock_sleep_ms(tries < 10 ? 1 : 20);
		if (freeze && version_of(target) == 1 && tries % 50 == 0)
			r = nudge_v1(target);
	}
	return r;
}
