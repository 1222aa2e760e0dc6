/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* term.c - the terminal: curses, signals and colours. */
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "lib/base/cleanup.h"
#include "tui/core/term.h"

/* Declared here because <term.h> defines macros for common words such as "columns". */
extern int setupterm(const char *name, int fd, int *ret_status);
extern char *tigetstr(const char *capability); /* NOLINT(readability-redundant-declaration) */

struct term {
	SCREEN *screen;
	struct term_options options;
	struct canvas *shown; /* current content of the terminal; NULL: unknown */
	bool utf8;
	bool resized;
	int colors;
	struct palette palette;
	attr_t attributes[ROLE_COUNT][GROUND_COUNT];
	int pairs[ROLE_COUNT][GROUND_COUNT];
};

/* Set by the signal handler: a flag per signal, and a pipe that wakes poll(). */
static volatile sig_atomic_t pending[32];
static int wake_pipe[2] = {-1, -1};

static const int ending_signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
static const int other_signals[] = {SIGTSTP, SIGCONT, SIGWINCH};

static void on_signal(int number)
{
	int saved = errno;

	pending[number] = 1;
	if (write(wake_pipe[1], "", 1) < 0)
		errno = saved; /* pipe full: poll() wakes up anyway */
	errno = saved;
}

/*
 * In the background the terminal belongs to another process: there is nothing to restore, and the
 * kernel would stop this process again for trying.
 */
static void on_ending_signal(int number)
{
	int saved = errno;
	pid_t foreground = tcgetpgrp(STDIN_FILENO);

	if (foreground > 0 && foreground != getpgrp())
		_exit(128 + number);
	errno = saved;
	on_signal(number);
}

static void handle_signals(const int *numbers, size_t count, void (*handler)(int number))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < count; i++) {
		pending[numbers[i]] = 0;
		(void)sigaction(numbers[i], &action, NULL);
	}
}

static int open_signals(void)
{
	if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	handle_signals(ending_signals, ARRAY_SIZE(ending_signals), on_ending_signal);
	handle_signals(other_signals, ARRAY_SIZE(other_signals), on_signal);
	return 0;
}

static void close_signals(void)
{
	handle_signals(ending_signals, ARRAY_SIZE(ending_signals), SIG_DFL);
	handle_signals(other_signals, ARRAY_SIZE(other_signals), SIG_DFL);
	close(wake_pipe[0]);
	close(wake_pipe[1]);
	wake_pipe[0] = wake_pipe[1] = -1;
}

static attr_t attributes_of(unsigned flags)
{
	attr_t attributes = A_NORMAL;

	if (flags & PALETTE_BOLD)
		attributes |= A_BOLD;
	if (flags & PALETTE_DIM)
		attributes |= A_DIM;
	if (flags & PALETTE_REVERSE)
		attributes |= A_REVERSE;
	if (flags & PALETTE_UNDERLINE)
		attributes |= A_UNDERLINE;
	return attributes;
}

/* With 24-bit colour, 0 to 7 are colours of the terminal instead of almost black ones. */
static int color_of(const struct term *term, int color)
{
	return term->colors > 256 && color >= 0 && color < 8 ? 8 : color;
}

static void load_palette(struct term *term)
{
	if (term->options.file != NULL)
		palette_load_file(&term->palette, term->options.file, term->colors);
	else
		palette_load(&term->palette, term->options.theme, term->colors);
	for (int role = 0; role < ROLE_COUNT; role++) {
		for (int ground = 0; ground < GROUND_COUNT; ground++) {
			const struct palette_style *style = &term->palette.styles[role][ground];
			int pair = 0;

			if (style->foreground >= 0 || style->background >= 0)
				pair = alloc_pair(color_of(term, style->foreground),
						  color_of(term, style->background));
			term->pairs[role][ground] = pair < 0 ? 0 : pair;
			term->attributes[role][ground] = attributes_of(style->flags);
		}
	}
}

/* Registers the sequences that restore the terminal after a crash. */
static void register_crash_sequences(void)
{
	static const char *const capabilities[] = {"sgr0", "cnorm", "rmkx", "rmcup"};

	/* Even if the mouse is off now: the user may enable it later. */
	if (tigetstr("kmous") != NULL && tigetstr("kmous") != (char *)-1)
		crash_add_sequence("\033[?1000l\033[?1002l\033[?1003l\033[?1006l");
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++) {
		const char *sequence = tigetstr(capabilities[i]);

		if (sequence != NULL && sequence != (char *)-1)
			crash_add_sequence(sequence);
	}
}

