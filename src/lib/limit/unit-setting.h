/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unit-setting.h - settings of systemd units, as steps of a plan. */
#pragma once

#include "lib/limit/plan.h"

/*
 * Finds the unit of the change that the step undoes: sets the step's owner, whether the unit runs,
 * and the path of the group that it has now. -ENOENT: no such unit; -EHOSTDOWN: no systemd.
 */
int unit_setting_locate(struct cgw_plan *plan, struct step *step);

/*
 * For callers that keep old values themselves. Is the control of the group, or of the stopped unit
 * with that path, a property of a unit? It is then identified by the path, not by the inode. True
 * also if the manager does not reply, of which a step reports the reason. The plan must have no
 * steps.
 */
bool unit_setting_applies(struct cgw_plan *plan, const char *path, enum cgw_control control);
/* The drop-ins that the plan's first step created; NULL: none. */
const char *unit_setting_drop_ins(const struct cgw_plan *plan);
/* Lets the last step that was added remove these drop-ins. */
int unit_setting_drop(struct cgw_plan *plan, const char *drop_ins);

/* Is the setting kept over a reboot? An undo is kept if the change was. */
bool unit_setting_persists(const struct cgw_plan *plan, const struct step *step);

/* Sets the property, and remembers in the step which drop-ins systemd created for it. */
int unit_setting_write(struct cgw_plan *plan, struct step *step, const struct setting *value);

/* Removes the drop-ins in the list, which may be NULL; notes in the step if that fails. */
void unit_setting_remove_drop_ins(struct cgw_plan *plan, struct step *step, const char *list);

/* The value before of a setting whose file does not exist yet: the kernel's default. */
void unit_setting_default(struct step *step);

/*
 * Will the manager enable the step's controller for the unit when the property is set? -ENOENT: it
 * does not have the controller, or the file is missing for another reason.
 */
int unit_setting_check_controller(struct cgw_plan *plan, struct step *step);
