/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* control.c - the table of controls.def, lookup by name, and files that controls are written to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"
#include "lib/base/word-list.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/limit/control.h"
#include "lib/limit/unreleased-control-ids.h"
#include "lib/metric/unreleased-metric-ids.h"

/* Macros that expand controls.def; sources have the syntax of metrics.def. */
#define SOURCE(version_, controller_, file_, format_, key_, scale_)                          \
	{                                                                                    \
		.version = (version_), .format = CGW_FORMAT_##format_,                       \
		.conversion = CGW_CONVERT_SCALE, .controller = CGW_##controller_, .per = -1, \
		.file = (file_), .key = (key_), .scale = (scale_),                           \
	}
#define V2(c, f, format, k, s) SOURCE(2, c, f, format, k, s)
#define V1(c, f, format, k, s) SOURCE(1, c, f, format, k, s)
#define SOURCES(...)                                         \
	.sources = (const struct cgw_source[]){__VA_ARGS__}, \
	.source_count =                                      \
		sizeof((const struct cgw_source[]){__VA_ARGS__}) / sizeof(struct cgw_source)
#define RANGE(least, most)  .info.minimum = (least), .info.maximum = (most)
#define UNLIMITED(v1, v2)   .info.unlimited = "max", .unlimited = {NULL, (v1), (v2)}
#define RESET(v1, v2)       .info.unlimited = "default", .unlimited = {NULL, (v1), (v2)}
#define NONBLOCK            .nonblock = true
#define ARGUMENT(key, most) .argument = (key), .argument_maximum = (most)
#define DEFAULT(text)       .info.default_value = (text)
#define WORDS(text)         .info.words = (text)
#define DEVICE              .info.per_device = true
#define GUARD(id, v1, v2)   .guard = CGW_M_##id, .guard_percent = {0, (v1), (v2)}
#define RECLAIM_BY(v1, v2)  .reclaimable = true, .reclaim_by = {-1, CGW_C_##v1, CGW_C_##v2}
#define AT_MOST(id)         .bounded = true, .at_most = CGW_C_##id
#define OF(what)            .capacity = CAPACITY_##what
#define NOT_WITH(id)        .excluded = true, .not_with = CGW_C_##id
#define UNDO_BY(id)         .undoable = true, .undo_by = CGW_C_##id
#define PROPERTY(name, how, on_v1) \
	.property = (name), .property_kind = PROPERTY_##how, .property_on_v1 = (on_v1)

/* Whether a shape of metrics.def has instances. */
enum { MANY_SCALAR, MANY_STRING = 0, MANY_INSTANCES, MANY_EACH = 1 };