/*
 * With 24-bit colour, a terminal has another description, such as xterm-direct for xterm-256color.
 * False if the terminal does not announce it, or the description is not installed.
 */
static bool find_direct_terminal(char *buffer, size_t size)
{
	const char *announced = getenv("COLORTERM"), *name = getenv("TERM"), *suffix;
	int length, status = 0;

	if (announced == NULL || name == NULL ||
	    (strcmp(announced, "truecolor") != 0 && strcmp(announced, "24bit") != 0))
		return false;
	suffix = strstr(name, "-256color");
	length = suffix != NULL ? (int)(suffix - name) : (int)strlen(name);
	if (length == 0 || snprintf(buffer, size, "%.*s-direct", length, name) >= (int)size)
		return false;
	return setupterm(buffer, STDOUT_FILENO, &status) != ERR;
}

static int check_terminal(char *direct, size_t size, struct cgw_diag *diag)
{
	const char *name = getenv("TERM");
	char escaped[64];
	int status = 0;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return cgw_diag_set(diag, -ENOTTY,
				    "standard input and output must be a terminal; use "
				    "`cgward top --batch` or `cgward dump` for text output");
	if (name == NULL || *name == '\0')
		return cgw_diag_set(diag, -ENOENT,
				    "TERM is not set; try TERM=xterm-256color, or use "
				    "`cgward top --batch`");
	cgw_escape(escaped, sizeof(escaped), name, strlen(name));
	if (find_direct_terminal(direct, size))
		return 0;
	direct[0] = '\0';
	if (setupterm(name, STDOUT_FILENO, &status) == ERR)
		return cgw_diag_set(diag, -ENOENT,
				    "unknown terminal type '%s' (TERM); try TERM=xterm, or install "
				    "ncurses-term",
				    escaped);
	if (tigetstr("cup") == NULL || tigetstr("cup") == (char *)-1)
		return cgw_diag_set(diag, -ENOENT,
				    "terminal type '%s' (TERM) cannot move the cursor; use "
				    "`cgward top --batch`",
				    escaped);
	return 0;
}

static void set_mouse(bool mouse)
{
	mmask_t buttons = BUTTON1_PRESSED | BUTTON3_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED;

	mousemask(mouse ? buttons : 0, NULL);
}

/* Sequences that common terminals send for these keys, whatever terminfo has for TERM. */
static void define_key_aliases(void)
{
	static const struct {
		const char *sequence;
		int code;
	} aliases[] = {
		{"\033[H", KEY_HOME},     {"\033OH", KEY_HOME},     {"\033[1~", KEY_HOME},
		{"\033[7~", KEY_HOME},    {"\033[F", KEY_END},      {"\033OF", KEY_END},
		{"\033[4~", KEY_END},     {"\033[8~", KEY_END},     {"\033OP", KEY_F0 + 1},
		{"\033OQ", KEY_F0 + 2},   {"\033OR", KEY_F0 + 3},   {"\033OS", KEY_F0 + 4},
		{"\033[11~", KEY_F0 + 1}, {"\033[12~", KEY_F0 + 2}, {"\033[13~", KEY_F0 + 3},
		{"\033[14~", KEY_F0 + 4}, {"\033[[A", KEY_F0 + 1},  {"\033[[B", KEY_F0 + 2},
		{"\033[[C", KEY_F0 + 3},  {"\033[[D", KEY_F0 + 4},
	};

	/* Not those that terminfo uses for a key. */
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (key_defined(aliases[i].sequence) == 0)
			(void)define_key(aliases[i].sequence, aliases[i].code);
}

static void start_curses(struct term *term)
{
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	define_key_aliases();
	nodelay(stdscr, TRUE);
	scrollok(stdscr, FALSE);
	leaveok(stdscr, TRUE);
	curs_set(0);
	set_escdelay(25);
	if (has_colors() && start_color() == OK) {
		use_default_colors();
		term->colors = COLORS;
	}
	mouseinterval(0);
	set_mouse(term->options.mouse);
	load_palette(term);
}

int term_open(const struct term_options *options, struct term **ret_term, struct cgw_diag *diag)
{
	struct term *term;
	char direct[64] = "";
	int status = check_terminal(direct, sizeof(direct), diag);

	if (status < 0)
		return status;
	term = calloc(1, sizeof(*term));
	if (term == NULL)
		return -ENOMEM;
	term->options = *options;
	term->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	status = open_signals();
	if (status < 0) {
		free(term);
		return cgw_diag_set(diag, status, "cannot create a pipe for signals: %s",
				    strerror(-status));
	}
	crash_handler_install(STDOUT_FILENO);
	register_crash_sequences();
	term->screen = newterm(direct[0] != '\0' ? direct : NULL, stdout, stdin);
	if (term->screen == NULL) {
		crash_handler_remove();
		close_signals();
		free(term);
		return cgw_diag_set(diag, -ENOENT,
				    "cannot initialize the terminal for full-screen output");
	}
	start_curses(term);
	*ret_term = term;
	return 0;
}

