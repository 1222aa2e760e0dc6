/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* far.h - a verb on another host as a job, and which groups of which host it is about. */
#ifndef CGWARD_TUI_FAR_H
#define CGWARD_TUI_FAR_H

#include "remote/verb.h"
#include "tui/app.h"

#define FAR_GROUPS_MAX 64

/* Groups of one host, by their paths there. */
struct far_targets {
	const char *host; /* as it was given: app->hosts keeps it */
	char *paths[FAR_GROUPS_MAX];
	uint64_t ids[FAR_GROUPS_MAX]; /* as that host tells them; 0: not known */
	size_t count;
	bool have_children;
};
/* The marked groups, else the one at hand. Negative: why not is said. */
int far_targets_take(struct app *app, struct far_targets *ret_targets);
void far_targets_done(struct far_targets *targets);

/* Words of a command, copied. */
struct far_words {
	char *items[REMOTE_VERB_WORDS_MAX + 1];
	size_t count;
	bool failed; /* too many, or memory ran out */
};
void far_words_add(struct far_words *words, const char *word);
void far_words_done(struct far_words *words);
/* "cgward freeze -- /a", escaped: for people, not for a shell. */
void far_words_say(const struct far_words *words, char *buffer, size_t size);

struct far_job;
/* `name` is a constant: "Freezing". The words are copied, with `more` (may be NULL) behind the first. */
struct far_job *far_job_new(struct app *app, const char *name, const char *host,
			    const struct far_words *words, const char *more);
struct job *far_job_as_job(struct far_job *far);
struct far_job *far_job_of(struct job *job);

/* When it is done: 0 and its answer, or why there is none. */
int far_job_answer(const struct far_job *far, const struct remote_verb_answer **ret_answer,
		   const char **ret_reason);
const char *far_job_host(const struct far_job *far) CGW_PURE;
/* Line `i` of what it printed, escaped; false where there are no more. */
bool far_job_line(const struct far_job *far, size_t i, char *buffer, size_t size);

#endif
