/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* topology.c - topology of the groups, as one shared block of memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sample/snapshot.h"

static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

/* Returns the next array in a block; sizes are padded, so all arrays are aligned. */
static void *next_array(char **block, size_t size)
{
	void *array = *block;

	*block += padded(size);
	return array;
}

int topology_new(uint32_t count, uint32_t hierarchy_count, size_t names_size,
		 struct topology **ret_topology, struct topology_arrays *ret_arrays)
{
	size_t n = count, h = hierarchy_count;
	size_t size = padded(sizeof(struct topology)) + 3 * padded(n * sizeof(uint32_t)) +
		      padded(n * sizeof(uint16_t)) + padded(n * sizeof(char *)) +
		      padded(h * sizeof(uint64_t *)) + h * padded(n * sizeof(uint64_t)) +
		      padded(names_size);
	struct topology *topology = calloc(1, size);
	char *block = (char *)topology;
	struct topology_arrays arrays;

	if (topology == NULL)
		return -ENOMEM;
	(void)next_array(&block, sizeof(struct topology));
	arrays.parent = next_array(&block, n * sizeof(uint32_t));
	arrays.below = next_array(&block, n * sizeof(uint32_t));
	arrays.present = next_array(&block, n * sizeof(uint32_t));
	arrays.depth = next_array(&block, n * sizeof(uint16_t));
	arrays.name = next_array(&block, n * sizeof(char *));
	arrays.id = next_array(&block, h * sizeof(uint64_t *));
	for (size_t i = 0; i < h; i++)
		arrays.id[i] = next_array(&block, n * sizeof(uint64_t));
	arrays.names = next_array(&block, names_size);
	atomic_init(&topology->references, 1);
	topology->view = (struct cgw_topology){
		.count = count,
		.hierarchy_count = hierarchy_count,
		.parent = arrays.parent,
		.below = arrays.below,
		.depth = arrays.depth,
		.name = arrays.name,
		.present = arrays.present,
		.id = (const uint64_t *const *)arrays.id,
	};
	*ret_topology = topology;
	*ret_arrays = arrays;
	return 0;
}

struct topology *topology_ref(struct topology *topology)
{
	atomic_fetch_add_explicit(&topology->references, 1, memory_order_relaxed);
	return topology;
}

struct topology *topology_unref(struct topology *topology)
{
	if (topology != NULL &&
	    atomic_fetch_sub_explicit(&topology->references, 1, memory_order_acq_rel) == 1)
		free(topology);
	return NULL;
}

size_t cgw_topology_path(const struct cgw_topology *topology, uint32_t group, char *buffer,
			 size_t size)
{
	size_t length = 0, at;

	if (group >= topology->count) {
		if (size > 0)
			buffer[0] = '\0';
		return 0;
	}
	for (uint32_t g = group; topology->parent[g] != CGW_NO_GROUP; g = topology->parent[g])
		length += 1 + strlen(topology->name[g]);
	if (length == 0) {
		if (size > 1)
			memcpy(buffer, "/", 2);
		else if (size == 1)
			buffer[0] = '\0';
		return 1;
	}
	at = length;
	for (uint32_t g = group; topology->parent[g] != CGW_NO_GROUP; g = topology->parent[g]) {
		size_t name_length = strlen(topology->name[g]);

		at -= name_length;
		if (at + 1 < size)
			memcpy(buffer + at, topology->name[g],
			       at + name_length < size ? name_length : size - at - 1);
		at--;
		if (at + 1 < size)
			buffer[at] = '/';
	}
	if (size > 0)
		buffer[length < size ? length : size - 1] = '\0';
	return length;
}

char *cgw_topology_path_copy(const struct cgw_topology *topology, uint32_t group)
{
	size_t length = cgw_topology_path(topology, group, NULL, 0);
	char *path = malloc(length + 1);

	if (path != NULL)
		(void)cgw_topology_path(topology, group, path, length + 1);
	return path;
}

uint32_t cgw_topology_find(const struct cgw_topology *topology, const char *path)
{
	uint32_t group = 0;

	if (topology->count == 0)
		return CGW_NO_GROUP;
	for (;;) {
		uint32_t child, end = group + topology->below[group] + 1;
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 0)
			return group;
		for (child = group + 1; child < end; child += topology->below[child] + 1)
			if (strncmp(topology->name[child], path, length) == 0 &&
			    topology->name[child][length] == '\0')
				break;
		if (child >= end)
			return CGW_NO_GROUP;
		group = child;
		path += length;
	}
}
