/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scroll.c - moves through lists and texts with keys and the wheel. */
#include "tui/core/scroll.h"

#define WHEEL_ROWS 3

bool list_action(enum action action, uint32_t count, uint32_t page, uint32_t *selected)
{
	int64_t row = *selected, step = page > 1 ? page - 1 : 1;

	switch (action) {
	case ACTION_UP:
	case ACTION_LINE_UP:
		row--;
		break;
	case ACTION_DOWN:
	case ACTION_LINE_DOWN:
		row++;
		break;
	case ACTION_PAGE_UP:
		row -= step;
		break;
	case ACTION_PAGE_DOWN:
		row += step;
		break;
	case ACTION_HOME:
		row = 0;
		break;
	case ACTION_END:
		row = count;
		break;
	default:
		return false;
	}
	if (row >= count)
		row = (int64_t)count - 1;
	*selected = row < 0 ? 0 : (uint32_t)row;
	return true;
}

/* Number of positions of the first visible row of a text. */
static uint32_t starts(const struct scroll *scroll, uint32_t count)
{
	return count > scroll->page ? count - scroll->page + 1 : 1;
}

static void set_area(struct scroll *scroll, struct rect area)
{
	scroll->area = area;
	scroll->page = area.rows > 0 ? (uint32_t)area.rows : 1;
}

void scroll_place(struct scroll *scroll, struct rect area, uint32_t count)
{
	set_area(scroll, area);
	if (scroll->selected >= count)
		scroll->selected = count > 0 ? count - 1 : 0;
	if (scroll->selected < scroll->first)
		scroll->first = scroll->selected;
	if (scroll->selected - scroll->first >= scroll->page)
		scroll->first = scroll->selected - scroll->page + 1;
}

void scroll_place_text(struct scroll *scroll, struct rect area, uint32_t count)
{
	set_area(scroll, area);
	if (scroll->first >= starts(scroll, count))
		scroll->first = starts(scroll, count) - 1;
}

bool scroll_act(struct scroll *scroll, enum action action, uint32_t count)
{
	return list_action(action, count, scroll->page, &scroll->selected);
}

bool scroll_act_text(struct scroll *scroll, enum action action, uint32_t count)
{
	return list_action(action, starts(scroll, count), scroll->page, &scroll->first);
}

static bool is_wheel(const struct event *event, enum action *ret_action)
{
	*ret_action = event->button == MOUSE_WHEEL_UP ? ACTION_UP : ACTION_DOWN;
	return event->button == MOUSE_WHEEL_UP || event->button == MOUSE_WHEEL_DOWN;
}

bool scroll_click(struct scroll *scroll, const struct event *event, uint32_t count,
		  uint32_t *ret_row)
{
	uint32_t row = scroll->first + (uint32_t)(event->row - scroll->area.row);
	enum action action;

	if (is_wheel(event, &action)) {
		for (int i = 0; i < WHEEL_ROWS; i++)
			scroll_act(scroll, action, count);
		return false;
	}
	if (event->row < scroll->area.row || row >= scroll->first + scroll->page || row >= count)
		return false;
	*ret_row = row;
	return true;
}

void scroll_click_text(struct scroll *scroll, const struct event *event, uint32_t count)
{
	enum action action;

	for (int i = 0; is_wheel(event, &action) && i < WHEEL_ROWS; i++)
		scroll_act_text(scroll, action, count);
}
