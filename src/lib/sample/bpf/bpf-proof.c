/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf-proof.c - comparison of the BPF programs' values with the files.
 *
 * A few groups, those with the highest values of each controller, are read from files, by the
 * programs, and from files again. A value between both readings agrees. A metric must agree once in
 * each of its groups within some rounds; otherwise it is read from files.
 *
 * The index of a value of memory.stat in the kernel's array differs by kernel and is not
 * exported: it is the one index that has the file's value in all of the groups.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"
#include "lib/sample/bpf/bpf.h"

#define TRIAL_MAX 8
/* The root, for memory.stat only: nearly all its values are above 0. */
#define ROOT_TRIAL  TRIAL_MAX
#define TRIAL_COUNT (TRIAL_MAX + 1)
#define ROUND_MAX   5

/* A group in which the values of one part are compared. */
struct trial {
	struct tree_group *group; /* NULL: removed meanwhile */
	uint64_t id;
	int link; /* to collect only this group */
};

struct trial_part {
	struct trial trials[TRIAL_COUNT];
	size_t count;
	uint32_t hierarchy;
};

struct proof {
	struct bpf *bpf;
	struct trial_part parts[BPF_PART_COUNT];
	/* By column and trial: the last value of the file, and its minimum and maximum so far. */
	struct cgw_number before[METRIC_CAPACITY][TRIAL_COUNT];
	uint64_t low[METRIC_CAPACITY][TRIAL_COUNT], high[METRIC_CAPACITY][TRIAL_COUNT];
	struct cgw_number row[METRIC_CAPACITY]; /* of the file read last */
	const struct tree_group *row_group;
	size_t row_file;
	int row_error;
	uint32_t matched[METRIC_CAPACITY]; /* bit by trial */
	/* For memory.stat: bits of the indices that had the file's value in some round. */
	uint64_t state_candidates[METRIC_CAPACITY][TRIAL_COUNT];
	uint64_t event_candidates[METRIC_CAPACITY][TRIAL_COUNT];
	uint64_t first_seen[METRIC_CAPACITY];
	uint8_t distinct[METRIC_CAPACITY]; /* different values above 0: 2 are enough */
};

/* The field by which groups are ranked for a part. */
static const uint8_t ranking_field[BPF_PART_COUNT] = {
	[BPF_PART_CORE] = BPF_CORE_CPU_USAGE,   [BPF_PART_CPU] = BPF_CPU_PERIODS,
	[BPF_PART_CPUACCT] = BPF_CPUACCT_USAGE, [BPF_PART_MEMORY] = BPF_MEMORY_USAGE,
	[BPF_PART_PIDS] = BPF_PIDS_CURRENT,     [BPF_PART_FREEZER] = BPF_FREEZER_FLAGS,
	[BPF_PART_IO] = BPF_IO_DEVICES,         [BPF_PART_DEVICE] = BPF_LIST_BYTES,
};

static bool is_stat(const struct bpf_column *column)
{
	return bpf_is_stat(column->row);
}

/* The column is compared in that group. */
static bool is_tried(const struct proof *proof, const struct bpf_column *column, size_t trial)
{
	const struct trial_part *part = &proof->parts[column->row->part];

	if (trial == ROOT_TRIAL)
		return is_stat(column) && part->trials[trial].link >= 0;
	return trial < part->count;
}

/* Inserts a group into the trials if its value is high enough; they are sorted by value. */
static void insert_trial(struct trial_part *part, uint64_t *most, struct tree_group *group,
			 uint64_t value)
{
	size_t at = part->count < TRIAL_MAX ? part->count : TRIAL_MAX - 1;

	if (part->count == TRIAL_MAX && value <= most[at])
		return;
	for (; at > 0 && most[at - 1] < value; at--) {
		most[at] = most[at - 1];
		part->trials[at] = part->trials[at - 1];
	}
	most[at] = value;
	part->trials[at] = (struct trial){group, group->id[part->hierarchy], -1};
	part->count += part->count < TRIAL_MAX;
}

static void choose_groups(struct proof *proof, const struct bpf_column *column)
{
	struct trial_part *part = &proof->parts[column->row->part];
	const struct bpf_hierarchy *state = &proof->bpf->state[column->hierarchy];
	enum bpf_part ranking = bpf_ranking_part(column->row->part);
	uint64_t most[TRIAL_MAX] = {0};
	const uint64_t *records;
	size_t stride;

	if (part->count > 0)
		return;
	part->hierarchy = column->hierarchy;
	records = bpf_programs_part(proof->bpf->programs, ranking, &stride);
	for (uint32_t slot = 1; slot < state->count; slot++) {
		const uint64_t *record = records + slot * stride;

		if (state->groups[slot] != NULL && record[0] == BPF_RECORD_PRESENT)
			insert_trial(part, most, state->groups[slot],
				     record[ranking_field[ranking]]);
	}
}

