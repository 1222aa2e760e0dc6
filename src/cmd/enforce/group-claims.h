/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-claims.h - which groups the daemons of this machine apply their policies to.
 *
 * Two daemons that set the same value restore it to what the other one had set, so that a limit
 * without an owner remains. Each daemon therefore lists the patterns of its sections in a file that
 * it keeps locked; another one whose patterns may match the same groups is refused.
 */
#pragma once

#include <cgward/policy.h>

struct group_claims;

/*
 * Claims the groups of the policy. `directory` holds the files and is created if it does not exist;
 * `state` is the daemon's state directory, which its messages name. -EBUSY: another daemon may
 * apply to the same groups.
 */
int group_claims_take(const char *directory, const char *state, const struct cgw_policy *policy,
		      struct group_claims **ret_claims, struct cgw_diag *diag);
/* Accepts NULL, returns NULL. */
struct group_claims *group_claims_drop(struct group_claims *claims);
/* Replaces the claims by those of a new policy; on failure the old ones remain. */
int group_claims_update(struct group_claims *claims, const struct cgw_policy *policy,
			struct cgw_diag *diag);
