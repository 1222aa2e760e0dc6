/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stream-rows.c - collection of the groups of a sample as they are received. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "shared/remote/stream-rows.h"
#include "shared/remote/stream.h"

void rows_done(struct rows *rows)
{
	free(rows->rows);
	free(rows->numbers);
	free(rows->instances);
	free(rows->texts);
	free(rows->text);
	free(rows->last);
	*rows = (struct rows){0};
}

void rows_reset(struct rows *rows, size_t columns)
{
	rows->columns = columns;
	rows->count = 0;
	rows->instance_count = 0;
	rows->text_count = 0;
	rows->used = 0;
	rows->depth = 0;
}

static int store_text(struct rows *rows, const char *text, size_t length, size_t *ret_at)
{
	int r = ARRAY_RESERVE(rows->text, rows->text_bytes, rows->used + length + 1);

	if (r < 0)
		return r;
	memcpy(rows->text + rows->used, text, length);
	rows->text[rows->used + length] = '\0';
	*ret_at = rows->used;
	rows->used += length + 1;
	return 0;
}

static const char *name_of(const struct rows *rows, uint32_t row)
{
	return rows->text + rows->rows[row].name;
}

static bool is_name(const char *name, size_t length)
{
	return length > 0 && length <= 255 && memchr(name, '\0', length) == NULL &&
	       !(length == 1 && name[0] == '.') && !(length == 2 && memcmp(name, "..", 2) == 0);
}

static int compare(const char *name, const char *other, size_t length)
{
	int order = strncmp(name, other, length);

	return order != 0 ? order : name[length] != '\0';
}

/*
 * Finds the parent, which must be the previous group or one of its ancestors; otherwise -EBADMSG.
 * `ret_name` is set to the offset of the group's own name in the path.
 */
static int find_parent(const struct rows *rows, const char *path, size_t length, size_t *ret_depth,
		       size_t *ret_name)
{
	size_t at = 1, depth = 1;

	for (;;) {
		const char *slash = memchr(path + at, '/', length - at);

		if (slash == NULL)
			break;
		if (depth > rows->depth || compare(name_of(rows, rows->last[depth]), path + at,
						   (size_t)(slash - path) - at) != 0)
			return -EBADMSG;
		at = (size_t)(slash - path) + 1;
		if (++depth > REMOTE_DEPTH_MAX)
			return -E2BIG;
	}
	*ret_depth = depth;
	*ret_name = at;
	return is_name(path + at, length - at) ? 0 : -EBADMSG;
}

static int add_row(struct rows *rows, const struct remote_row *row, const char *name, size_t length)
{
	struct remote_row *new;
	int r = ARRAY_RESERVE(rows->rows, rows->size, rows->count + 1);

	if (r == 0)
		r = ARRAY_RESERVE(rows->numbers, rows->number_size,
				  (rows->count + 1) * rows->columns + 1);
	if (r == 0)
		r = ARRAY_RESERVE(rows->last, rows->last_size, (size_t)row->depth + 1);
	if (r < 0)
		return r;
	new = &rows->rows[rows->count];
	*new = *row;
	r = store_text(rows, name, length, &new->name);
	if (r < 0)
		return r;
	memset(rows->numbers + rows->count * rows->columns, 0,
	       rows->columns * sizeof(*rows->numbers));
	rows->last[row->depth] = (uint32_t)rows->count;
	rows->depth = row->depth;
	rows->count++;
	return 0;
}

int rows_add_path(struct rows *rows, const char *path, size_t length, uint64_t id)
{
	struct remote_row row = {.parent = CGW_NO_GROUP, .id = id};
	size_t depth, name;
	int r;

	if (length == 0 || path[0] != '/' || (length == 1) != (rows->count == 0))
		return -EBADMSG;
	if (length == 1)
		return add_row(rows, &row, "", 0);
	r = find_parent(rows, path, length, &depth, &name);
	if (r < 0)
		return r;
	/* The name must be greater than that of the previous sibling. */
	if (depth <= rows->depth &&
	    compare(name_of(rows, rows->last[depth]), path + name, length - name) >= 0)
		return -EBADMSG;
	row.depth = (uint16_t)depth;
	row.parent = rows->last[depth - 1];
	return add_row(rows, &row, path + name, length - name);
}

