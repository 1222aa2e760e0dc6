/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* read-plan.c - plan of the files to read for the requested metrics. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"
#include "lib/kernel/list-children.h"
#include "lib/sample/read-plan.h"

/* Number of groups probed for a file before it counts as missing in this kernel. */
#define PROBE_MAX 12

/* The directories probed for a hierarchy's files: the root and some groups. */
struct probe {
	int fds[PROBE_MAX];
	size_t count;
};

static void probe_done(const struct cgw_layout *layout, struct probe *probe)
{
	for (size_t i = 0; i < probe->count; i++)
		layout->ops->close(probe->fds[i]);
	probe->count = 0;
}

/* On v2 a controller may be enabled in some groups only: groups near the root are probed, too. */
static int probe_open(const struct cgw_layout *layout, const struct group_tree *tree,
		      uint32_t hierarchy, struct probe *ret_probe)
{
	ret_probe->count = 0;
	for (const struct tree_group *group = tree->root;
	     group != NULL && ret_probe->count < PROBE_MAX; group = group_tree_next(group)) {
		CLEANUP(cleanup_free) char *path = NULL;
		int fd;

		if (!(group->present & UINT32_C(1) << hierarchy) || group->depth > 2)
			continue;
		path = group_tree_path(group);
		if (path == NULL)
			return -ENOMEM;
		if (cgw_group_open(layout, hierarchy, path, &fd, NULL) == 0)
			ret_probe->fds[ret_probe->count++] = fd;
	}
	return 0;
}

static bool probe_has(const struct cgw_layout *layout, const struct probe *probe, const char *file)
{
	struct stat stat;

	for (size_t i = 0; i < probe->count; i++)
		if (layout->ops->stat_at(probe->fds[i], file, &stat) == 0)
			return true;
	return false;
}

static bool name_matches(const char *name, const char *pattern, char **ret_instance)
{
	const char *star = strchr(pattern, '*');
	size_t head = (size_t)(star - pattern), tail = strlen(star + 1), length = strlen(name);

	if (length <= head + tail || memcmp(name, pattern, head) != 0 ||
	    strcmp(name + length - tail, star + 1) != 0)
		return false;
	/* "hugetlb.*.max" must not match "hugetlb.2MB.rsvd.max": an instance contains no dot. */
	if (memchr(name + head, '.', length - head - tail) != NULL)
		return false;
	*ret_instance = strndup(name + head, length - head - tail);
	return true;
}

#define INSTANCE_MAX 16

struct instances {
	char *names[INSTANCE_MAX];
	size_t count;
};

static void instances_done(struct instances *instances)
{
	for (size_t i = 0; i < instances->count; i++)
		free(instances->names[i]);
}

static bool instances_has(const struct instances *instances, const char *name)
{
	for (size_t i = 0; i < instances->count; i++)
		if (strcmp(instances->names[i], name) == 0)
			return true;
	return false;
}

struct instance_search {
	const char *pattern;
	struct instances *instances;
};

static int collect_name(void *context, int fd, const char *name, uint8_t type, uint64_t inode)
{
	struct instance_search *search = context;
	struct instances *instances = search->instances;
	char *instance = NULL;

	if (!name_matches(name, search->pattern, &instance))
		return 0;
	if (instance == NULL)
		return -ENOMEM;
	if (instances->count == INSTANCE_MAX || instances_has(instances, instance))
		free(instance);
	else
		instances->names[instances->count++] = instance;
	return 0;
}

/* Collects the strings that match a pattern's '*' in a directory, such as page sizes. */
static int list_instances(const struct cgw_layout *layout, int directory, const char *pattern,
			  struct instances *instances)
{
	struct instance_search search = {pattern, instances};
	int r = walk_names(layout->ops, directory, collect_name, &search);

	return r == -ENOMEM ? r : 0; /* a removed directory has no instances */
}

void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->file_count; i++) {
		free(plan->files[i].name);
		free(plan->files[i].instance);
		free(plan->files[i].requests);
		free(plan->files[i].preferred);
	}
	free(plan->files);
	free(plan->divisions);
	*plan = (struct plan){0};
}

