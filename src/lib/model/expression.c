/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expression.c - three-valued evaluation of conditions. */
#include <math.h>

#include "lib/base/cleanup.h"
#include "lib/model/expression-priv.h"
#include "lib/model/field.h"

const char *cgw_truth_name(enum cgw_truth truth)
{
	static const char *const names[] = {"false", "true", "unknown"};

	return (unsigned)truth < ARRAY_SIZE(names) ? names[truth] : "invalid";
}

const char *cgw_expression_text(const struct cgw_expression *expression)
{
	return expression->text;
}

static struct cgw_value total(const struct cgw_frame *frame, int16_t index)
{
	const struct cgw_system_stat *machine = cgw_snapshot_system(cgw_frame_now(frame));
	struct cgw_number number =
		index == TOTAL_SWAP ? machine->swap_total_bytes : machine->memory_total_bytes;

	if (index == TOTAL_CPU)
		number = (struct cgw_number){100 * (uint64_t)machine->cpu_count,
					     machine->cpu_count > 0 ? CGW_OK : CGW_ABSENT};
	return (struct cgw_value){.state = number.state, .real = (double)number.value};
}

static struct cgw_value age(const struct cgw_scope *scope)
{
	uint64_t age_ns =
		scope->members == NULL && scope->facts != NULL && scope->facts->age_ns != NULL
			? scope->facts->age_ns(scope->facts->context, scope->frame, scope->group)
			: UINT64_MAX;

	if (age_ns == UINT64_MAX)
		return (struct cgw_value){.state = CGW_ABSENT};
	return (struct cgw_value){.state = CGW_OK, .real = (double)age_ns};
}

static struct cgw_value average_value(const struct cgw_averages *averages, int16_t average,
				      uint32_t group)
{
	const struct cgw_expression *expression = averages->expression;
	const struct average_slot *slot;

	if (group >= averages->count)
		return (struct cgw_value){.state = CGW_WARMUP};
	slot = &averages->slots[(size_t)group * expression->average_count + (size_t)average];
	if (slot->seconds < expression->averages[average].window_seconds)
		return (struct cgw_value){.state = CGW_WARMUP};
	return (struct cgw_value){
		.state = CGW_OK,
		.real = expression->averages[average].include_current ? slot->mean : slot->before};
}

/* False for an average of a metric of the machine, which is the same for all groups. */
static bool average_is_per_group(const struct cgw_averages *averages, int16_t average)
{
	return averages->expression->averages[average].operand.kind == OPERAND_FIELD;
}

static struct cgw_value group_value(const struct operand *operand, const struct cgw_scope *scope,
				    uint32_t group)
{
	if (operand->kind == OPERAND_FIELD)
		return cgw_frame_value(scope->frame, operand->field, group);
	return scope->averages != NULL ? average_value(scope->averages, operand->index, group)
				       : (struct cgw_value){.state = CGW_WARMUP};
}

/*
 * Groups without the metric are skipped. If a value is unknown, the state is that of the unknown
 * value and `real` is a lower bound: the sum of the known values.
 */
static struct cgw_value sum(const struct operand *operand, const struct cgw_scope *scope)
{
	struct cgw_value all = {.state = CGW_ABSENT, .exact = true};
	bool share = operand->kind == OPERAND_FIELD && field_is_share(operand->field);

	for (size_t i = 0; i < scope->member_count; i++) {
		struct cgw_value one = group_value(operand, scope, scope->members[i]);

		/* A group without a limit has no share, and the sum would leave it out. */
		if (one.state == CGW_ABSENT && share)
			return (struct cgw_value){.state = CGW_ABSENT};
		if (one.state == CGW_ABSENT || one.state == CGW_GONE)
			continue;
		all.exact = all.exact && one.exact;
		all.number += one.state == CGW_OK ? one.number : 0;
		all.real += one.state == CGW_OK ? one.real : 0;
		if (all.state == CGW_ABSENT || all.state == CGW_OK)
			all.state = one.state;
	}
	return all;
}

static bool is_summed(const struct operand *operand, const struct cgw_scope *scope)
{
	return scope->members != NULL &&
	       (operand->kind == OPERAND_FIELD ||
		(scope->averages != NULL && average_is_per_group(scope->averages, operand->index)));
}