struct term *term_close(struct term *term)
{
	if (term == NULL)
		return NULL;
	endwin();
	crash_handler_remove();
	close_signals();
	delscreen(term->screen);
	canvas_free(term->shown);
	free(term);
	return NULL;
}

void term_size(const struct term *term, int *ret_rows, int *ret_columns)
{
	*ret_rows = LINES > 0 ? LINES : 1;
	*ret_columns = COLS > 0 ? COLS : 1;
}

bool term_utf8(const struct term *term)
{
	return term->utf8;
}

void term_set_mouse(struct term *term, bool mouse)
{
	if (term->options.mouse == mouse)
		return;
	term->options.mouse = mouse;
	set_mouse(mouse);
}

void term_set_theme(struct term *term, enum term_theme theme, const struct theme_colors *file)
{
	/* Another theme from a file may be at the same address. */
	if (term->options.theme == theme && term->options.file == NULL && file == NULL)
		return;
	term->options.theme = theme;
	term->options.file = file;
	load_palette(term);
	term_redraw(term);
}

int term_key_fd(const struct term *term)
{
	return STDIN_FILENO;
}

int term_signal_fd(const struct term *term)
{
	return wake_pipe[0];
}

void term_redraw(struct term *term)
{
	term->shown = canvas_free(term->shown);
}

static void resume_screen(struct term *term)
{
	crash_handler_set_active(1);
	refresh();
	term->resized = true;
	term_redraw(term);
}

void term_suspend(struct term *term)
{
	struct sigaction saved;

	endwin();
	crash_handler_set_active(0);
	(void)sigaction(SIGTSTP, NULL, &saved);
	(void)signal(SIGTSTP, SIG_DFL);
	/* Stop the whole process group, as Ctrl-Z in the shell does. */
	(void)kill(0, SIGTSTP);
	(void)sigaction(SIGTSTP, &saved, NULL);
	pending[SIGCONT] = 0;
	resume_screen(term);
}

int term_signals(struct term *term)
{
	char drained[64];

	while (read(wake_pipe[0], drained, sizeof(drained)) > 0)
		;
	for (size_t i = 0; i < ARRAY_SIZE(ending_signals); i++) {
		if (pending[ending_signals[i]])
			return ending_signals[i];
	}
	if (pending[SIGTSTP]) {
		pending[SIGTSTP] = 0;
		term_suspend(term);
	}
	if (pending[SIGCONT]) {
		/* Stopped by another process; the shell used the terminal in the meantime. */
		pending[SIGCONT] = 0;
		resume_screen(term);
	}
	if (pending[SIGWINCH]) {
		pending[SIGWINCH] = 0;
		term->resized = true;
	}
	return 0;
}

static void resize_screen(struct term *term)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	clear();
	term_redraw(term);
}

static uint32_t translate(wint_t code)
{
	static const struct {
		wint_t curses;
		uint32_t key;
	} table[] = {
		{KEY_UP, KEY_ARROW_UP},     {KEY_DOWN, KEY_ARROW_DOWN},
		{KEY_LEFT, KEY_ARROW_LEFT}, {KEY_RIGHT, KEY_ARROW_RIGHT},
		{KEY_PPAGE, KEY_PAGE_UP},   {KEY_NPAGE, KEY_PAGE_DOWN},
		{KEY_HOME, KEY_TOP},        {KEY_END, KEY_BOTTOM},
		{KEY_FIND, KEY_TOP},        {KEY_SELECT, KEY_BOTTOM},
		{KEY_IC, KEY_INSERT},       {KEY_DC, KEY_DELETE},
		{KEY_BACKSPACE, KEY_ERASE}, {KEY_BTAB, KEY_BACK_TAB},
		{KEY_ENTER, KEY_RETURN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].curses == code)
			return table[i].key;
	}
	if (code > KEY_F0 && code <= KEY_F0 + (KEY_FUNCTION_LAST - KEY_FUNCTION))
		return KEY_FUNCTION + (code - KEY_F0);
	return KEY_NONE;
}