static int link_root(struct proof *proof)
{
	const struct bpf *bpf = proof->bpf;
	struct trial *root = &proof->parts[BPF_PART_STAT].trials[ROOT_TRIAL];

	for (size_t i = 0; i < bpf->column_count && root->link < 0; i++) {
		uint32_t h = bpf->columns[i].hierarchy;

		if (!is_stat(&bpf->columns[i]))
			continue;
		root->group = bpf->tree->root;
		root->id = bpf->layout->hierarchies[h].root_id;
		root->link = bpf_programs_link(bpf->programs, bpf->layout->hierarchies[h].fd);
		if (root->link < 0)
			return root->link;
	}
	return 0;
}

/* Opens a link to each trial's group; skips groups that were removed. */
static int link_trials(struct proof *proof)
{
	for (size_t p = 0; p < BPF_PART_COUNT; p++) {
		struct trial_part *part = &proof->parts[p];

		for (size_t i = 0; i < part->count; i++) {
			struct trial *trial = &part->trials[i];
			CLEANUP(cleanup_free) char *path = group_tree_path(trial->group);
			CLEANUP(cleanup_close) int directory = -1;
			uint64_t id = 0;
			int r = path == NULL ? -ENOMEM
					     : cgw_group_open(proof->bpf->layout, part->hierarchy,
							      path, &directory, &id);

			if (r == -ENOMEM)
				return r;
			if (r == 0 && id == trial->id)
				trial->link = bpf_programs_link(proof->bpf->programs, directory);
			if (trial->link < 0)
				trial->group = NULL;
		}
	}
	return link_root(proof);
}

static void unlink_trials(struct proof *proof)
{
	for (size_t p = 0; p < BPF_PART_COUNT; p++)
		for (size_t i = 0; i < TRIAL_COUNT; i++)
			if (proof->parts[p].trials[i].link >= 0)
				close(proof->parts[p].trials[i].link);
}

/* The file's value of a column. Columns of one file are adjacent, so the file is read once. */
static struct cgw_number file_value(struct proof *proof, const struct bpf_column *column,
				    struct tree_group *group)
{
	if (proof->row_group != group || proof->row_file != column->file) {
		proof->row_error = files_peek(proof->bpf->files, group, column->file, proof->row);
		proof->row_group = group;
		proof->row_file = column->file;
	}
	if (proof->row_error < 0)
		return (struct cgw_number){0, cgw_state_from_error(proof->row_error)};
	return proof->row[column->request.slot];
}

/* A value may rise and fall between two readings: use the range of all of them. */
static void widen_range(struct proof *proof, size_t index, size_t trial, struct cgw_number number)
{
	uint64_t *low = &proof->low[index][trial], *high = &proof->high[index][trial];

	if (number.state != CGW_OK)
		return;
	*low = number.value < *low ? number.value : *low;
	*high = number.value > *high ? number.value : *high;
}

static bool agrees(const struct proof *proof, size_t index, size_t trial, struct cgw_number number,
		   struct cgw_number after)
{
	struct cgw_number before = proof->before[index][trial];

	if (number.state != CGW_OK || before.state != CGW_OK || after.state != CGW_OK)
		return number.state == before.state || number.state == after.state;
	return number.value >= proof->low[index][trial] &&
	       number.value <= proof->high[index][trial];
}

/* The record of the group that was collected last. */
static const uint64_t *single_record(const struct proof *proof, const struct bpf_column *column)
{
	return column->records + bpf_programs_capacity(proof->bpf->programs) * column->stride;
}

/* Its value; false if the file must be read. */
static bool program_value(const struct proof *proof, const struct bpf_column *column,
			  struct cgw_number *ret_number)
{
	const uint64_t *record = single_record(proof, column);
	uint64_t raw;

	*ret_number = (struct cgw_number){0, CGW_ABSENT};
	return record[0] == BPF_RECORD_ABSENT ||
	       (bpf_field_raw(column, record, &raw) && bpf_field_number(column, raw, ret_number));
}

/* Marks the indices of the group's statistics whose value lies between both readings. */
static void add_stat_candidates(struct proof *proof, size_t index, size_t trial,
				struct cgw_number after)
{
	const struct bpf_column *column = &proof->bpf->columns[index];
	const struct bpf_learned *learned = &bpf_programs_learned(proof->bpf->programs)[trial];
	struct cgw_number before = proof->before[index][trial], number;
	uint64_t *states = &proof->state_candidates[index][trial];
	uint64_t *events = &proof->event_candidates[index][trial];