static char *replace_star(const char *pattern, const char *instance)
{
	const char *star = strchr(pattern, '*');
	char *name;

	if (instance == NULL)
		return strdup(pattern);
	if (asprintf(&name, "%.*s%s%s", (int)(star - pattern), pattern, instance, star + 1) < 0)
		return NULL;
	return name;
}

static struct plan_file *find_file(struct plan *plan, uint32_t hierarchy, const char *name,
				   enum cgw_format format)
{
	for (size_t i = 0; i < plan->file_count; i++)
		if (plan->files[i].hierarchy == hierarchy && plan->files[i].format == format &&
		    strcmp(plan->files[i].name, name) == 0)
			return &plan->files[i];
	return NULL;
}

static int add_file(struct plan *plan, uint32_t hierarchy, const struct cgw_source *source,
		    const char *instance, struct plan_file **ret_file)
{
	char *name = replace_star(source->file, instance);
	struct plan_file *file;

	if (name == NULL)
		return -ENOMEM;
	file = find_file(plan, hierarchy, name, source->format);
	if (file != NULL) {
		free(name);
		*ret_file = file;
		return 0;
	}
	if (ARRAY_RESERVE(plan->files, plan->file_size, plan->file_count + 1) < 0) {
		free(name);
		return -ENOMEM;
	}
	file = &plan->files[plan->file_count];
	*file = (struct plan_file){
		.hierarchy = hierarchy,
		.format = source->format,
		.name = name,
		.instance = instance != NULL ? strdup(instance) : NULL,
	};
	if (instance != NULL && file->instance == NULL) {
		free(name);
		return -ENOMEM;
	}
	plan->file_count++;
	*ret_file = file;
	return 0;
}

/* Marks the requests for the key, and returns whether there are any. */
static bool share_key(struct plan_file *file, const char *key)
{
	bool found = false;

	for (size_t i = 0; key != NULL && i < file->request_count; i++)
		if (file->requests[i].key != NULL && strcmp(file->requests[i].key, key) == 0)
			found = file->requests[i].shared = true;
	return found;
}

static int add_request(struct plan *plan, uint32_t hierarchy, enum cgw_metric metric,
		       const struct cgw_source *source, const char *instance)
{
	struct plan_file *file;
	int r = add_file(plan, hierarchy, source, instance, &file);

	if (r == 0)
		r = ARRAY_RESERVE(file->requests, file->request_size, file->request_count + 1);
	if (r < 0)
		return r;
	file->own |= source->own;
	file->requests[file->request_count] = (struct decode_request){
		.key = source->key,
		.key_length = source->key != NULL ? (uint32_t)strlen(source->key) : 0,
		.slot = (uint32_t)plan->column_of[metric],
		.scale = source->scale,
		.conversion = source->conversion,
		.shared = share_key(file, source->key),
		.instances = cgw_metric_info(metric)->shape == CGW_INSTANCES,
	};
	file->request_count++;
	return 0;
}

bool cgw_hierarchy_offers(const struct cgw_hierarchy *hierarchy, const struct cgw_source *source)
{
	if (hierarchy->version != source->version)
		return false;
	if (source->mount_options != 0 && !(hierarchy->mount_options & source->mount_options))
		return false;
	return source->controller == CGW_CORE ||
	       hierarchy->controllers & CGW_CONTROLLER_BIT(source->controller);
}

/* The hierarchies that offer a source of the metric. `own`: only of sources without descendants. */
static uint32_t find_hierarchies(const struct cgw_layout *layout, enum cgw_metric metric, bool own)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);
	uint32_t hierarchies = 0;

	for (size_t i = 0; info != NULL && i < info->source_count; i++)
		for (size_t h = 0; h < layout->hierarchy_count; h++)
			if ((!own || info->sources[i].own) &&
			    cgw_hierarchy_offers(&layout->hierarchies[h], &info->sources[i]))
				hierarchies |= UINT32_C(1) << h;
	return hierarchies;
}

uint32_t cgw_metric_hierarchies(const struct cgw_layout *layout, enum cgw_metric metric)
{
	return find_hierarchies(layout, metric, false);
}