/* "of limit" for a sum refers to the limit of the common parent. */
static struct cgw_value limit_of(const struct operand *operand, const struct cgw_scope *scope)
{
	const uint32_t *parent = cgw_snapshot_topology(cgw_frame_now(scope->frame))->parent;
	uint32_t by, group = scope->members != NULL ? parent[scope->group] : scope->group;
	struct cgw_number number = {0, CGW_ABSENT};

	if (group != CGW_NO_GROUP)
		number = cgw_frame_effective(scope->frame, (enum cgw_metric)operand->index, group,
					     &by);
	return (struct cgw_value){.state = number.state, .real = (double)number.value};
}

struct cgw_value operand_value(const struct operand *operand, const struct cgw_scope *scope)
{
	struct cgw_value value = {.state = CGW_OK, .real = 1};
	uint32_t other;

	switch (operand->kind) {
	case OPERAND_CONSTANT:
		break;
	case OPERAND_FIELD:
	case OPERAND_AVERAGE:
		value = is_summed(operand, scope) ? sum(operand, scope)
						  : group_value(operand, scope, scope->group);
		break;
	case OPERAND_HOST:
		value = host_value(scope->frame, operand->index);
		break;
	case OPERAND_AGE:
		value = age(scope);
		break;
	case OPERAND_LIMIT:
		value = limit_of(operand, scope);
		break;
	case OPERAND_TOTAL:
		value = total(scope->frame, operand->index);
		break;
	case OPERAND_PARENT:
		other = cgw_snapshot_topology(cgw_frame_now(scope->frame))->parent[scope->group];
		value = other != CGW_NO_GROUP ? cgw_frame_value(scope->frame, operand->field, other)
					      : (struct cgw_value){.state = CGW_ABSENT};
		break;
	}
	/* There is no share of an unlimited whole. */
	if (value.state == CGW_MAX && operand->is_share)
		return (struct cgw_value){.state = CGW_ABSENT};
	if (value.state == CGW_MAX || isinf(operand->factor))
		return (struct cgw_value){.state = CGW_MAX, .real = HUGE_VAL};
	if (operand->factor != 1)
		value.exact = false;
	value.real *= operand->factor;
	return value;
}

static bool compare(const struct term *term, double a, double b)
{
	/* As ".percent" does: of nothing, anything is all of it. */
	if (term->bound.is_share && b == 0 && term->bound.factor > 0) {
		a = field_percent(a, 0) / 100;
		b = term->bound.share;
	}
	switch (term->compare) {
	case COMPARE_MORE:
		return a > b;
	case COMPARE_MORE_EQUAL:
		return a >= b;
	case COMPARE_LESS:
		return a < b;
	case COMPARE_LESS_EQUAL:
		return a <= b;
	case COMPARE_EQUAL:
		return a == b;
	case COMPARE_NOT_EQUAL:
		return a != b;
	}
	return false;
}

/* A number or "max", which compares as infinity. */
static bool is_known(struct cgw_value value)
{
	return value.state == CGW_OK || value.state == CGW_MAX;
}

static enum cgw_truth negate_if(bool negated, enum cgw_truth truth)
{
	if (!negated || truth == CGW_UNKNOWN)
		return truth;
	return truth == CGW_TRUE ? CGW_FALSE : CGW_TRUE;
}

static enum cgw_truth text_matches(const struct term *term, const struct cgw_scope *scope)
{
	char text[4096];
	enum cgw_state state;
	size_t length = cgw_frame_text(scope->frame, term->value.field, scope->group, text,
				       sizeof(text), &state);

	if (state != CGW_OK || length >= sizeof(text))
		return CGW_UNKNOWN;
	return cgw_glob_match(term->pattern, text) ? CGW_TRUE : CGW_FALSE;
}

static enum cgw_truth subject_matches(const struct term *term, const struct cgw_scope *scope)
{
	if (scope->facts == NULL || scope->facts->matches == NULL)
		return CGW_UNKNOWN;
	return scope->facts->matches(scope->facts->context, scope->frame, scope->group,
				     term->subject, term->pattern);
}

/* A partial sum above the bound proves that the sum is above it, as no part is negative. */
static bool partial_sum_decides(const struct term *term, const struct cgw_scope *scope)
{
	struct cgw_field field = term->value.field;

	return scope->members != NULL &&
	       (term->compare == COMPARE_MORE || term->compare == COMPARE_MORE_EQUAL) &&
	       (field.view != CGW_VIEW_DERIVED ||
		field_derived(field.index)->operation != OPERATION_GROWTH);
}

