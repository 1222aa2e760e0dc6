/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unreleased-control-ids.h - the rows of controls.def that are not yet in control-ids.h. */
#pragma once

#include <cgward/control-ids.h>

#define CONTROL_COUNT 68