uint32_t plan_own_hierarchies(const struct cgw_layout *layout, const struct cgw_metric_set *metrics)
{
	uint32_t hierarchies = 0;

	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++)
		if (cgw_metric_set_has(metrics, metric))
			hierarchies |= find_hierarchies(layout, metric, true);
	return hierarchies;
}

static int add_starred(struct plan *plan, const struct probe *probe, uint32_t hierarchy,
		       enum cgw_metric metric, const struct cgw_source *source)
{
	CLEANUP(instances_done) struct instances instances = {.count = 0};
	int r = 0;

	for (size_t i = 0; i < probe->count && r == 0; i++)
		r = list_instances(plan->layout, probe->fds[i], source->file, &instances);
	for (size_t i = 0; i < instances.count && r == 0; i++)
		r = add_request(plan, hierarchy, metric, source, instances.names[i]);
	return r;
}

/* Adds the first source of the metric whose file exists in this hierarchy, if any. */
static int add_metric(struct plan *plan, const struct probe *probe, uint32_t hierarchy,
		      enum cgw_metric metric)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);
	const struct cgw_source *source = NULL;

	for (size_t i = 0; i < info->source_count; i++) {
		const struct cgw_source *candidate = &info->sources[i];
		bool starred = strchr(candidate->file, '*') != NULL;

		if (!cgw_hierarchy_offers(&plan->layout->hierarchies[hierarchy], candidate))
			continue;
		if (candidate->without != NULL &&
		    probe_has(plan->layout, probe, candidate->without))
			continue;
		if (starred || probe_has(plan->layout, probe, candidate->file)) {
			source = candidate;
			break;
		}
	}
	if (source == NULL)
		return 0;
	DEBUG(CGW_DEBUG_SAMPLE, "%s: from %s%s%s in hierarchy %s", info->key, source->file,
	      source->key != NULL ? ", key " : "", source->key != NULL ? source->key : "",
	      plan->layout->hierarchies[hierarchy].label);
	if (plan->source[metric] == NULL || source < plan->source[metric])
		plan->source[metric] = source;
	plan->rank[metric][hierarchy] = (uint8_t)(source - info->sources + 1);
	if (strchr(source->file, '*') != NULL)
		return add_starred(plan, probe, hierarchy, metric, source);
	return add_request(plan, hierarchy, metric, source, NULL);
}

static int plan_hierarchy(struct plan *plan, const struct group_tree *tree, uint32_t hierarchy)
{
	struct probe probe;
	int r = probe_open(plan->layout, tree, hierarchy, &probe);

	for (enum cgw_metric metric = 0; metric < cgw_metric_count() && r == 0; metric++)
		if (cgw_metric_set_has(&plan->metrics, metric))
			r = add_metric(plan, &probe, hierarchy, metric);
	probe_done(plan->layout, &probe);
	return r;
}

static const struct plan_sum sums[] = {
	{CGW_M_MEMORY_SLAB, 2, {CGW_M_MEMORY_SLAB_RECLAIMABLE, CGW_M_MEMORY_SLAB_UNRECLAIMABLE}},
	{CGW_M_MEMORY_PGSCAN,
	 4,
	 {CGW_M_MEMORY_PGSCAN_KSWAPD, CGW_M_MEMORY_PGSCAN_DIRECT, CGW_M_MEMORY_PGSCAN_KHUGEPAGED,
	  CGW_M_MEMORY_PGSCAN_PROACTIVE}},
	{CGW_M_MEMORY_PGSTEAL,
	 4,
	 {CGW_M_MEMORY_PGSTEAL_KSWAPD, CGW_M_MEMORY_PGSTEAL_DIRECT, CGW_M_MEMORY_PGSTEAL_KHUGEPAGED,
	  CGW_M_MEMORY_PGSTEAL_PROACTIVE}},
};

const struct plan_sum *plan_sum_of(enum cgw_metric metric)
{
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		if (sums[i].metric == metric)
			return &sums[i];
	return NULL;
}

/* The files that contain the parts are read in any case; BPF programs find only the parts. */
static void add_parts(struct plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		for (size_t j = 0; j < sums[i].part_count; j++)
			if (cgw_metric_set_has(&plan->metrics, sums[i].metric))
				cgw_metric_set_add(&plan->metrics, sums[i].parts[j]);
}