	if (learned->id != proof->parts[BPF_PART_STAT].trials[trial].id || before.state != CGW_OK ||
	    after.state != CGW_OK)
		return;
	for (size_t candidate = 0; candidate < BPF_LEARN_SIZE; candidate++) {
		uint64_t bit = UINT64_C(1) << candidate;

		if (candidate < learned->state_count &&
		    bpf_field_number(column, (uint64_t)learned->state[candidate], &number) &&
		    agrees(proof, index, trial, number, after))
			*states |= bit;
		if (column->row->kind == BPF_KIND_PLAIN && candidate < learned->event_count &&
		    bpf_field_number(column, learned->events[candidate], &number) &&
		    agrees(proof, index, trial, number, after))
			*events |= bit;
	}
	if (trial == ROOT_TRIAL || before.value == 0 || before.value == proof->first_seen[index])
		return;
	proof->first_seen[index] = before.value;
	proof->distinct[index]++;
}

/* Marks the policies whose weight is the file's. */
static void add_weight_candidates(struct proof *proof, size_t index, size_t trial,
				  struct cgw_number after)
{
	const struct bpf_column *column = &proof->bpf->columns[index];
	const uint64_t *record = single_record(proof, column);
	struct cgw_number number;

	for (size_t candidate = 0; candidate < BPF_POLICY_MAX; candidate++)
		if (record[0] == BPF_RECORD_PRESENT &&
		    bpf_field_number(column, record[BPF_WEIGHT_FIRST + candidate], &number) &&
		    agrees(proof, index, trial, number, after))
			proof->state_candidates[index][trial] |= UINT64_C(1) << candidate;
}

static void compare(struct proof *proof, size_t index, size_t trial)
{
	const struct bpf_column *column = &proof->bpf->columns[index];
	struct tree_group *group = proof->parts[column->row->part].trials[trial].group;
	struct cgw_number number, after;

	if (group == NULL) {
		proof->matched[index] |= UINT32_C(1) << trial;
		return;
	}
	after = file_value(proof, column, group);
	widen_range(proof, index, trial, proof->before[index][trial]);
	widen_range(proof, index, trial, after);
	if (bpf_is_sum(column->row))
		return;
	if (is_stat(column)) {
		add_stat_candidates(proof, index, trial, after);
		return;
	}
	if (bpf_is_searched(column->row)) {
		add_weight_candidates(proof, index, trial, after);
		return;
	}
	if (!bpf_is_per_device(column->row) &&
	    single_record(proof, column)[column->index] == BPF_NUMBER_UNKNOWN)
		return;
	if (!program_value(proof, column, &number) || agrees(proof, index, trial, number, after) ||
	    after.state == CGW_GONE)
		proof->matched[index] |= UINT32_C(1) << trial;
}

static void read_before(struct proof *proof, size_t trial)
{
	for (size_t i = 0; i < proof->bpf->column_count; i++) {
		const struct bpf_column *column = &proof->bpf->columns[i];
		struct tree_group *group = proof->parts[column->row->part].trials[trial].group;

		if (is_tried(proof, column, trial) && group != NULL &&
		    !(proof->matched[i] >> trial & 1))
			proof->before[i][trial] = file_value(proof, column, group);
	}
	proof->row_group = NULL;
}

static void compare_after(struct proof *proof, size_t trial)
{
	for (size_t i = 0; i < proof->bpf->column_count; i++)
		if (is_tried(proof, &proof->bpf->columns[i], trial) &&
		    !(proof->matched[i] >> trial & 1))
			compare(proof, i, trial);
	proof->row_group = NULL;
}

/* Lets the programs collect the trial's group of each part. */
static int collect_trial(struct proof *proof, size_t trial)
{
	struct bpf_control *control = bpf_programs_control(proof->bpf->programs);

	for (size_t p = 0; p < BPF_PART_COUNT; p++) {
		struct trial_part *part = &proof->parts[p];
		int r;

		if (part->trials[trial].group == NULL || part->trials[trial].link < 0)
			continue;
		control->parts = 1U << p;
		r = bpf_programs_pass_single(proof->bpf->programs, part->hierarchy,
					     part->trials[trial].link);
		if (r == -ENOENT)
			part->trials[trial].group = NULL;
		else if (r < 0)
			return r;
	}
	return 0;
}