static struct event mouse_event(void)
{
	struct event event = {.kind = EVENT_NONE};
	MEVENT mouse;

	if (getmouse(&mouse) != OK)
		return event;
	event.row = mouse.y;
	event.column = mouse.x;
	event.kind = EVENT_MOUSE;
	if (mouse.bstate & BUTTON1_PRESSED)
		event.button = MOUSE_LEFT;
	else if (mouse.bstate & BUTTON3_PRESSED)
		event.button = MOUSE_RIGHT;
	else if (mouse.bstate & BUTTON4_PRESSED)
		event.button = MOUSE_WHEEL_UP;
	else if (mouse.bstate & BUTTON5_PRESSED)
		event.button = MOUSE_WHEEL_DOWN;
	else
		event.kind = EVENT_NONE;
	return event;
}

/*
 * Discards the characters that immediately follow an Esc: an escape sequence unknown to terminfo,
 * or a key with Alt. As keys, such as "f" or "k", they would trigger actions.
 */
static bool skip_sequence(void)
{
	wint_t code;

	if (get_wch(&code) == ERR)
		return false;
	if (code != '[' && code != 'O')
		return true;
	while (get_wch(&code) != ERR && (code < 0x40 || code > 0x7e || code == '['))
		;
	return true;
}

struct event term_event(struct term *term)
{
	struct event event = {.kind = EVENT_NONE};
	wint_t code = 0;
	int status;

	if (term->resized) {
		term->resized = false;
		resize_screen(term);
		event.kind = EVENT_RESIZE;
		return event;
	}
	for (;;) {
		status = get_wch(&code);
		if (status == ERR)
			return event;
		if (status == KEY_CODE_YES && code == KEY_MOUSE) {
			event = mouse_event();
			if (event.kind == EVENT_NONE)
				continue;
			return event;
		}
		event.key = status == KEY_CODE_YES ? translate(code) : (uint32_t)code;
		if (status == OK && code == KEY_ESCAPE && skip_sequence())
			continue;
		if (event.key == '\n')
			event.key = KEY_RETURN;
		if (event.key == 0x7f)
			event.key = KEY_ERASE;
		if (event.key == KEY_NONE)
			continue;
		event.kind = EVENT_KEY;
		return event;
	}
}

static bool same_cell(const struct canvas_cell *a, const struct canvas_cell *b)
{
	return a->role == b->role && a->ground == b->ground && strcmp(a->text, b->text) == 0;
}

static void draw_row(struct term *term, const struct canvas *canvas, int row)
{
	for (int column = 0; column < canvas->columns; column++) {
		const struct canvas_cell *cell = canvas_at(canvas, row, column);
		int pair;

		if (term->shown != NULL && same_cell(cell, canvas_at(term->shown, row, column)))
			continue;
		if (cell->text[0] == '\0')
			continue; /* right half of a wide character */
		pair = term->pairs[cell->role][cell->ground];
		(void)attr_set(term->attributes[cell->role][cell->ground], (short)pair, &pair);
		(void)mvaddstr(row, column, cell->text);
	}
}

void term_draw(struct term *term, const struct canvas *canvas)
{
	if (term->shown != NULL &&
	    (term->shown->rows != canvas->rows || term->shown->columns != canvas->columns))
		term_redraw(term);
	if (term->shown == NULL)
		clear();
	for (int row = 0; row < canvas->rows; row++)
		draw_row(term, canvas, row);
	refresh();
	if (term->shown == NULL &&
	    canvas_new(canvas->rows, canvas->columns, canvas->utf8, &term->shown) < 0)
		return;
	memcpy(term->shown->cells, canvas->cells,
	       (size_t)canvas->rows * (size_t)canvas->columns * sizeof(*canvas->cells));
}

void term_copy(struct term *term, const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = strlen(text);

	fputs("\033]52;c;", stdout);
	for (size_t i = 0; i < length; i += 3) {
		uint32_t bits = (uint32_t)(unsigned char)text[i] << 16;

		if (i + 1 < length)
			bits |= (uint32_t)(unsigned char)text[i + 1] << 8;
		if (i + 2 < length)
			bits |= (unsigned char)text[i + 2];
		fputc(digits[bits >> 18], stdout);
		fputc(digits[bits >> 12 & 63], stdout);
		fputc(i + 1 < length ? digits[bits >> 6 & 63] : '=', stdout);
		fputc(i + 2 < length ? digits[bits & 63] : '=', stdout);
	}
	fputc('\a', stdout);
	(void)fflush(stdout);
}

void term_beep(struct term *term)
{
	beep();
}
