/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* field.c - table and parser of fields, which columns, keys and conditions name. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/word-list.h"
#include "lib/metric/decode.h"
#include "lib/model/field.h"

#define CGW_M_NONE (-1)
static const struct derived_field derived[] = {
#define FIELD(id_, key_, title_, aliases_, help_, unit_, operation_, a_, b_, limit_) \
	{                                                                            \
		.key = (key_),                                                       \
		.title = (title_),                                                   \
		.aliases = (aliases_),                                               \
		.help = (help_),                                                     \
		.unit = CGW_UNIT_##unit_,                                            \
		.operation = OPERATION_##operation_,                                 \
		.a = CGW_M_##a_,                                                     \
		.b = CGW_M_##b_,                                                     \
		.limit = CGW_M_##limit_,                                             \
	},
#include <cgward/fields.def>
#undef FIELD
};

static const struct {
	const char *key, *title, *help;
	uint8_t unit, shape;
} identities[IDENTITY_COUNT] = {
	[IDENTITY_GROUP] = {"group", "GROUP", "Path of the group", CGW_UNIT_TEXT, CGW_STRING},
	[IDENTITY_NAME] = {"name", "NAME", "Last component of the path", CGW_UNIT_TEXT, CGW_STRING},
	[IDENTITY_DEPTH] = {"depth", "DEPTH", "Levels below the root", CGW_UNIT_COUNT, CGW_SCALAR},
	[IDENTITY_ID] = {"id", "ID", "Inode of the group's directory in its first hierarchy",
			 CGW_UNIT_COUNT, CGW_SCALAR},
	[IDENTITY_IDS] = {"ids", "IDS", "Inode in each hierarchy with the group, as cpu:42,pids:17",
			  CGW_UNIT_TEXT, CGW_STRING},
	[IDENTITY_HIERARCHIES] = {"hierarchies", "HIERARCHIES",
				  "Hierarchies that contain the group", CGW_UNIT_TEXT, CGW_STRING},
	[IDENTITY_CONTROLLERS] = {"controllers", "CONTROLLERS",
				  "Controllers whose hierarchy contains the group", CGW_UNIT_TEXT,
				  CGW_STRING},
	[IDENTITY_KIND] = {"kind", "KIND", "What the group is or belongs to: unit, container, pod",
			   CGW_UNIT_TEXT, CGW_STRING},
#define PART(part, key_, title_, help_) \
	[IDENTITY_PARTS + (int)CGW_PART_##part] = {key_, title_, help_, CGW_UNIT_TEXT, CGW_STRING}
	PART(ENGINE, "engine", "ENGINE", "Engine that runs the container, machine or application"),
	PART(CONTAINER, "container", "CONTAINER", "ID or name of the container or machine"),
	PART(POD, "pod", "POD", "UID of the pod"),
	PART(QOS, "qos", "QOS", "Kubernetes QoS class of the pod"),
	PART(UNIT, "unit", "UNIT", "Innermost systemd unit, of the system or of a user"),
	PART(SYSTEM_UNIT, "system_unit", "SYSTEM UNIT", "Unit of the system manager"),
	PART(SLICE, "slice", "SLICE", "Innermost systemd slice"),
	PART(SESSION, "session", "SESSION", "Login session"),
	PART(UID, "uid", "UID", "UID of the owner of the user slice, user manager or job"),
	PART(APPLICATION, "application", "APPLICATION", "Flatpak, snap or desktop application"),
#undef PART
	[IDENTITY_CONTAINER_NAME] = {"container_name", "CONTAINER NAME",
				     "Name of the container or machine, from its engine",
				     CGW_UNIT_TEXT, CGW_STRING},
	[IDENTITY_POD_NAME] = {"pod_name", "POD NAME", "Name of the pod, from its engine",
			       CGW_UNIT_TEXT, CGW_STRING},
};

/* Views of a metric by suffix, and what they add to its heading, so that no two are the same. */
static const struct {
	const char *suffix, *title, *help;
	enum cgw_view view;
} suffixes[] = {
	{".rate", " RATE", "Increase per second", CGW_VIEW_RATE},
	{".own", " OWN", "Excluding descendants", CGW_VIEW_OWN},
	{".effective", " EFF", "Tightest limit between the group and the root", CGW_VIEW_EFFECTIVE},
	{".effective_by", " BY", "Group that sets the tightest limit", CGW_VIEW_EFFECTIVE_BY},
	{".percent", " %", "Percentage of the effective limit", CGW_VIEW_PERCENT},
};

const struct derived_field *field_derived(int16_t index)
{
	return &derived[index];
}

static struct cgw_field metric_field(int metric)
{
	const struct cgw_metric_info *info = cgw_metric_info((enum cgw_metric)metric);

	return (struct cgw_field){.view = CGW_VIEW_VALUE,
				  .unit = info->unit,
				  .shape = info->shape,
				  .index = (int16_t)metric};
}

/* A key that no metric reads: whether it is a counter is not known. */
static bool is_other_key(struct cgw_field field)
{
	const struct cgw_source *source = metric_keyed_source((enum cgw_metric)field.index);

	return field.instance[0] != '\0' && source != NULL && source_lists_other(source);
}

/* Sets the view, unit and shape; false if the view is not valid for the metric. */
static bool apply_view(enum cgw_view view, struct cgw_field *field)
{
	const struct cgw_metric_info *info = cgw_metric_info((enum cgw_metric)field->index);

	field->view = (uint8_t)view;
	switch (view) {
	case CGW_VIEW_RATE:
		field->unit = info->unit == CGW_UNIT_BYTES ? CGW_UNIT_BYTES_PER_S
			      : info->unit == CGW_UNIT_NS  ? CGW_UNIT_CPU
							   : CGW_UNIT_COUNT_PER_S;
		return info->kind == CGW_COUNTER || is_other_key(*field);
	case CGW_VIEW_OWN:
		field->shape = CGW_SCALAR;
		return info->hierarchical && info->additive && info->shape != CGW_STRING;
	case CGW_VIEW_EFFECTIVE:
		return info->kind == CGW_LIMIT;
	case CGW_VIEW_EFFECTIVE_BY:
		field->unit = CGW_UNIT_TEXT;
		field->shape = CGW_STRING;
		return info->kind == CGW_LIMIT && info->shape == CGW_SCALAR;
	case CGW_VIEW_PERCENT:
		field->unit = CGW_UNIT_PERCENT;
		return info->limited_by >= 0 && info->shape == CGW_SCALAR &&
		       info->kind == CGW_GAUGE;
	case CGW_VIEW_VALUE:
	case CGW_VIEW_DERIVED:
	case CGW_VIEW_DERIVED_OWN:
	case CGW_VIEW_DERIVED_BY:
	case CGW_VIEW_IDENTITY:
		break;
	}
	return false;
}

/* The same for a derived field; of those, only throttling depends on the group's ancestors. */
static bool apply_derived_view(enum cgw_view view, struct cgw_field *field)
{
	const struct derived_field *row = &derived[field->index];
	bool throttled = row->operation == OPERATION_THROTTLED;

	switch (view) {
	case CGW_VIEW_OWN:
		field->view = CGW_VIEW_DERIVED_OWN;
		field->shape = CGW_SCALAR;
		if (row->operation == OPERATION_SHARE || row->operation == OPERATION_TIME_TO ||
		    row->operation == OPERATION_THREAD_TIME)
			return false;
		return throttled || cgw_metric_info((enum cgw_metric)row->a)->hierarchical;
	case CGW_VIEW_EFFECTIVE:
		return throttled;
	case CGW_VIEW_EFFECTIVE_BY:
		field->view = CGW_VIEW_DERIVED_BY;
		field->unit = CGW_UNIT_TEXT;
		field->shape = CGW_STRING;
		return throttled;
	default:
		return false;
	}
}

static struct cgw_field derived_field(size_t i)
{
	bool is_rate =
		derived[i].operation == OPERATION_RATE || derived[i].operation == OPERATION_BUSY;
	bool by_device =
		is_rate && cgw_metric_info((enum cgw_metric)derived[i].a)->shape == CGW_INSTANCES;

	return (struct cgw_field){.view = CGW_VIEW_DERIVED,
				  .unit = derived[i].unit,
				  .shape = by_device ? CGW_INSTANCES : CGW_SCALAR,
				  .index = (int16_t)i};
}

const uint16_t field_row_counts[] = {
	[CGW_VIEW_VALUE] = CGW_METRIC_COUNT,        [CGW_VIEW_RATE] = CGW_METRIC_COUNT,
	[CGW_VIEW_OWN] = CGW_METRIC_COUNT,          [CGW_VIEW_EFFECTIVE] = CGW_METRIC_COUNT,
	[CGW_VIEW_EFFECTIVE_BY] = CGW_METRIC_COUNT, [CGW_VIEW_PERCENT] = CGW_METRIC_COUNT,
	[CGW_VIEW_DERIVED] = ARRAY_SIZE(derived),   [CGW_VIEW_DERIVED_OWN] = ARRAY_SIZE(derived),
	[CGW_VIEW_IDENTITY] = IDENTITY_COUNT,       [CGW_VIEW_DERIVED_BY] = ARRAY_SIZE(derived),
};

bool field_is_valid(struct cgw_field field)
{
	struct cgw_field same;

	if (!field_has_row(field) ||
	    (field.instance[0] != '\0' &&
	     !(field.view <= CGW_VIEW_RATE && metric_keyed_source((enum cgw_metric)field.index))))
		return false;
	switch ((enum cgw_view)field.view) {
	case CGW_VIEW_VALUE:
	case CGW_VIEW_DERIVED:
	case CGW_VIEW_IDENTITY:
		return true;
	case CGW_VIEW_DERIVED_OWN:
	case CGW_VIEW_DERIVED_BY:
		same = derived_field((size_t)field.index);
		return apply_derived_view(
			field.view == CGW_VIEW_DERIVED_OWN ? CGW_VIEW_OWN : CGW_VIEW_EFFECTIVE_BY,
			&same);
	case CGW_VIEW_RATE:
	case CGW_VIEW_OWN:
	case CGW_VIEW_EFFECTIVE:
	case CGW_VIEW_EFFECTIVE_BY:
	case CGW_VIEW_PERCENT:
		same = metric_field(field.index);
		memcpy(same.instance, field.instance, sizeof(same.instance));
		return apply_view((enum cgw_view)field.view, &same);
	}
	return false;
}

struct cgw_field cgw_field_own(struct cgw_field field)
{
	struct cgw_field own = field;

	if (!field_is_valid(field))
		return field;
	if (field.view == CGW_VIEW_VALUE && apply_view(CGW_VIEW_OWN, &own))
		return own;
	own = field;
	if (field.view == CGW_VIEW_DERIVED && apply_derived_view(CGW_VIEW_OWN, &own))
		return own;
	return field;
}

bool cgw_field_includes_descendants(struct cgw_field field)
{
	if (!field_is_valid(field))
		return false;
	switch (field.view) {
	case CGW_VIEW_VALUE:
	case CGW_VIEW_RATE:
	case CGW_VIEW_PERCENT:
		return cgw_metric_info((enum cgw_metric)field.index)->hierarchical;
	case CGW_VIEW_DERIVED:
		return cgw_metric_info((enum cgw_metric)derived[field.index].a)->hierarchical;
	default:
		return false;
	}
}

bool cgw_field_needs_children(struct cgw_field field)
{
	return field.view == CGW_VIEW_OWN || field.view == CGW_VIEW_DERIVED_OWN;
}

static bool ends_with_view(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t length = strlen(text), suffix = strlen(suffixes[i].suffix);

		if (length > suffix && strcmp(text + length - suffix, suffixes[i].suffix) == 0)
			return true;
	}
	return false;
}