/* What a control inherits from the metric of the same ID. */
#define METRIC(id, key_, name, others, help_, kind_, form, measure, ...)  \
	enum { unit_##id = CGW_UNIT_##measure, many_##id = MANY_##form }; \
	__attribute__((unused)) static const char title_##id[] = name, aliases_##id[] = others;
#include <cgward/metrics.def>
#undef METRIC

#define CONTROL(id, key_, form_, risk_, syntax_, help_, ...) \
	[CGW_C_##id] = {.info.key = (key_),                  \
			.info.title = title_##id,            \
			.info.aliases = aliases_##id,        \
			.info.unit = unit_##id,              \
			.info.instances = many_##id,         \
			.info.metric = CGW_M_##id,           \
			.form = FORM_##form_,                \
			.info.risk = CGW_RISK_##risk_,       \
			.info.syntax = (syntax_),            \
			.info.help = (help_),                \
			__VA_ARGS__},
#define ACTION(id, key_, title_, unit_, form_, risk_, syntax_, help_, ...)                    \
	[CGW_C_##id] = {.info.key = (key_),                                                   \
			.info.title = (title_),                                               \
			.info.aliases = "",                                                   \
			.info.unit = CGW_UNIT_##unit_,                                        \
			.info.instances =                                                     \
				FORM_##form_ == FORM_FAMILY || FORM_##form_ == FORM_SETTINGS, \
			.info.metric = -1,                                                    \
			.info.action = true,                                                  \
			.form = FORM_##form_,                                                 \
			.info.risk = CGW_RISK_##risk_,                                        \
			.info.syntax = (syntax_),                                             \
			.info.help = (help_),                                                 \
			__VA_ARGS__},
static const struct control_row rows[] = {
#include <cgward/controls.def>
};
_Static_assert(ARRAY_SIZE(rows) == CONTROL_COUNT,
	       "unreleased-control-ids.h is outdated: run cmake");
_Static_assert(CONTROL_COUNT <= CONTROL_CAPACITY, "CONTROL_CAPACITY is exceeded");
#undef CONTROL
#undef ACTION

#define CONTROL(id, ...) CGW_C_##id,
#define ACTION(id, ...)  CGW_C_##id,
static const uint8_t in_order[] = {
#include <cgward/controls.def>
};

int cgw_control_nth(size_t i)
{
	return i < ARRAY_SIZE(in_order) ? in_order[i] : -ENOENT;
}

size_t cgw_control_count(void)
{
	return CONTROL_COUNT;
}

const struct control_row *control_row(enum cgw_control control)
{
	return (unsigned)control < CONTROL_COUNT ? &rows[control] : NULL;
}

const struct cgw_control_info *cgw_control_info(enum cgw_control control)
{
	return (unsigned)control < CONTROL_COUNT ? &rows[control].info : NULL;
}

const char *cgw_risk_name(enum cgw_risk risk)
{
	static const char *const names[] = {
		[CGW_RISK_NONE] = "none", [CGW_RISK_SLOW] = "slow", [CGW_RISK_FAIL] = "fail",
		[CGW_RISK_KILL] = "kill", [CGW_RISK_HANG] = "hang",
	};

	return (unsigned)risk <= CGW_RISK_HANG ? names[risk] : "invalid";
}

static int find(const char *key)
{
	for (int i = 0; i < CONTROL_COUNT; i++)
		if (strcmp(rows[i].info.key, key) == 0)
			return i;
	for (int i = 0; i < CONTROL_COUNT; i++)
		if (word_list_has(rows[i].info.aliases, key))
			return i;
	return -ENOENT;
}

static int report_unknown(const char *key, struct cgw_diag *diag)
{
	struct suggestion nearest = {.input = key};
	char shown[96];

	for (int i = 0; i < CONTROL_COUNT; i++)
		suggestion_offer(&nearest, rows[i].info.key);
	cgw_escape(shown, sizeof(shown), key, strlen(key));
	if (suggestion_word(&nearest) != NULL)
		return cgw_diag_set(diag, -ENOENT, "unknown control '%s'; did you mean '%s'?",
				    shown, suggestion_word(&nearest));
	if (cgw_metric_find(key) >= 0)
		return cgw_diag_set(diag, -ENOENT, "'%s' is a read-only metric", shown);
	return cgw_diag_set(diag, -ENOENT, "unknown control '%s'", shown);
}

int cgw_control_find(const char *key, struct cgw_diag *diag)
{
	int control = find(key);

	return control >= 0 ? control : report_unknown(key, diag);
}

/*
 * "hugetlb.2MB.max" is "hugetlb.max" with the instance "2MB", the second word of a key whose file
 * has a '*' in that place.
 */
static int find_starred(char *key, char *instance, size_t size)
{
	char *start = strchr(key, '.'), *end = start != NULL ? strchr(start + 1, '.') : NULL;
	char shorter[96];
	int control;

	if (end == NULL || (size_t)(end - start - 1) >= size || strlen(key) >= sizeof(shorter))
		return -ENOENT;
	snprintf(shorter, sizeof(shorter), "%.*s%s", (int)(start - key), key, end);
	control = find(shorter);
	if (control < 0 || rows[control].info.metric < 0 ||
	    strchr(cgw_metric_info((enum cgw_metric)rows[control].info.metric)->sources[0].file,
		   '*') == NULL)
		return -ENOENT;
	snprintf(instance, size, "%.*s", (int)(end - start - 1), start + 1);
	return control;
}

int cgw_assignment_parse(const char *text, enum cgw_control *ret_control, char **ret_value,
			 struct cgw_diag *diag)
{
	const char *equals = strchr(text, '=');
	CLEANUP(cleanup_free) char *key = NULL;
	char instance[64] = "", shown[96], *value;
	int control;

	if (equals == NULL || equals == text) {
		cgw_escape(shown, sizeof(shown), text, strlen(text));
		return cgw_diag_set(diag, -EINVAL, "invalid assignment '%s' (expected KEY=VALUE)",
				    shown);
	}
	key = strndup(text, (size_t)(equals - text));
	if (key == NULL)
		return -ENOMEM;
	control = find(key);
	if (control < 0)
		control = find_starred(key, instance, sizeof(instance));
	if (control < 0)
		return report_unknown(key, diag);
	if (asprintf(&value, "%s%s%s", instance, instance[0] != '\0' ? " " : "", equals + 1) < 0)
		return -ENOMEM;
	*ret_control = (enum cgw_control)control;
	*ret_value = value;
	return 0;
}

static const struct cgw_source *sources_of(const struct control_row *row, size_t *ret_count)
{
	const struct cgw_metric_info *metric;

	if (row->info.metric < 0) {
		*ret_count = row->source_count;
		return row->sources;
	}
	metric = cgw_metric_info((enum cgw_metric)row->info.metric);
	*ret_count = metric->source_count;
	return metric->sources;
}

static bool provides(const struct cgw_hierarchy *hierarchy, const struct cgw_source *source)
{
	return hierarchy->version == source->version &&
	       (source->controller == CGW_CORE ||
		(hierarchy->controllers & CGW_CONTROLLER_BIT(source->controller)) != 0);
}

/* Opens the group's directory if it has the source's file; -1 otherwise. */
static int open_with_file(const struct cgw_layout *layout, size_t hierarchy, const char *path,
			  const struct cgw_source *source, uint64_t *ret_id)
{
	CLEANUP(cleanup_close) int directory = -1;
	struct stat stat;

	if (cgw_group_open(layout, hierarchy, path, &directory, ret_id) < 0)
		return -1;
	/* io.weight may be a file of iocost or of bfq: check which one exists. */
	if (strchr(source->file, '*') == NULL &&
	    layout->ops->stat_at(directory, source->file, &stat) < 0)
		return -1;
	return steal_fd(&directory);
}

int control_open(const struct cgw_layout *layout, enum cgw_control control, const char *path,
		 struct control_place *ret_place)
{
	size_t count;
	const struct cgw_source *sources = sources_of(&rows[control], &count);
	int error = -EOPNOTSUPP;

	for (size_t s = 0; s < count; s++) {
		for (size_t h = 0; h < layout->hierarchy_count; h++) {
			struct control_place place = {.hierarchy = h, .source = &sources[s]};

			if (!provides(&layout->hierarchies[h], &sources[s]))
				continue;
			place.directory =
				open_with_file(layout, h, path, &sources[s], &place.group_id);
			/* Without any file the first source is returned: the caller reports why the
			 * file is missing. */
			if (place.directory >= 0 || error == -EOPNOTSUPP)
				*ret_place = place;
			if (place.directory >= 0)
				return 0;
			error = -ENOENT;
		}
	}
	return error;
}

int control_place(const struct cgw_layout *layout, enum cgw_control control, const char *path,
		  size_t *ret_hierarchy, const struct cgw_source **ret_source)
{
	struct control_place place;
	int r = control_open(layout, control, path, &place);

	if (r == 0)
		layout->ops->close(place.directory);
	if (r == 0 || r == -ENOENT) {
		*ret_hierarchy = place.hierarchy;
		*ret_source = place.source;
	}
	return r;
}

uint32_t cgw_control_hierarchies(const struct cgw_layout *layout, enum cgw_control control)
{
	size_t count = 0;
	const struct cgw_source *sources = NULL;
	uint32_t hierarchies = 0;

	if ((unsigned)control < CONTROL_COUNT)
		sources = sources_of(&rows[control], &count);
	for (size_t s = 0; s < count; s++)
		for (size_t h = 0; h < layout->hierarchy_count; h++)
			if (provides(&layout->hierarchies[h], &sources[s]))
				hierarchies |= UINT32_C(1) << h;
	return hierarchies;
}

/* Is the source's controller on a hierarchy of `version`? */
static bool has_controller(const struct cgw_layout *layout, const struct cgw_source *source,
			   unsigned version)
{
	struct cgw_source other = *source;

	other.version = (uint8_t)version;
	for (size_t h = 0; h < layout->hierarchy_count; h++)
		if (provides(&layout->hierarchies[h], &other))
			return true;
	return false;
}

int cgw_control_available(const struct cgw_layout *layout, enum cgw_control control,
			  struct cgw_diag *diag)
{
	const struct cgw_source *sources;
	bool on_v1 = false, on_v2 = false;
	size_t count;

	if ((unsigned)control >= CONTROL_COUNT)
		return cgw_diag_set(diag, -EINVAL, "invalid control %d", (int)control);
	sources = sources_of(&rows[control], &count);
	for (size_t s = 0; s < count; s++) {
		on_v1 |= sources[s].version == 1;
		on_v2 |= sources[s].version == 2;
		for (size_t h = 0; h < layout->hierarchy_count; h++)
			if (provides(&layout->hierarchies[h], &sources[s]))
				return 0;
	}
	if (on_v1 != on_v2 && count > 0 && has_controller(layout, &sources[0], on_v1 ? 2 : 1))
		return cgw_diag_set(
			diag, -EOPNOTSUPP,
			"%s requires cgroup v%c; this machine has its controller on v%c",
			rows[control].info.key, on_v1 ? '1' : '2', on_v1 ? '2' : '1');
	if (count == 0 || sources[0].controller == CGW_CORE)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "%s requires cgroup v2, which is not mounted",
				    rows[control].info.key);
	return cgw_diag_set(diag, -EOPNOTSUPP,
			    "%s requires the %s controller, which no mounted hierarchy provides",
			    rows[control].info.key,
			    cgw_controller_name((enum cgw_controller)sources[0].controller,
						sources[0].version));
}