/* Adds the divisors of the requested metrics. */
static int add_divisions(struct plan *plan)
{
	size_t count = 0;

	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++) {
		const struct cgw_metric_info *info = cgw_metric_info(metric);

		if (!cgw_metric_set_has(&plan->metrics, metric) || info->sources[0].per < 0)
			continue;
		cgw_metric_set_add(&plan->metrics, (enum cgw_metric)info->sources[0].per);
		count++;
	}
	plan->divisions = calloc(count + 1, sizeof(*plan->divisions));
	if (plan->divisions == NULL)
		return -ENOMEM;
	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++) {
		plan->column_of[metric] = -1;
		if (!cgw_metric_set_has(&plan->metrics, metric))
			continue;
		plan->metric_of[plan->column_count] = (uint16_t)metric;
		plan->column_of[metric] = (int16_t)plan->column_count++;
	}
	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++)
		if (plan->column_of[metric] >= 0 && cgw_metric_info(metric)->sources[0].per >= 0)
			plan->divisions[plan->division_count++] = (struct plan_division){
				plan->column_of[metric],
				(enum cgw_metric)cgw_metric_info(metric)->sources[0].per,
			};
	return 0;
}

/* Sets the preferred hierarchies of each request: those with a better source, or listed first. */
static int rank_requests(struct plan *plan)
{
	for (size_t i = 0; i < plan->file_count; i++) {
		struct plan_file *file = &plan->files[i];

		file->preferred = calloc(file->request_count, sizeof(*file->preferred));
		if (file->preferred == NULL)
			return -ENOMEM;
		for (size_t j = 0; j < file->request_count; j++) {
			const uint8_t *rank = plan->rank[plan->metric_of[file->requests[j].slot]];

			for (uint32_t h = 0; h < plan->layout->hierarchy_count; h++)
				if (rank[h] != 0 &&
				    (rank[h] < rank[file->hierarchy] ||
				     (rank[h] == rank[file->hierarchy] && h < file->hierarchy)))
					file->preferred[j] |= UINT32_C(1) << h;
		}
	}
	return 0;
}

static void mark_only_files(struct plan *plan)
{
	for (size_t i = 0; i < plan->file_count; i++) {
		size_t same = 0;

		for (size_t j = 0; j < plan->file_count; j++)
			same += plan->files[j].hierarchy == plan->files[i].hierarchy;
		plan->files[i].only_file = same == 1;
	}
}

bool plan_equal(const struct plan *a, const struct plan *b)
{
	if (a->file_count != b->file_count || memcmp(a->rank, b->rank, sizeof(a->rank)) != 0 ||
	    memcmp(&a->metrics, &b->metrics, sizeof(a->metrics)) != 0)
		return false;
	for (size_t i = 0; i < a->file_count; i++)
		if (a->files[i].hierarchy != b->files[i].hierarchy ||
		    a->files[i].request_count != b->files[i].request_count ||
		    strcmp(a->files[i].name, b->files[i].name) != 0)
			return false;
	return true;
}

int plan_build(struct plan *plan, const struct cgw_layout *layout, const struct group_tree *tree,
	       const struct cgw_metric_set *metrics)
{
	uint32_t offered = 0;
	int r;

	*plan = (struct plan){.layout = layout, .metrics = *metrics};
	add_parts(plan);
	r = add_divisions(plan);
	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++)
		if (cgw_metric_set_has(&plan->metrics, metric))
			offered |= cgw_metric_hierarchies(layout, metric);
	for (uint32_t h = 0; h < layout->hierarchy_count && r == 0; h++)
		if (offered & UINT32_C(1) << h)
			r = plan_hierarchy(plan, tree, h);
	for (size_t m = 0; m < cgw_metric_count() && debug_enabled(CGW_DEBUG_SAMPLE); m++)
		if (cgw_metric_set_has(metrics, (enum cgw_metric)m) && plan->source[m] == NULL)
			DEBUG(CGW_DEBUG_SAMPLE, "%s: no hierarchy has a file of it",
			      cgw_metric_info((enum cgw_metric)m)->key);
	if (r == 0)
		r = rank_requests(plan);
	if (r == 0)
		mark_only_files(plan);
	if (r < 0)
		plan_done(plan);
	return r;
}
