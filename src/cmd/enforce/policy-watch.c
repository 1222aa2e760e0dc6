/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy-watch.c - reload the policy when its file is replaced.
 *
 * Only renames count: a file written in place might be read half-written. Kubernetes mounts a
 * ConfigMap as symbolic links through "..data", which it replaces by a rename.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <syslog.h>

#include "cmd/enforce/log.h"
#include "cmd/enforce/policy-watch.h"
#include "lib/base/cleanup.h"

#define CONFIG_MAP_LINK "..data"

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool ends_in_conf(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

/* For the directory of the policy file, which may contain unrelated files. */
static int on_file(sd_event_source *source, const struct inotify_event *event, void *context)
{
	const struct policy_watch *watch = context;

	if (event->len > 0 && (strcmp(event->name, name_of(watch->file)) == 0 ||
			       strcmp(event->name, CONFIG_MAP_LINK) == 0))
		watch->reload(watch->context);
	return 0;
}

/* For conf.d, where every *.conf is part of the policy. */
static int on_directory(sd_event_source *source, const struct inotify_event *event, void *context)
{
	const struct policy_watch *watch = context;

	if (event->len > 0 &&
	    (ends_in_conf(event->name) || strcmp(event->name, CONFIG_MAP_LINK) == 0))
		watch->reload(watch->context);
	return 0;
}

int policy_watch_open(sd_event *event, struct policy_watch *watch)
{
	const char *file = watch->file, *name = name_of(file);
	CLEANUP(cleanup_free)
	char *directory = name == file       ? strdup(".")
			  : name == file + 1 ? strdup("/")
					     : strndup(file, (size_t)(name - file - 1));
	int r;

	if (directory == NULL)
		return -ENOMEM;
	r = sd_event_add_inotify(event, NULL, directory, IN_MOVED_TO | IN_ONLYDIR, on_file, watch);
	if (r >= 0 && watch->directory != NULL) {
		r = sd_event_add_inotify(event, NULL, watch->directory,
					 IN_MOVED_TO | IN_DELETE | IN_ONLYDIR, on_directory, watch);
		if (r == -ENOENT)
			r = 0; /* loading the policy ignores a missing directory, too */
	}
	if (r < 0)
		log_event(LOG_ERR, "cannot watch the policy file: %s", strerror(-r));
	return r < 0 ? r : 0;
}
