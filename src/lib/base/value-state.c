/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value-state.c - names and symbols of value states. */
#include <errno.h>

#include <cgward/base.h>

static const struct {
	const char *name;
	const char *sign;
} states[CGW_STATE_COUNT] = {
	[CGW_ABSENT] = {"absent", "-"},
	[CGW_OK] = {"ok", ""},
	[CGW_MAX] = {"max", "max"},
	[CGW_DENIED] = {"denied", "!"},
	[CGW_UNSUPPORTED] = {"unsupported", "-"},
	[CGW_GONE] = {"gone", "-"},
	[CGW_BAD] = {"bad", "?"},
	[CGW_WARMUP] = {"warmup", "-"},
	[CGW_RESET] = {"reset", "-"},
};

const char *cgw_state_name(enum cgw_state state)
{
	return (unsigned)state < CGW_STATE_COUNT ? states[state].name : "invalid";
}

const char *cgw_state_sign(enum cgw_state state)
{
	return (unsigned)state < CGW_STATE_COUNT ? states[state].sign : "?";
}

enum cgw_state cgw_state_from_error(int error)
{
	switch (error) {
	case -ENOENT:
		return CGW_ABSENT;
	case -ENODEV:
		return CGW_GONE;
	case -EACCES:
	case -EPERM:
		return CGW_DENIED;
	case -EOPNOTSUPP:
	case -ENOSYS:
		return CGW_UNSUPPORTED;
	default:
		return CGW_BAD;
	}
}