static int find_source_key(const char *key, struct cgw_field *ret_field)
{
	struct cgw_metric_key found;
	int r = cgw_metric_find_key(key, &found);

	if (r < 0)
		return r;
	/* "io.stat:newkey.rate" is the rate of newkey, although keys may contain dots. */
	if (ends_with_view(found.instance))
		return -ENOENT;
	*ret_field = metric_field((int)found.metric);
	memcpy(ret_field->instance, found.instance, sizeof(ret_field->instance));
	if (found.instance[0] != '\0')
		ret_field->shape = CGW_SCALAR;
	return !found.own || apply_view(CGW_VIEW_OWN, ret_field) ? 0 : -ENOENT;
}

static int find_key(const char *key, struct cgw_field *ret_field)
{
	int metric;

	for (size_t i = 0; i < IDENTITY_COUNT; i++)
		if (strcmp(identities[i].key, key) == 0) {
			*ret_field = (struct cgw_field){.view = CGW_VIEW_IDENTITY,
							.unit = identities[i].unit,
							.shape = identities[i].shape,
							.index = (int16_t)i};
			return 0;
		}
	for (size_t i = 0; i < ARRAY_SIZE(derived); i++)
		if (strcmp(derived[i].key, key) == 0 || word_list_has(derived[i].aliases, key)) {
			*ret_field = derived_field(i);
			return 0;
		}
	metric = cgw_metric_find(key);
	if (metric < 0)
		return find_source_key(key, ret_field);
	*ret_field = metric_field(metric);
	return 0;
}