void rows_set(struct rows *rows, size_t column, struct cgw_number number)
{
	rows->numbers[(rows->count - 1) * rows->columns + column] = number;
}

static int add_part(struct rows *rows, struct remote_part part, const char *text, bool instance)
{
	int r = instance ? ARRAY_RESERVE(rows->instances, rows->instance_size,
					 rows->instance_count + 1)
			 : ARRAY_RESERVE(rows->texts, rows->text_size, rows->text_count + 1);

	if (r == 0)
		r = store_text(rows, text, part.length, &part.text);
	if (r < 0)
		return r;
	part.row = (uint32_t)rows->count - 1;
	if (instance)
		rows->instances[rows->instance_count++] = part;
	else
		rows->texts[rows->text_count++] = part;
	return 0;
}

int rows_add_instance(struct rows *rows, size_t column, const char *name, size_t length,
		      struct cgw_number number)
{
	struct remote_part part = {.column = (uint16_t)column, .length = length, .number = number};

	return add_part(rows, part, name, true);
}

int rows_add_text(struct rows *rows, size_t column, const char *text, size_t length)
{
	struct remote_part part = {.column = (uint16_t)column, .length = length};

	return add_part(rows, part, text, false);
}

static bool is_same(const struct rows *rows, const struct cgw_topology *old)
{
	if (rows->count != old->count)
		return false;
	for (uint32_t i = 0; i < old->count; i++)
		if (rows->rows[i].depth != old->depth[i] || rows->rows[i].id != old->id[0][i] ||
		    strcmp(name_of(rows, i), old->name[i]) != 0)
			return false;
	return true;
}

int rows_topology(const struct rows *rows, const struct cgw_layout *layout, struct topology *old,
		  struct topology **ret_topology)
{
	struct topology_arrays arrays;
	struct topology *topology;
	size_t names_size = 0, used = 0;
	int r;

	if (old != NULL && is_same(rows, &old->view)) {
		*ret_topology = topology_ref(old);
		return 0;
	}
	for (uint32_t i = 0; i < rows->count; i++)
		names_size += strlen(name_of(rows, i)) + 1;
	r = topology_new((uint32_t)rows->count, 1, names_size, &topology, &arrays);
	if (r < 0)
		return r;
	topology->view.layout = layout;
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct remote_row *row = &rows->rows[i];
		size_t length = strlen(name_of(rows, i)) + 1;

		memcpy(arrays.names + used, name_of(rows, i), length);
		arrays.name[i] = arrays.names + used;
		used += length;
		arrays.parent[i] = row->parent;
		arrays.depth[i] = row->depth;
		arrays.present[i] = 1;
		arrays.id[0][i] = row->id;
	}
	/* From the last group up: add each group and its descendants to its parent. */
	for (uint32_t i = (uint32_t)rows->count; i-- > 1;)
		arrays.below[arrays.parent[i]] += arrays.below[i] + 1;
	*ret_topology = topology;
	return 0;
}

int rows_fill(const struct rows *rows, struct cgw_snapshot *snapshot)
{
	int r = 0;

	for (uint32_t i = 0; i < rows->count; i++)
		for (size_t column = 0; column < rows->columns; column++)
			snapshot_set(snapshot, (int)column, i,
				     rows->numbers[i * rows->columns + column]);
	for (size_t i = 0; i < rows->instance_count && r == 0; i++) {
		const struct remote_part *part = &rows->instances[i];

		r = snapshot_add_instance(snapshot, part->column, part->row,
					  rows->text + part->text, part->length, part->number);
	}
	for (size_t i = 0; i < rows->text_count && r == 0; i++) {
		const struct remote_part *part = &rows->texts[i];

		r = snapshot_add_text(snapshot, part->column, part->row, rows->text + part->text,
				      part->length);
		snapshot->columns[part->column].state[part->row] = CGW_OK;
	}
	return r < 0 ? r : snapshot_finish(snapshot);
}