static int run_round(struct proof *proof)
{
	int r = 0;

	for (size_t trial = 0; trial < TRIAL_COUNT && r == 0; trial++) {
		read_before(proof, trial);
		r = collect_trial(proof, trial);
		if (r == 0)
			compare_after(proof, trial);
	}
	return r;
}

static bool is_single(uint64_t bits)
{
	return bits != 0 && (bits & (bits - 1)) == 0;
}

/* Indices that had the value in all groups. */
static void common_candidates(const struct proof *proof, size_t index, uint64_t *ret_states,
			      uint64_t *ret_events)
{
	const struct trial_part *part = &proof->parts[proof->bpf->columns[index].row->part];

	*ret_states = *ret_events = UINT64_MAX;
	for (size_t trial = 0; trial < part->count; trial++) {
		if (part->trials[trial].group == NULL)
			continue;
		*ret_states &= proof->state_candidates[index][trial];
		*ret_events &= proof->event_candidates[index][trial];
	}
}

/* The only remaining index, if there is exactly one. */
static bool single_candidate(uint64_t states, uint64_t events, uint32_t *ret_index)
{
	if (events == 0 && is_single(states))
		*ret_index = (uint32_t)__builtin_ctzll(states);
	else if (states == 0 && is_single(events))
		*ret_index = BPF_STAT_EVENT | (uint32_t)__builtin_ctzll(events);
	else
		return false;
	return true;
}

/* The last value in the root's file; absent if it was not read. */
static struct cgw_number root_number(const struct proof *proof, size_t index)
{
	return proof->before[index][ROOT_TRIAL];
}

/* The index of a searched value. False: unknown. */
static bool resolve_index(const struct proof *proof, size_t index, uint32_t *ret_index)
{
	const struct bpf_column *column = &proof->bpf->columns[index];
	struct cgw_number root = root_number(proof, index);
	uint64_t states, events;
	int usual = bpf_field_usual_index(column->metric);

	common_candidates(proof, index, &states, &events);
	if (!is_stat(column))
		return states != UINT64_MAX && single_candidate(states, 0, ret_index);
	if (proof->distinct[index] > 0 && usual >= 0 && states >> usual & 1) {
		*ret_index = (uint32_t)usual;
		return true;
	}
	if (proof->distinct[index] >= 2 && single_candidate(states, events, ret_index))
		return true;
	/* The groups' values do not suffice: use the root's. */
	if (root.state != CGW_OK || root.value == 0)
		return false;
	states &= proof->state_candidates[index][ROOT_TRIAL];
	events &= proof->event_candidates[index][ROOT_TRIAL];
	if (usual >= 0 && states >> usual & 1) {
		*ret_index = (uint32_t)usual;
		return true;
	}
	return single_candidate(states, events, ret_index);
}

/* The root's memory.stat was read: a key that it lacks is not in that of any group. */
static bool root_was_read(const struct proof *proof)
{
	for (size_t i = 0; i < proof->bpf->column_count; i++)
		if (is_stat(&proof->bpf->columns[i]) && root_number(proof, i).state == CGW_OK)
			return true;
	return false;
}

/* For a statistic without an index: if the root has none, or 0, so does every group. */
static void use_root(struct bpf_column *column, struct cgw_number root, bool read)
{
	column->root_is_zero = root.state == CGW_OK && root.value == 0;
	column->root_lacks = root.state == CGW_ABSENT && read;
	column->from_root = column->root_is_zero || column->root_lacks;
	if (column->root_lacks)
		column->factor_end = 0;
}

/* Whether a column other than a sum agreed in all groups, and there were any to compare. */
static bool is_proven(const struct proof *proof, size_t index, size_t *stats)
{
	struct bpf *bpf = proof->bpf;
	struct bpf_column *column = &bpf->columns[index];
	size_t count = proof->parts[column->row->part].count;
	bool proven;

	if (!bpf_is_searched(column->row))
		return count > 0 && proof->matched[index] == (UINT32_C(1) << count) - 1;
	proven = *stats < BPF_STAT_MAX &&
		 resolve_index(proof, index, &bpf->stat_index[column->metric]);
	*stats += proven && is_stat(column);
	if (!proven && is_stat(column))
		use_root(column, root_number(proof, index), root_was_read(proof));
	return proven || column->from_root;
}

static bool is_part(const struct bpf_column *column, const struct bpf_column *sum)
{
	for (size_t i = 0; i < sum->part_count; i++)
		if (column->file == sum->file && column->request.slot == sum->part_slots[i])
			return true;
	return false;
}