/* The words are not in any table: the nearest one so far is copied. */
static void suggest_source_keys(struct suggestion *nearest, char *buffer)
{
	for (enum cgw_metric i = 0; i < CGW_METRIC_COUNT; i++)
		for (size_t j = 0; j < cgw_metric_info(i)->source_count; j++) {
			const struct cgw_source *source = &cgw_metric_info(i)->sources[j];
			const char *before = nearest->word;
			char word[FIELD_SOURCE_KEY_SIZE];
			struct cgw_metric_key found;

			if (source->key == NULL ||
			    snprintf(word, sizeof(word), "%s:%s", source->file, source->key) >=
				    (int)sizeof(word) ||
			    cgw_metric_find_key(word, &found) < 0)
				continue;
			suggestion_offer(nearest, word);
			if (nearest->word == word) {
				memcpy(buffer, word, sizeof(word));
				nearest->word = buffer;
			} else {
				nearest->word = before;
			}
		}
}

void field_suggest(struct suggestion *nearest, char buffer[FIELD_SOURCE_KEY_SIZE])
{
	if (strchr(nearest->input, ':') != NULL) {
		suggest_source_keys(nearest, buffer);
		return;
	}
	for (size_t i = 0; i < IDENTITY_COUNT; i++)
		suggestion_offer(nearest, identities[i].key);
	for (size_t i = 0; i < ARRAY_SIZE(derived); i++)
		suggestion_offer(nearest, derived[i].key);
	for (enum cgw_metric i = 0; i < CGW_METRIC_COUNT; i++)
		suggestion_offer(nearest, cgw_metric_info(i)->key);
}

