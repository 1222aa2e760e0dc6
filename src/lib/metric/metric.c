/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metric.c - the table of metrics. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/word-list.h"
#include "lib/metric/decode.h"
#include "lib/metric/metric-capacity.h"
#include "lib/metric/unreleased-metric-ids.h"
#include <cgward/metric.h>

/* Macros used in metrics.def. */
#define CGW_M_NONE (-1)
#define WHOLE      2
/* EACH: instances without a sum. */
enum {
	SHAPE_SCALAR = CGW_SCALAR,
	SHAPE_INSTANCES = CGW_INSTANCES,
	SHAPE_STRING = CGW_STRING,
	SHAPE_EACH
};
#define SOURCE(version_, controller_, file_, format_, key_, scale_, conversion_, per_, ...) \
	{                                                                                   \
		.version = (version_), .format = CGW_FORMAT_##format_,                      \
		.conversion = CGW_CONVERT_##conversion_, .controller = CGW_##controller_,   \
		.per = CGW_M_##per_, .file = (file_), .key = (key_), .scale = (scale_),     \
		__VA_ARGS__                                                                 \
	}
#define V2(c, f, format, k, s)          SOURCE(2, c, f, format, k, s, SCALE, NONE, .own = false)
#define V1(c, f, format, k, s)          SOURCE(1, c, f, format, k, s, SCALE, NONE, .own = false)
#define V1_OWN(c, f, format, k, s)      SOURCE(1, c, f, format, k, s, SCALE, NONE, .own = true)
#define V1_NOT_ROOT(c, f, format, k, s) SOURCE(1, c, f, format, k, s, SCALE, NONE, .not_root = true)
#define V2_OWN_WITH(c, f, format, k, s, option) \
	SOURCE(2, c, f, format, k, s, SCALE, NONE, .own = true, .mount_options = CGW_MOUNT_##option)
#define V2_OWN_WITHOUT(c, f, format, k, s, file_) \
	SOURCE(2, c, f, format, k, s, SCALE, NONE, .own = true, .without = (file_))
#define V2_AS(c, f, format, k, s, conv) SOURCE(2, c, f, format, k, s, conv, NONE, .own = false)
#define V1_AS(c, f, format, k, s, conv) SOURCE(1, c, f, format, k, s, conv, NONE, .own = false)
#define V2_PER(c, f, format, k, s, id)  SOURCE(2, c, f, format, k, s, SCALE, id, .own = false)
#define V1_PER(c, f, format, k, s, id)  SOURCE(1, c, f, format, k, s, SCALE, id, .own = false)

#define METRIC(id, key, title, aliases, help, kind, shape, unit, cost, hierarchical, by, root, \
	       ...)                                                                            \
	static const struct cgw_source sources_##id[] = {__VA_ARGS__};                         \
	_Static_assert(sizeof(sources_##id) / sizeof(sources_##id[0]) <= CGW_SOURCE_MAX,       \
		       "too many sources: " key);
#include <cgward/metrics.def>
#undef METRIC

#define METRIC(id, key_, title_, aliases_, help_, kind_, shape_, unit_, cost_, hierarchical_, by_, \
	       root_, ...)                                                                         \
	[CGW_M_##id] = {                                                                           \
		.key = (key_),                                                                     \
		.title = (title_),                                                                 \
		.aliases = (aliases_),                                                             \
		.help = (help_),                                                                   \
		.kind = CGW_##kind_,                                                               \
		.shape = SHAPE_##shape_ == SHAPE_EACH ? CGW_INSTANCES : SHAPE_##shape_,            \
		.unit = CGW_UNIT_##unit_,                                                          \
		.cost = CGW_##cost_,                                                               \
		.hierarchical = (hierarchical_) != 0,                                              \
		.additive = (hierarchical_) != WHOLE,                                              \
		.root = CGW_ROOT_##root_,                                                          \
		.source_count = sizeof(sources_##id) / sizeof(sources_##id[0]),                    \
		.limited_by = CGW_M_##by_,                                                         \
		.summed = SHAPE_##shape_ != SHAPE_EACH,                                            \
		.sources = sources_##id,                                                           \
	},
static const struct cgw_metric_info metrics[] = {
#include <cgward/metrics.def>
};
#undef METRIC
_Static_assert(ARRAY_SIZE(metrics) == METRIC_COUNT,
	       "unreleased-metric-ids.h is outdated: run cmake");
_Static_assert(METRIC_COUNT <= METRIC_CAPACITY, "METRIC_CAPACITY is exceeded");
_Static_assert(METRIC_CAPACITY <= CGW_METRIC_CAPACITY, "CGW_METRIC_CAPACITY is exceeded");

/* Numbers never change, so new metrics of a family are not beside its others by number. */
#define METRIC(id, ...) CGW_M_##id,
static const uint16_t in_order[] = {
#include <cgward/metrics.def>
};
#undef METRIC

int cgw_metric_nth(size_t i)
{
	return i < ARRAY_SIZE(in_order) ? in_order[i] : -ENOENT;
}

size_t cgw_metric_count(void)
{
	return METRIC_COUNT;
}

const struct cgw_metric_info *cgw_metric_info(enum cgw_metric metric)
{
	return (unsigned)metric < METRIC_COUNT ? &metrics[metric] : NULL;
}

int cgw_metric_find(const char *key)
{
	for (int i = 0; i < METRIC_COUNT; i++)
		if (strcmp(metrics[i].key, key) == 0)
			return i;
	for (int i = 0; i < METRIC_COUNT; i++)
		if (word_list_has(metrics[i].aliases, key))
			return i;
	return -ENOENT;
}

static bool names_key(const struct cgw_source *source, const char *key, size_t length)
{
	size_t known = source->key != NULL ? strlen(source->key) : 0;

	if (source->key == NULL)
		return false;
	if (source->format == CGW_FORMAT_PREFIX)
		return length > known && memcmp(source->key, key, known) == 0;
	switch (source->format) {
	case CGW_FORMAT_FLAT:
	case CGW_FORMAT_NESTED:
	case CGW_FORMAT_BLKIO:
	case CGW_FORMAT_PRESSURE:
	case CGW_FORMAT_NUMA:
		return known == length && memcmp(source->key, key, length) == 0;
	default:
		return false;
	}
}

/* The metric that reads the key from the file, and the source of it, or -ENOENT. */
static int find_source(const char *file, size_t file_length, const char *key, size_t key_length,
		       const struct cgw_source **ret_source)
{
	for (int i = 0; i < METRIC_COUNT; i++)
		for (size_t s = 0; s < metrics[i].source_count; s++) {
			const struct cgw_source *source = &metrics[i].sources[s];

			if (strncmp(source->file, file, file_length) != 0 ||
			    source->file[file_length] != '\0' ||
			    !names_key(source, key, key_length))
				continue;
			*ret_source = source;
			return i;
		}
	return -ENOENT;
}

bool metric_has_source(const char *file, const char *key, size_t key_length)
{
	const struct cgw_source *source;
	char total[64];
	int total_length = snprintf(total, sizeof(total), "total_%.*s", (int)key_length, key);

	return find_source(file, strlen(file), key, key_length, &source) >= 0 ||
	       find_source(file, strlen(file), total, (size_t)total_length, &source) >= 0;
}

const struct cgw_source *metric_keyed_source(enum cgw_metric metric)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);

	for (size_t s = 0; info != NULL && s < info->source_count; s++)
		if (source_lists_other(&info->sources[s]) ||
		    info->sources[s].format == CGW_FORMAT_NAMED ||
		    info->sources[s].format == CGW_FORMAT_PREFIX)
			return &info->sources[s];
	return NULL;
}

