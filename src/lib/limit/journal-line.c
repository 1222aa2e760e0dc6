/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journal-line.c - encoding and decoding of one journal line as JSON.
 *
 * Paths are bytes and JSON is UTF-8: a path that is not valid UTF-8 is written in hexadecimal.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/limit/journal-line.h"

static const char *const kinds[] = {
	[CGW_STEP_SET] = "set",   [CGW_STEP_FREEZE] = "freeze", [CGW_STEP_THAW] = "thaw",
	[CGW_STEP_KILL] = "kill", [CGW_STEP_CREATE] = "create", [CGW_STEP_DELETE] = "delete",
	[CGW_STEP_MOVE] = "move",
};

static const char *const outcomes[] = {
	[CGW_OUTCOME_PENDING] = "pending",           [CGW_OUTCOME_DONE] = "done",
	[CGW_OUTCOME_ADJUSTED] = "adjusted",         [CGW_OUTCOME_UNCHANGED] = "unchanged",
	[CGW_OUTCOME_REFUSED] = "refused",           [CGW_OUTCOME_FAILED] = "failed",
	[CGW_OUTCOME_ROLLED_BACK] = "taken-back",    [CGW_OUTCOME_NOT_TRIED] = "not-tried",
	[CGW_OUTCOME_INCONSISTENT] = "inconsistent",
};

const char *cgw_step_kind_name(enum cgw_step_kind kind)
{
	return (size_t)kind < ARRAY_SIZE(kinds) ? kinds[kind] : "unknown";
}

const char *cgw_outcome_name(enum cgw_outcome outcome)
{
	return (size_t)outcome < ARRAY_SIZE(outcomes) ? outcomes[outcome] : "unknown";
}

static int set_string(json_t *line, const char *key, const char *text)
{
	if (json_object_set_new(line, key, json_string(text)) == 0)
		return 0;
	return json_object_set_new(line, key, json_string(ESCAPED(512, text)));
}

/* The path as "KEY", or in hexadecimal as "KEY_bytes". */
static int set_path(json_t *line, const char *key, const char *path)
{
	size_t length = strlen(path);
	CLEANUP(cleanup_free) char *digits = NULL;

	if (json_object_set_new(line, key, json_string(path)) == 0)
		return 0;
	digits = malloc(2 * length + 1);
	if (digits == NULL)
		return -1;
	for (size_t i = 0; i < length; i++)
		snprintf(digits + 2 * i, 3, "%02x", (unsigned char)path[i]);
	digits[2 * length] = '\0';
	return json_object_set_new(line, FORMATTED(32, "%s_bytes", key), json_string(digits));
}

static int set_places(json_t *line, const struct cgw_place *places, size_t count)
{
	json_t *list;

	if (count == 0)
		return 0;
	list = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *place = json_pack("{s:s, s:I}", "hierarchy", places[i].hierarchy,
					  "group_id", (json_int_t)places[i].group_id);

		if (place == NULL || set_path(place, "path", places[i].path) < 0 ||
		    json_array_append(list, place) < 0) {
			json_decref(place);
			json_decref(list);
			return -1;
		}
		json_decref(place);
	}
	return json_object_set_new(line, "places", list);
}

json_t *journal_line_intent(const struct cgw_change *change)
{
	json_t *line =
		json_pack("{s:I, s:I, s:s, s:I, s:i, s:i}", "id", (json_int_t)change->id, "time_ns",
			  (json_int_t)change->realtime_ns, "kind", cgw_step_kind_name(change->kind),
			  "group_id", (json_int_t)change->group_id, "pid", (int)change->pid, "uid",
			  (int)change->uid);
	int r = 0;

	if (line == NULL)
		return NULL;
	r |= set_path(line, "group", change->path);
	r |= json_object_set_new(line, "transaction",
				 json_integer((json_int_t)change->transaction));
	r |= set_string(line, "hierarchy", change->hierarchy);
	r |= set_string(line, "key", change->key);
	r |= set_string(line, "old", change->old_value);
	r |= set_string(line, "new", change->new_value);
	r |= set_string(line, "who", change->who);
	r |= set_string(line, "why", change->why);
	if (change->undoes != 0)
		r |= json_object_set_new(line, "undoes", json_integer((json_int_t)change->undoes));
	if (change->process != 0) {
		r |= json_object_set_new(line, "process", json_integer(change->process));
		r |= json_object_set_new(line, "process_start",
					 json_integer((json_int_t)change->process_start));
	}
	if (change->signal != 0)
		r |= json_object_set_new(line, "signal", json_integer(change->signal));
	if (change->unit[0] != '\0') {
		r |= set_string(line, "unit", change->unit);
		r |= json_object_set_new(line, "persistent", json_boolean(change->persistent));
		if (change->user_unit)
			r |= json_object_set_new(line, "manager_uid",
						 json_integer(change->manager_uid));
	}
	r |= set_places(line, change->places, change->place_count);
	if (r == 0)
		return line;
	json_decref(line);
	return NULL;
}

json_t *journal_line_outcome(const struct cgw_change *change, enum cgw_outcome outcome)
{
	json_t *line = json_pack("{s:I, s:s}", "of", (json_int_t)change->id, "outcome",
				 cgw_outcome_name(outcome));
	int r = line == NULL ? -1 : set_string(line, "new", change->new_value);

	if (r == 0 && change->group_id != 0)
		r = json_object_set_new(line, "group_id",
					json_integer((json_int_t)change->group_id));
	if (r == 0 && change->drop_ins != NULL)
		r = set_path(line, "drop_ins", change->drop_ins);
	if (r == 0)
		r = set_places(line, change->places, change->place_count);
	if (r == 0)
		return line;
	json_decref(line);
	return NULL;
}

