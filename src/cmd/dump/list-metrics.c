/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-metrics.c - list of all metric keys. */
#include "cmd/dump/dump-report.h"
#include "lib/metric/decode.h"
#include "shared/cli/listing.h"

/* Formats the preferred source of a cgroup version, such as "memory.stat:anon", or "-". */
static void describe_source(struct cgw_field field, unsigned version, char *buffer, size_t size)
{
	const struct cgw_metric_info *info;

	snprintf(buffer, size, "-");
	if (field.view != CGW_VIEW_VALUE)
		return;
	info = cgw_metric_info((enum cgw_metric)field.index);
	for (size_t i = 0; i < info->source_count; i++)
		if (info->sources[i].version == version && info->cost == CGW_TRACE) {
			snprintf(buffer, size, "BPF");
			return;
		} else if (info->sources[i].version == version) {
			const struct cgw_source *source = &info->sources[i];
			const char *key = source->key == NULL          ? ""
					  : source_lists_other(source) ? "*"
								       : source->key;

			snprintf(buffer, size, "%s%s%s", source->file, key[0] != '\0' ? ":" : "",
				 key);
			return;
		}
}

static const char *kind_name(struct cgw_field field)
{
	if (field.view == CGW_VIEW_IDENTITY)
		return "identity";
	if (field.view == CGW_VIEW_DERIVED)
		return "derived";
	return cgw_kind_name(cgw_metric_info((enum cgw_metric)field.index)->kind);
}

static const struct listing_column columns[] = {
	/* A key that is shortened cannot be used. */
	{"KEY", "key", LISTING_FIXED},     {"UNIT", "unit", LISTING_FIXED},
	{"KIND", "kind", LISTING_MINOR},   {"V2", "v2", LISTING_MINOR},
	{"V1", "v1", LISTING_MINOR},       {"HELP", "help", LISTING_PROSE},
	{NULL, "instances", LISTING_NAME}, {NULL, NULL, LISTING_NAME},
};

int list_fields(FILE *out, bool json, bool headings, unsigned width)
{
	struct listing listing;
	struct cgw_field field;

	listing_start(&listing, out, json, columns, width);
	if (!json && listing.error == 0)
		scols_table_enable_noheadings(listing.table.scols, !headings);
	for (size_t i = 0; cgw_field_nth(i, &field) == 0; i++) {
		char v2[96], v1[96];

		describe_source(field, 2, v2, sizeof(v2));
		describe_source(field, 1, v1, sizeof(v1));
		listing_record(&listing);
		listing_text(&listing, report_key(field).text);
		listing_text(&listing, cgw_unit_name(field.unit));
		listing_text(&listing, kind_name(field));
		listing_text(&listing, v2);
		listing_text(&listing, v1);
		listing_text(&listing, cgw_field_help(field));
		listing_flag(&listing, field.shape == CGW_INSTANCES);
	}
	return listing_end(&listing);
}