/* Kernel keys are words; the names of a file of names are chosen by drivers. */
static bool may_name(const struct cgw_source *source, const char *key)
{
	static const char characters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
	if (source->format == CGW_FORMAT_NAMED)
		return strchr(source->file, '*') == NULL && key[strcspn(key, " \t\n")] == '\0';
	return source_lists_other(source) && key[strspn(key, characters)] == '\0' &&
	       (source_nests_other(source) || strchr(key, '.') == NULL);
}

/* The metric of the file whose instances include any such key. */
static int find_other(const char *file, size_t file_length, const char *key)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		const struct cgw_source *source = metric_keyed_source((enum cgw_metric)i);

		if (source != NULL && strncmp(source->file, file, file_length) == 0 &&
		    source->file[file_length] == '\0' && may_name(source, key))
			return i;
	}
	return -ENOENT;
}

int cgw_metric_find_key(const char *file_and_key, struct cgw_metric_key *ret_key)
{
	const char *colon = strchr(file_and_key, ':'), *key, *instance = "";
	const struct cgw_source *source = NULL;
	char total[CGW_INSTANCE_KEY_SIZE + 8];
	size_t file_length, length;
	bool own = false;
	int metric;

	if (colon == NULL || colon[1] == '\0')
		return -ENOENT;
	key = colon + 1;
	file_length = (size_t)(colon - file_and_key);
	length = strlen(key);
	if (length >= CGW_INSTANCE_KEY_SIZE)
		return -ENOENT;
	metric = find_source(file_and_key, file_length, key, length, &source);
	if (metric < 0) {
		int total_length = snprintf(total, sizeof(total), "total_%s", key);

		metric = find_source(file_and_key, file_length, total, (size_t)total_length,
				     &source);
		own = metric >= 0;
	}
	if (metric >= 0 && source->format == CGW_FORMAT_PREFIX)
		instance = key + strlen(source->key);
	if (metric < 0) {
		metric = find_other(file_and_key, file_length, key);
		instance = key;
	}
	if (metric < 0)
		return metric;
	*ret_key = (struct cgw_metric_key){.metric = (enum cgw_metric)metric, .own = own};
	memcpy(ret_key->instance, instance, strlen(instance));
	return 0;
}

const char *cgw_unit_name(enum cgw_unit unit)
{
	static const char *const names[] = {
		[CGW_UNIT_COUNT] = "count",
		[CGW_UNIT_NS] = "ns",
		[CGW_UNIT_BYTES] = "bytes",
		[CGW_UNIT_PERCENT_E2] = "percent/100",
		[CGW_UNIT_CPU] = "ns/s",
		[CGW_UNIT_WEIGHT] = "weight",
		[CGW_UNIT_FLAG] = "flag",
		[CGW_UNIT_HEX] = "hex",
		[CGW_UNIT_BYTES_PER_S] = "bytes/s",
		[CGW_UNIT_COUNT_PER_S] = "count/s",
		[CGW_UNIT_TEXT] = "text",
		[CGW_UNIT_PERCENT] = "percent",
	};

	return (unsigned)unit < CGW_UNIT_COUNT_OF_UNITS ? names[unit] : "invalid";
}

const char *cgw_kind_name(enum cgw_kind kind)
{
	static const char *const names[] = {
		[CGW_COUNTER] = "counter", [CGW_GAUGE] = "gauge",         [CGW_LIMIT] = "limit",
		[CGW_SETTING] = "setting", [CGW_HISTOGRAM] = "histogram",
	};

	return (unsigned)kind <= CGW_HISTOGRAM ? names[kind] : "invalid";
}