static void get_string(const json_t *line, const char *key, char *buffer, size_t size)
{
	const char *text = json_string_value(json_object_get(line, key));

	snprintf(buffer, size, "%s", text != NULL ? text : "");
}

static uint64_t get_number(const json_t *line, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(line, key));
}

/* An invalid digit yields 0, so that the path matches no group. */
static unsigned digit(char c)
{
	return (unsigned)(c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0);
}

static char *get_path(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key)), *digits;
	char *path;
	size_t length;

	if (text != NULL)
		return strdup(text);
	digits = json_string_value(json_object_get(line, FORMATTED(32, "%s_bytes", key)));
	length = digits != NULL ? strlen(digits) / 2 : 0;
	path = malloc(length + 1);
	for (size_t i = 0; path != NULL && i < length; i++)
		path[i] = (char)(digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]));
	if (path != NULL)
		path[length] = '\0';
	return path;
}

static int get_places(const json_t *line, struct cgw_change *change)
{
	const json_t *list = json_object_get(line, "places");
	size_t count = json_array_size(list);
	struct cgw_place *places;

	if (count == 0)
		return 0;
	places = calloc(count, sizeof(*places));
	if (places == NULL)
		return -ENOMEM;
	change->places = places;
	for (; change->place_count < count; change->place_count++) {
		const json_t *item = json_array_get(list, change->place_count);
		struct cgw_place *place = &places[change->place_count];

		get_string(item, "hierarchy", place->hierarchy, sizeof(place->hierarchy));
		place->group_id = get_number(item, "group_id");
		place->path = get_path(item, "path");
		if (place->path == NULL)
			return -ENOMEM;
	}
	return 0;
}

void journal_change_done(struct cgw_change *change)
{
	for (size_t i = 0; i < change->place_count; i++)
		free((void *)(uintptr_t)change->places[i].path);
	free((void *)(uintptr_t)change->places);
	free((void *)(uintptr_t)change->path);
	free((void *)(uintptr_t)change->drop_ins);
	change->drop_ins = NULL;
	change->places = NULL;
	change->place_count = 0;
	change->path = NULL;
}

static bool parse_kind(const char *name, enum cgw_step_kind *ret_kind)
{
	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i], name) == 0) {
			*ret_kind = (enum cgw_step_kind)i;
			return true;
		}
	return false;
}

static int parse_intent(const json_t *line, struct cgw_change *change)
{
	if (!parse_kind(json_string_value(json_object_get(line, "kind")), &change->kind))
		return -EBADMSG;
	change->id = get_number(line, "id");
	change->realtime_ns = get_number(line, "time_ns");
	change->group_id = get_number(line, "group_id");
	change->pid = (pid_t)get_number(line, "pid");
	change->uid = (uid_t)get_number(line, "uid");
	change->undoes = get_number(line, "undoes");
	change->transaction = get_number(line, "transaction");
	if (change->transaction == 0)
		change->transaction = change->id;
	change->process = (pid_t)get_number(line, "process");
	change->process_start = get_number(line, "process_start");
	change->signal = (int)get_number(line, "signal");
	get_string(line, "hierarchy", change->hierarchy, sizeof(change->hierarchy));
	get_string(line, "key", change->key, sizeof(change->key));
	get_string(line, "old", change->old_value, sizeof(change->old_value));
	get_string(line, "new", change->new_value, sizeof(change->new_value));
	get_string(line, "who", change->who, sizeof(change->who));
	get_string(line, "why", change->why, sizeof(change->why));
	get_string(line, "unit", change->unit, sizeof(change->unit));
	change->persistent = json_is_true(json_object_get(line, "persistent"));
	change->user_unit = json_object_get(line, "manager_uid") != NULL;
	change->manager_uid = (uid_t)get_number(line, "manager_uid");
	change->path = get_path(line, "group");
	return change->path == NULL ? -ENOMEM : 0;
}

int journal_line_parse(const char *text, size_t length, struct journal_line *ret_line)
{
	struct journal_line parsed = {0};
	json_t *line = json_loadb(text, length, JSON_DISABLE_EOF_CHECK, NULL);
	const char *outcome;
	int r = 0;

	if (!json_is_object(line)) {
		json_decref(line);
		return -EBADMSG;
	}
	parsed.intent = json_object_get(line, "id") != NULL;
	if (parsed.intent) {
		r = parse_intent(line, &parsed.change);
	} else {
		parsed.change.id = get_number(line, "of");
		parsed.change.group_id = get_number(line, "group_id");
		get_string(line, "new", parsed.change.new_value, sizeof(parsed.change.new_value));
		parsed.change.drop_ins = get_path(line, "drop_ins");
		outcome = json_string_value(json_object_get(line, "outcome"));
		parsed.outcome = CGW_OUTCOME_DONE;
		for (size_t i = 0; outcome != NULL && i < ARRAY_SIZE(outcomes); i++)
			if (strcmp(outcomes[i], outcome) == 0)
				parsed.outcome = (enum cgw_outcome)i;
	}
	if (r == 0)
		r = get_places(line, &parsed.change);
	json_decref(line);
	if (r == 0)
		*ret_line = parsed;
	else
		journal_change_done(&parsed.change);
	return r;
}
