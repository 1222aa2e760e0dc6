/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* container-columns.c - the columns container_name and pod_name, looked up in container engines. */
#include <string.h>

#include "cmd/dump/container-columns.h"
#include "lib/base/cleanup.h"
#include "lib/model/frame.h"

static bool is_same(const struct cgw_identity *a, const struct cgw_identity *b)
{
	return a->kind == b->kind &&
	       strcmp(a->text[CGW_PART_CONTAINER], b->text[CGW_PART_CONTAINER]) == 0 &&
	       strcmp(a->text[CGW_PART_POD], b->text[CGW_PART_POD]) == 0 &&
	       strcmp(a->text[CGW_PART_UID], b->text[CGW_PART_UID]) == 0;
}

static struct frame_names find_names(void *context, const struct cgw_identity *identity)
{
	struct container_columns *columns = context;

	/* Not the monitor of a container, which has its name too. */
	if (identity->kind != CGW_IDENTITY_CONTAINER && identity->kind != CGW_IDENTITY_POD &&
	    identity->kind != CGW_IDENTITY_MACHINE)
		return (struct frame_names){"", ""};
	if (!is_same(&columns->identity, identity)) {
		columns->identity = *identity;
		cgw_names_resolve(identity, &columns->options, &columns->names);
		/* A socket that did not answer is not waited for again. */
		columns->options.no_sockets |= columns->names.problem[0] != '\0';
	}
	return (struct frame_names){identity->kind == CGW_IDENTITY_POD ? "" : columns->names.name,
				    columns->names.pod};
}

bool container_columns_has(struct cgw_field field)
{
	static const char *const keys[] = {"container_name", "pod_name"};
	struct cgw_field column;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (cgw_field_parse(keys[i], &column, NULL) == 0 && cgw_field_equal(column, field))
			return true;
	return false;
}

void container_columns_use(struct container_columns *columns, struct cgw_frame *frame)
{
	frame_set_names(frame, find_names, columns);
}

size_t container_columns_labels(void *context, const struct cgw_identity *identity,
				struct cgw_label *labels, size_t capacity)
{
	struct container_columns *columns = context;
	const struct frame_names names = find_names(columns, identity);
	const char *const texts[][2] = {{"name", names.container}, {"pod_name", names.pod}};
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(texts) && count < capacity; i++) {
		if (texts[i][1][0] == '\0')
			continue;
		cgw_escape(columns->escaped[i], sizeof(columns->escaped[i]), texts[i][1],
			   strlen(texts[i][1]));
		labels[count++] = (struct cgw_label){texts[i][0], columns->escaped[i]};
	}
	return count;
}
