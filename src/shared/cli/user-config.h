/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * user-config.h - the user's configuration: sections, keys, values; read whole, written back in place.
 */
#ifndef CGWARD_SHARED_CLI_USER_CONFIG_H
#define CGWARD_SHARED_CLI_USER_CONFIG_H

#include "shared/cli/cli.h"

struct config_entry {
	char *section, *name, *value;
	unsigned line; /* 0: not from the file */
};

/* In the order of the file; a name may stand several times. */
struct config {
	struct config_entry *entries;
	size_t count;
};

/*
 * $XDG_CONFIG_HOME/cgward/config, else ~/.config/cgward/config. -ENOENT where neither variable says
 * where that is. Returns 0.
 */
int config_path(char *buffer, size_t size);

/* A file that is not there is an empty configuration. -EBADMSG with the line for what is no INI. */
int config_load(const char *path, struct config *config, struct cgw_diag *diag);
void config_done(struct config *config);

int config_add(struct config *config, const char *section, const char *name, const char *value);

/*
 * Writes what `config` says of the names that it has: their lines are replaced, everything else in
 * the file, comments as well, stays as it is. Written beside and renamed; directories are made.
 */
int config_save(const char *path, const struct config *config, struct cgw_diag *diag);

#endif
