/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* user-config.h - the user's configuration file: sections of names and values. */
#pragma once

#include "shared/cli/cli.h"

struct config_entry {
	char *section, *name, *value;
	unsigned line; /* 0: not from the file */
};

/* Entries in file order; a name may occur several times. */
struct config {
	struct config_entry *entries;
	size_t count;
	size_t capacity;
};

/*
 * Builds $XDG_CONFIG_HOME/cgward/config, else ~/.config/cgward/config. -ENOENT if neither
 * XDG_CONFIG_HOME nor HOME is usable.
 */
int config_path(char *buffer, size_t size);

/* A missing file is an empty configuration. -EBADMSG with the line number for invalid syntax. */
int config_load(const char *path, struct config *config, struct cgw_diag *diag);
void config_done(struct config *config);

/* config_save() removes the lines of that name if `value` is NULL, the section if both are. */
int config_add(struct config *config, const char *section, const char *name, const char *value);
/* Whether config_load() would read the same value from the line that config_save() writes. */
bool config_can_hold(const char *name, const char *value) CGW_PURE;

/*
 * Replaces the lines of all names in `config`; everything else in the file, including comments,
 * stays unchanged. Creates missing directories, and replaces the file atomically.
 */
int config_save(const char *path, const struct config *config, struct cgw_diag *diag);