static enum cgw_truth evaluate(const struct term *term, const struct cgw_scope *scope,
			       struct cgw_value *ret_value, struct cgw_value *ret_bound)
{
	bool negated = term->compare == COMPARE_NOT_EQUAL;

	if (term->kind == CGW_TERM_TEXT)
		return negate_if(negated, text_matches(term, scope));
	if (term->kind == CGW_TERM_SUBJECT)
		return negate_if(negated, subject_matches(term, scope));
	*ret_value = operand_value(&term->value, scope);
	*ret_bound = operand_value(&term->bound, scope);
	if (is_known(*ret_bound) && ret_value->state != CGW_ABSENT &&
	    partial_sum_decides(term, scope) && compare(term, ret_value->real, ret_bound->real))
		return CGW_TRUE;
	if (!is_known(*ret_value) || !is_known(*ret_bound))
		return CGW_UNKNOWN;
	return compare(term, ret_value->real, ret_bound->real) ? CGW_TRUE : CGW_FALSE;
}

/* Kleene logic: one known operand may decide. */
static enum cgw_truth both(enum cgw_truth a, enum cgw_truth b)
{
	if (a == CGW_FALSE || b == CGW_FALSE)
		return CGW_FALSE;
	return a == CGW_TRUE && b == CGW_TRUE ? CGW_TRUE : CGW_UNKNOWN;
}

static enum cgw_truth either(enum cgw_truth a, enum cgw_truth b)
{
	if (a == CGW_TRUE || b == CGW_TRUE)
		return CGW_TRUE;
	return a == CGW_FALSE && b == CGW_FALSE ? CGW_FALSE : CGW_UNKNOWN;
}

enum cgw_truth cgw_expression_evaluate(const struct cgw_expression *expression,
				       const struct cgw_scope *scope)
{
	enum cgw_truth stack[EXPRESSION_DEPTH_MAX + 2] = {CGW_FALSE};
	struct cgw_value value, bound;
	size_t top = 0;

	for (size_t i = 0; i < expression->length; i++) {
		const struct instruction *instruction = &expression->program[i];

		switch (instruction->opcode) {
		case OPCODE_TERM:
			stack[top++] = evaluate(&expression->terms[instruction->term], scope,
						&value, &bound);
			break;
		case OPCODE_NOT:
			stack[top - 1] = negate_if(true, stack[top - 1]);
			break;
		case OPCODE_AND:
			top--;
			stack[top - 1] = both(stack[top - 1], stack[top]);
			break;
		case OPCODE_OR:
			top--;
			stack[top - 1] = either(stack[top - 1], stack[top]);
			break;
		}
	}
	return stack[0];
}

size_t cgw_expression_term_count(const struct cgw_expression *expression)
{
	return expression->term_count;
}

void cgw_expression_term(const struct cgw_expression *expression, size_t i,
			 struct cgw_term *ret_term)
{
	const struct term *term;

	if (i >= cgw_expression_term_count(expression)) {
		*ret_term = (struct cgw_term){.text = "", .key = ""};
		return;
	}
	term = &expression->terms[i];
	*ret_term = (struct cgw_term){.kind = term->kind,
				      .text = term->text,
				      .key = term->key,
				      .field = term->value.field,
				      .unit = term->unit};
}

enum cgw_truth cgw_expression_evaluate_term(const struct cgw_expression *expression, size_t term,
					    const struct cgw_scope *scope,
					    struct cgw_value *ret_value,
					    struct cgw_value *ret_bound)
{
	*ret_value = *ret_bound = (struct cgw_value){.state = CGW_ABSENT};
	if (term >= cgw_expression_term_count(expression))
		return CGW_UNKNOWN;
	return evaluate(&expression->terms[term], scope, ret_value, ret_bound);
}

static void add_operand_metrics(const struct operand *operand, struct cgw_metric_set *set)
{
	if (operand->kind == OPERAND_FIELD || operand->kind == OPERAND_PARENT)
		cgw_field_metrics(operand->field, set);
	if (operand->kind == OPERAND_LIMIT)
		cgw_metric_set_add(set, (enum cgw_metric)operand->index);
}

void cgw_expression_metrics(const struct cgw_expression *expression, struct cgw_metric_set *set)
{
	for (size_t i = 0; i < expression->term_count; i++) {
		add_operand_metrics(&expression->terms[i].value, set);
		add_operand_metrics(&expression->terms[i].bound, set);
	}
	for (size_t i = 0; i < expression->average_count; i++)
		add_operand_metrics(&expression->averages[i].operand, set);
}
