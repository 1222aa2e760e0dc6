/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expose-none.c - what is built without an HTTP library says so. */
#include <syslog.h>

#include "enforce/expose.h"
#include "enforce/say.h"

void expose_open(struct daemon *daemon)
{
	struct cgw_policy_metrics wanted;

	if (cgw_policy_exposes(daemon->policy, &wanted))
		say(LOG_ERR, "[metrics] is not served: cgward was built without HTTP");
}

void expose_close(struct daemon *daemon)
{
	(void)daemon;
}