/* The trial's value at the index that was found for the column. */
static uint64_t learned_value(const struct proof *proof, const struct bpf_column *column,
			      size_t trial)
{
	const struct bpf_learned *learned = &bpf_programs_learned(proof->bpf->programs)[trial];
	uint32_t index = proof->bpf->stat_index[column->metric];
	struct cgw_number number = {0};

	if (!column->from_root)
		(void)bpf_field_number(column,
				       index & BPF_STAT_EVENT
					       ? learned->events[index & ~BPF_STAT_EVENT]
					       : (uint64_t)learned->state[index],
				       &number);
	return number.value;
}

/* A newer kernel may add parts: the known ones must be proven, and add up to the file's sum. */
static bool is_sum_proven(const struct proof *proof, const bool *proven, size_t index)
{
	const struct bpf *bpf = proof->bpf;
	const struct bpf_column *sum = &bpf->columns[index];
	const struct trial_part *groups = &proof->parts[BPF_PART_STAT];
	uint64_t added[TRIAL_MAX] = {0};
	size_t found = 0;

	for (size_t i = 0; i < bpf->column_count; i++) {
		if (!proven[i] || !is_part(&bpf->columns[i], sum))
			continue;
		found++;
		for (size_t trial = 0; trial < groups->count; trial++)
			added[trial] += learned_value(proof, &bpf->columns[i], trial);
	}
	for (size_t trial = 0; trial < groups->count; trial++)
		if (groups->trials[trial].group != NULL &&
		    (added[trial] < proof->low[index][trial] ||
		     added[trial] > proof->high[index][trial]))
			return false;
	return groups->count > 0 && found == sum->part_count;
}

static void drop_unproven(struct proof *proof)
{
	struct bpf *bpf = proof->bpf;
	bool proven[METRIC_CAPACITY] = {false};
	size_t kept = 0, stats = 0;

	for (size_t i = 0; i < bpf->column_count; i++)
		proven[i] = !bpf_is_sum(bpf->columns[i].row) && is_proven(proof, i, &stats);
	for (size_t i = 0; i < bpf->column_count; i++)
		if (bpf_is_sum(bpf->columns[i].row))
			proven[i] = is_sum_proven(proof, proven, i);
	for (size_t i = 0; i < bpf->column_count; i++) {
		DEBUG(CGW_DEBUG_BPF, "%s: %s", cgw_metric_info(bpf->columns[i].metric)->key,
		      proven[i] ? "from the programs" : "from its file");
		if (proven[i])
			bpf->columns[kept++] = bpf->columns[i];
	}
	bpf->column_count = kept;
}

/* Another round may help. A statistic that is 0 in all groups cannot be found. */
static bool is_unresolved(const struct proof *proof, size_t index)
{
	const struct bpf_column *column = &proof->bpf->columns[index];
	size_t count = proof->parts[column->row->part].count;
	uint32_t candidate;

	if (bpf_is_sum(column->row))
		return false;
	if (is_stat(column))
		return proof->distinct[index] > 1 && !resolve_index(proof, index, &candidate);
	if (bpf_is_searched(column->row))
		return false;
	return proof->matched[index] != (UINT32_C(1) << count) - 1;
}

static bool all_resolved(const struct proof *proof)
{
	for (size_t i = 0; i < proof->bpf->column_count; i++)
		if (is_unresolved(proof, i))
			return false;
	return true;
}

static void request_statistics(struct proof *proof)
{
	struct bpf_control *control = bpf_programs_control(proof->bpf->programs);
	const struct trial_part *memory = &proof->parts[BPF_PART_STAT];

	control->learn_count = TRIAL_COUNT;
	for (size_t i = 0; i < TRIAL_COUNT; i++)
		control->learn_id[i] = memory->trials[i].id;
}

int bpf_verify(struct bpf *bpf)
{
	CLEANUP(cleanup_free) struct proof *proof = calloc(1, sizeof(*proof));
	int r;

	if (proof == NULL)
		return -ENOMEM;
	proof->bpf = bpf;
	memset(proof->low, 0xff, sizeof(proof->low));
	for (size_t p = 0; p < BPF_PART_COUNT; p++)
		for (size_t i = 0; i < TRIAL_COUNT; i++)
			proof->parts[p].trials[i].link = -1;
	for (size_t i = 0; i < bpf->column_count; i++)
		choose_groups(proof, &bpf->columns[i]);
	r = link_trials(proof);
	request_statistics(proof);
	for (int round = 0; round < ROUND_MAX && r == 0; round++) {
		r = run_round(proof);
		if (all_resolved(proof))
			break;
	}
	unlink_trials(proof);
	bpf_programs_control(bpf->programs)->learn_count = 0;
	if (r == 0)
		drop_unproven(proof);
	return r;
}