static int fail_unknown(const char *key, struct cgw_diag *diag)
{
	struct suggestion nearest = {.input = key};
	const char *shown = ESCAPED(128, key);
	char source_key[FIELD_SOURCE_KEY_SIZE];

	if (diag == NULL)
		return -ENOENT;
	field_suggest(&nearest, source_key);
	if (suggestion_word(&nearest) == NULL)
		return cgw_diag_set(diag, -ENOENT,
				    "unknown field '%s' (see `cgward dump --list-metrics`)", shown);
	return cgw_diag_set(diag, -ENOENT, "unknown field '%s'; did you mean '%s'?", shown,
			    suggestion_word(&nearest));
}

int cgw_field_parse(const char *key, struct cgw_field *ret_field, struct cgw_diag *diag)
{
	size_t length = key != NULL ? strlen(key) : 0;
	struct cgw_field field;

	if (key == NULL || ret_field == NULL)
		return cgw_diag_set(diag, -EINVAL, "invalid field (expected a key)");
	if (find_key(key, ret_field) == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t suffix = strlen(suffixes[i].suffix);
		char stem[96];

		if (length <= suffix || length - suffix >= sizeof(stem) ||
		    strcmp(key + length - suffix, suffixes[i].suffix) != 0)
			continue;
		memcpy(stem, key, length - suffix);
		stem[length - suffix] = '\0';
		if (find_key(stem, &field) < 0)
			continue;
		if (field.view == CGW_VIEW_DERIVED
			    ? !apply_derived_view(suffixes[i].view, &field)
			    : field.view != CGW_VIEW_VALUE || !apply_view(suffixes[i].view, &field))
			return cgw_diag_set(diag, -EINVAL, "suffix '%s' is not valid for '%s'",
					    suffixes[i].suffix, stem);
		*ret_field = field;
		return 0;
	}
	return fail_unknown(key, diag);
}

static bool is_derived(struct cgw_field field)
{
	return field.view == CGW_VIEW_DERIVED || field.view == CGW_VIEW_DERIVED_OWN ||
	       field.view == CGW_VIEW_DERIVED_BY;
}

/* The row of the field's view in `suffixes`, or NULL for a view without a suffix. */
static const typeof(suffixes[0]) *suffix_of(uint8_t view)
{
	if (view == CGW_VIEW_DERIVED_OWN)
		view = CGW_VIEW_OWN;
	if (view == CGW_VIEW_DERIVED_BY)
		view = CGW_VIEW_EFFECTIVE_BY;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (suffixes[i].view == view)
			return &suffixes[i];
	return NULL;
}

/* The key of the field without the suffix of its view. */
static const char *stem_of(struct cgw_field field)
{
	if (field.view == CGW_VIEW_IDENTITY)
		return identities[field.index].key;
	return is_derived(field) ? derived[field.index].key
				 : cgw_metric_info((enum cgw_metric)field.index)->key;
}

size_t cgw_field_key(struct cgw_field field, char *buffer, size_t size)
{
	const typeof(suffixes[0]) *row = suffix_of(field.view);
	const char *suffix = row != NULL ? row->suffix : "";
	const struct cgw_source *source;

	size = buffer != NULL ? size : 0;
	if (!field_is_valid(field))
		return (size_t)snprintf(buffer, size, "%s", "");
	if (field.instance[0] == '\0')
		return (size_t)snprintf(buffer, size, "%s%s", stem_of(field), suffix);
	source = metric_keyed_source((enum cgw_metric)field.index);
	return (size_t)snprintf(buffer, size, "%s:%s%s%s", source->file,
				source->format == CGW_FORMAT_PREFIX ? source->key : "",
				field.instance, suffix);
}

size_t cgw_field_title(struct cgw_field field, char *buffer, size_t size)
{
	const typeof(suffixes[0]) *row = suffix_of(field.view);
	const char *title = "";

	size = buffer != NULL ? size : 0;
	if (!field_is_valid(field))
		return (size_t)snprintf(buffer, size, "%s", "");
	if (field.instance[0] != '\0')
		return cgw_field_key(field, buffer, size);
	if (field.view == CGW_VIEW_IDENTITY)
		title = identities[field.index].title;
	else if (is_derived(field))
		title = derived[field.index].title;
	else
		title = cgw_metric_info((enum cgw_metric)field.index)->title;
	return (size_t)snprintf(buffer, size, "%s%s", title, row != NULL ? row->title : "");
}

const char *cgw_field_help(struct cgw_field field)
{
	if (!field_is_valid(field))
		return "";
	if (field.view == CGW_VIEW_IDENTITY)
		return identities[field.index].help;
	if (field.view == CGW_VIEW_DERIVED_BY)
		return "Group whose limit throttles the group most";
	if (is_derived(field))
		return derived[field.index].help;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (suffixes[i].view == field.view)
			return suffixes[i].help;
	return cgw_metric_info((enum cgw_metric)field.index)->help;
}

bool field_is_share(struct cgw_field field)
{
	if (!is_derived(field))
		return field.view == CGW_VIEW_PERCENT;
	return derived[field.index].operation == OPERATION_USE ||
	       derived[field.index].operation == OPERATION_CPU_USE;
}

bool cgw_field_is_additive(struct cgw_field field)
{
	const struct cgw_metric_info *info;

	if (!field_is_valid(field))
		return false;
	if (is_derived(field))
		return derived[field.index].operation != OPERATION_THROTTLED &&
		       derived[field.index].operation != OPERATION_SHARE &&
		       derived[field.index].operation != OPERATION_TIME_TO &&
		       derived[field.index].operation != OPERATION_THREAD_TIME &&
		       !field_is_share(field);
	if (field.view != CGW_VIEW_VALUE && field.view != CGW_VIEW_RATE &&
	    field.view != CGW_VIEW_OWN)
		return false;
	info = cgw_metric_info((enum cgw_metric)field.index);
	return info->shape != CGW_STRING && info->additive && !is_other_key(field) &&
	       (info->kind == CGW_COUNTER || info->kind == CGW_GAUGE) &&
	       (info->unit == CGW_UNIT_COUNT || info->unit == CGW_UNIT_NS ||
		info->unit == CGW_UNIT_BYTES);
}

bool cgw_field_equal(struct cgw_field a, struct cgw_field b)
{
	return a.view == b.view && a.index == b.index && strcmp(a.instance, b.instance) == 0;
}

void cgw_field_metrics(struct cgw_field field, struct cgw_metric_set *set)
{
	int16_t metrics[3] = {-1, -1, -1};

	if (field.view == CGW_VIEW_IDENTITY || set == NULL || !field_is_valid(field))
		return;
	if (is_derived(field)) {
		metrics[0] = derived[field.index].a;
		metrics[1] = derived[field.index].b;
		metrics[2] = derived[field.index].limit;
	} else {
		metrics[0] = field.index;
		if (field.view == CGW_VIEW_PERCENT)
			metrics[1] = cgw_metric_info((enum cgw_metric)field.index)->limited_by;
	}
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		if (metrics[i] >= 0)
			cgw_metric_set_add(set, (enum cgw_metric)metrics[i]);
}

int cgw_field_nth(size_t i, struct cgw_field *ret_field)
{
	if (ret_field == NULL)
		return -EINVAL;
	if (i < IDENTITY_COUNT)
		return find_key(identities[i].key, ret_field);
	i -= IDENTITY_COUNT;
	if (i < CGW_METRIC_COUNT) {
		*ret_field = metric_field(cgw_metric_nth(i));
		return 0;
	}
	i -= CGW_METRIC_COUNT;
	if (i >= ARRAY_SIZE(derived))
		return -ENOENT;
	*ret_field = derived_field(i);
	return 0;
}
