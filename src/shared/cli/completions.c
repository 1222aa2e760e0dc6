/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * completions.c - completions for shells, from the same tables as --help.
 *
 * What stands for an argument in --help says how it is completed. Names of groups come from users and
 * containers: no script lets its shell expand them, and each is quoted when it is put on the line.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/cli/completions.h"

enum kind {
	KIND_NONE,
	KIND_GROUP,  /* a path, or a unit's name */
	KIND_PATH,   /* a path alone, or a glob over paths */
	KIND_ASSIGN, /* a control and its value, which may begin with a device */
	KIND_KEY,
	KIND_UNIT,
	KIND_FILE,
	KIND_DIRECTORY,
};

/* Prefixes of the words that stand for arguments: "KEY,...", "KEY=VALUE...". */
static const struct {
	const char *word;
	enum kind kind;
} kinds[] = {
	{"GROUP", KIND_GROUP},      {"GLOB", KIND_PATH}, {"PARENT", KIND_PATH},
	{"KEY=VALUE", KIND_ASSIGN}, {"KEY", KIND_KEY},   {"UNIT", KIND_UNIT},
	{"SLICE", KIND_UNIT},       {"FILE", KIND_FILE}, {"DIR", KIND_DIRECTORY},
};

static const char *const kind_words[] = {
	[KIND_NONE] = "none",   [KIND_GROUP] = "groups",   [KIND_PATH] = "paths",
	[KIND_ASSIGN] = "sets", [KIND_KEY] = "keys",       [KIND_UNIT] = "units",
	[KIND_FILE] = "files",  [KIND_DIRECTORY] = "dirs",
};

static enum kind kind_of(const char *word)
{
	word += strspn(word, "[");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncmp(word, kinds[i].word, strlen(kinds[i].word)) == 0)
			return kinds[i].kind;
	return KIND_NONE;
}

/*
 * The kinds of the first operand and of those after it, from "cgward get [OPTION...] GROUP KEY...". What
 * stands behind "--" is another program's.
 */
static void operands_of(const char *usage, enum kind *ret_first, enum kind *ret_rest)
{
	const char *at = strstr(usage, "[OPTION...]");
	size_t count = 0;

	*ret_first = *ret_rest = KIND_NONE;
	if (at == NULL)
		return;
	at += strlen("[OPTION...]");
	while (*at == ' ') {
		enum kind kind = kind_of(++at);
		size_t length = strcspn(at, " \n");

		if (strncmp(at, "--", 2) == 0)
			return;
		if (count++ == 0)
			*ret_first = kind;
		if (count > 1 || memchr(at, '.', length) != NULL)
			*ret_rest = kind;
		at += length;
	}
}

/* Inside quotes of the shell: each of `special` gets a backslash, a quote ends and begins anew. */
static void put_quoted(const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("'\\'", stdout);
		else if (strchr(special, *text) != NULL)
			putchar('\\');
		putchar(*text);
	}
}

/* Where words come from, the same in each shell: printed a line each. */
#define WORDS_PATHS    "cgward dump --noheadings --raw -o group 2>/dev/null"
#define WORDS_UNITS    "cgward dump --noheadings --raw -o unit 2>/dev/null | grep -vx -- - | sort -u"
#define WORDS_KEYS     "cgward dump --list-metrics --noheadings 2>/dev/null"
#define WORDS_CONTROLS "cgward set --list-controls 2>/dev/null | tail -n +2"
#define WORDS_DEVICES  "ls /sys/block 2>/dev/null"

static void bash_command(const struct cli_described *command)
{
	enum kind first, rest;

	operands_of(command->help->usage, &first, &rest);
	printf("\t%s)\n\t\tfirst=%s rest=%s\n\t\toptions='", command->name, kind_words[first],
	       kind_words[rest]);
	for (const struct cli_option *option = command->help->options; option->name != NULL;
	     option++)
		printf("%s--%s", option == command->help->options ? "" : " ", option->name);
	printf("'\n\t\tcase $previous in\n");
	for (const struct cli_option *option = command->help->options; option->name != NULL;
	     option++) {
		if (option->argument == NULL || option->optional)
			continue;
		putchar('\t');
		putchar('\t');
		if (option->code < CLI_OPTION_LONG)
			printf("-%c | ", option->code);
		printf("--%s) value=%s ;;\n", option->name, kind_words[kind_of(option->argument)]);
	}
	printf("\t\tesac\n\t\t;;\n");
}

/* Words are compared and quoted by the script itself: compgen -W would expand them. */
static const char bash_helpers[] =
	"# bash completion for cgward; written by `cgward --completions bash`\n"
	"_cgward_words() {\n"
	"\tlocal word\n"
	"\tcase $1 in\n"
	"\tgroups)\n"
	"\t\t" WORDS_PATHS "\n"
	"\t\t" WORDS_UNITS "\n"
	"\t\t;;\n"
	"\tpaths) " WORDS_PATHS " ;;\n"
	"\tunits) " WORDS_UNITS " ;;\n"
	"\tdevices) " WORDS_DEVICES " ;;\n"
	"\tcontrols) " WORDS_CONTROLS " | while read -r word _; do echo \"$word=\"; done ;;\n"
	"\tkeys) " WORDS_KEYS " | while read -r word _; do echo \"$word\"; done ;;\n"
	"\tesac\n"
	"}\n"
	"# Words are compared and quoted here: compgen -W would expand them.\n"
	"_cgward_offer() { # WORD-START PREFIX\n"
	"\tlocal word\n"
	"\twhile IFS= read -r word; do\n"
	"\t\tif [[ $word == \"$1\"* ]]; then\n"
	"\t\t\tprintf -v word %q \"$word\"\n"
	"\t\t\tCOMPREPLY+=(\"$2$word\")\n"
	"\t\tfi\n"
	"\tdone\n"
	"}\n"
	"_cgward_kind() { # KIND WORD\n"
	"\tlocal before=''\n"
	"\tcase $1 in\n"
	"\tfiles) mapfile -t COMPREPLY < <(compgen -f -- \"$2\"); compopt -o filenames ;;\n"
	"\tdirs) mapfile -t COMPREPLY < <(compgen -d -- \"$2\"); compopt -o filenames ;;\n"
	"\tkeys)\n"
	"\t\tcase $2 in\n"
	"\t\t*,*) before=${2%,*}, ;;\n"
	"\t\t+*) before=+ ;;\n"
	"\t\tesac\n"
	"\t\t_cgward_offer \"${2#\"$before\"}\" \"$before\" < <(_cgward_words keys)\n"
	"\t\t;;\n"
	"\tsets) compopt -o nospace && _cgward_offer \"$2\" '' < <(_cgward_words controls) ;;\n"
	"\tnone) ;;\n"
	"\t*) _cgward_offer \"$2\" '' < <(_cgward_words \"$1\") ;;\n"
	"\tesac\n"
	"}\n"
	"# Bash breaks words at \"=\": what is before it says what comes behind.\n"
	"_cgward_value() { # KEY WORD\n"
	"\tcase $1 in\n"
	"\tio.*) compopt -o nospace && _cgward_offer \"$2\" '' < <(_cgward_words devices) ;;\n"
	"\t--*)\n"
	"\t\tprevious=$1 value=''\n"
	"\t\t_cgward_case \"$command\"\n"
	"\t\t_cgward_kind \"${value:-none}\" \"$2\"\n"
	"\t\t;;\n"
	"\tesac\n"
	"}\n"
	"_cgward_case() { # COMMAND: what it takes, into the caller's variables\n"
	"\tcase $1 in\n";

static void print_bash(const struct cli_described *commands, size_t count)
{
	fputs(bash_helpers, stdout);
	for (size_t i = 1; i < count; i++)
		bash_command(&commands[i]);
	printf("\t'')\n\t\tfirst=commands rest=none options='--help --version --cgroup-root "
	       "--proc-root --sys-root'\n"
	       "\t\tcase $previous in --*-root) value=dirs ;; esac\n\t\t;;\n"
	       "\tesac\n"
	       "}\n"
	       "_cgward() {\n"
	       "\tlocal current=${COMP_WORDS[COMP_CWORD]} command='' previous='' i\n"
	       "\tlocal operands=0 value='' first=none rest=none options=''\n"
	       "\tCOMPREPLY=()\n"
	       "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	       "\t\tvalue=''\n"
	       "\t\t_cgward_case \"$command\"\n"
	       "\t\tif [[ -z $value && ${COMP_WORDS[i]} != -* ]]; then\n"
	       "\t\t\tif [[ -z $command ]]; then command=${COMP_WORDS[i]}; else "
	       "operands=$((operands + 1)); fi\n"
	       "\t\tfi\n"
	       "\t\tprevious=${COMP_WORDS[i]}\n"
	       "\tdone\n"
	       "\tif [[ $current == = ]]; then\n"
	       "\t\t_cgward_value \"$previous\" ''\n"
	       "\t\treturn\n"
	       "\telif [[ $previous == = ]]; then\n"
	       "\t\t_cgward_value \"${COMP_WORDS[COMP_CWORD - 2]}\" \"$current\"\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\tvalue=''\n"
	       "\t_cgward_case \"$command\"\n"
	       "\tif [[ -n $value ]]; then\n"
	       "\t\t_cgward_kind \"$value\" \"$current\"\n"
	       "\telif [[ $current == -* ]]; then\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
	       "\telif [[ $first == commands ]]; then\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	for (size_t i = 1; i < count; i++)
		printf("%s%s", i > 1 ? " " : "", commands[i].name);
	printf("' -- \"$current\")\n"
	       "\telif ((operands == 0)); then\n"
	       "\t\t_cgward_kind \"$first\" \"$current\"\n"
	       "\telse\n"
	       "\t\t_cgward_kind \"$rest\" \"$current\"\n"
	       "\tfi\n"
	       "}\n"
	       "complete -F _cgward cgward\n");
}

static void zsh_action(const char *word)
{
	static const char *const actions[] = {
		[KIND_NONE] = "",
		[KIND_GROUP] = "_cgward_groups",
		[KIND_PATH] = "_cgward_paths",
		[KIND_ASSIGN] = "_cgward_sets",
		[KIND_KEY] = "_cgward_keys",
		[KIND_UNIT] = "_cgward_units",
		[KIND_FILE] = "_files",
		[KIND_DIRECTORY] = "_files -/",
	};

	putchar(':');
	put_quoted(word, ":[]\\");
	printf(":%s", actions[kind_of(word)]);
}

static void zsh_command(const struct cli_described *command)
{
	const char *usage = strstr(command->help->usage, "[OPTION...]");
	enum kind first, rest;

	printf("\t%s)\n\t\t_arguments -s -S", command->name);
	for (const struct cli_option *option = command->help->options; option->name != NULL;
	     option++)
		for (int dashes = 1; dashes <= 2; dashes++) {
			if (dashes == 1 && option->code >= CLI_OPTION_LONG)
				continue;
			if (dashes == 1)
				printf(" \\\n\t\t\t'-%c[", option->code);
			else
				printf(" \\\n\t\t\t'--%s%s[", option->name,
				       option->argument == NULL ? ""
				       : option->optional       ? "=-"
								: "=");
			put_quoted(option->help, ":[]\\");
			putchar(']');
			if (option->argument != NULL)
				zsh_action(option->argument);
			putchar('\'');
		}
	operands_of(command->help->usage, &first, &rest);
	if (usage != NULL && strchr(usage, ' ') != NULL) {
		static const char *const words[] = {
			[KIND_NONE] = "word",        [KIND_GROUP] = "GROUP",   [KIND_PATH] = "GLOB",
			[KIND_ASSIGN] = "KEY=VALUE", [KIND_KEY] = "KEY",       [KIND_UNIT] = "UNIT",
			[KIND_FILE] = "FILE",        [KIND_DIRECTORY] = "DIR",
		};

		printf(" \\\n\t\t\t'1");
		zsh_action(words[first]);
		printf("' \\\n\t\t\t'*");
		zsh_action(words[rest]);
		putchar('\'');
	}
	printf("\n\t\t;;\n");
}

static void print_zsh(const struct cli_described *commands, size_t count)
{
	printf("#compdef cgward\n"
	       "# zsh completion for cgward; written by `cgward --completions zsh`\n"
	       "_cgward_paths() {\n"
	       "\tlocal -a words=(${(f)\"$(" WORDS_PATHS ")\"})\n"
	       "\tcompadd -a words\n"
	       "}\n"
	       "_cgward_groups() {\n"
	       "\t_cgward_paths\n"
	       "\t_cgward_units\n"
	       "}\n"
	       "_cgward_units() {\n"
	       "\tlocal -aU words=(${(f)\"$(" WORDS_UNITS ")\"})\n"
	       "\tcompadd -a words\n"
	       "}\n"
	       "_cgward_devices() {\n"
	       "\tlocal -a words=(${(f)\"$(" WORDS_DEVICES ")\"})\n"
	       "\tcompadd -a words\n"
	       "}\n"
	       "_cgward_sets() {\n"
	       "\tlocal -a words=(${${(f)\"$(" WORDS_CONTROLS ")\"}%%%% *})\n"
	       "\tif compset -P '*='; then\n"
	       "\t\t[[ $IPREFIX == *io.*= ]] && _cgward_devices\n"
	       "\telse\n"
	       "\t\tcompadd -S = -a words\n"
	       "\tfi\n"
	       "}\n"
	       "_cgward_keys() {\n"
	       "\tlocal -a words=(${${(f)\"$(" WORDS_KEYS ")\"}%%%% *})\n"
	       "\tcompset -P '*,'\n"
	       "\tcompset -P '+'\n"
	       "\tcompadd -q -S , -a words\n"
	       "}\n"
	       "_cgward() {\n"
	       "\tlocal -a commands=(");
	for (size_t i = 1; i < count; i++) {
		printf("\n\t\t'%s:", commands[i].name);
		put_quoted(commands[i].summary, ":\\");
		putchar('\'');
	}
	printf("\n\t)\n"
	       "\tlocal context state line curcontext=$curcontext\n"
	       "\t_arguments -C '--help[show the help]' '--version[show the version]' \\\n"
	       "\t\t'--cgroup-root=[look for hierarchies there]:DIR:_files -/' \\\n"
	       "\t\t'--proc-root=[read it instead of /proc]:DIR:_files -/' \\\n"
	       "\t\t'--sys-root=[read it instead of /sys]:DIR:_files -/' \\\n"
	       "\t\t'1:command:->command' '*::argument:->argument'\n"
	       "\tif [[ $state == command ]]; then\n"
	       "\t\t_describe command commands\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\t[[ $state == argument ]] || return\n"
	       "\tcase $words[1] in\n");
	for (size_t i = 1; i < count; i++)
		zsh_command(&commands[i]);
	printf("\tesac\n"
	       "}\n"
	       "_cgward \"$@\"\n");
}

static void fish_words(enum kind kind)
{
	static const char *const words[] = {
		[KIND_NONE] = " -x",
		[KIND_GROUP] = " -x -a '(" WORDS_PATHS ";" WORDS_UNITS ")'",
		[KIND_PATH] = " -x -a '(" WORDS_PATHS ")'",
		[KIND_ASSIGN] = " -x -a '(__cgward_sets)'",
		[KIND_KEY] = " -x -a '(__cgward_keys)'",
		[KIND_UNIT] = " -x -a '(" WORDS_UNITS ")'",
		[KIND_FILE] = " -r -F",
		[KIND_DIRECTORY] = " -x -a '(__fish_complete_directories)'",
	};

	fputs(words[kind], stdout);
}

static void fish_command(const struct cli_described *command)
{
	enum kind first, rest;

	for (const struct cli_option *option = command->help->options; option->name != NULL;
	     option++) {
		printf("complete -c cgward -n '__fish_seen_subcommand_from %s' -l %s",
		       command->name, option->name);
		if (option->code < CLI_OPTION_LONG)
			printf(" -s %c", option->code);
		if (option->argument != NULL && !option->optional)
			fish_words(kind_of(option->argument));
		printf(" -d '");
		put_quoted(option->help, "\\");
		puts("'");
	}
	operands_of(command->help->usage, &first, &rest);
	for (int more = 0; more < 2; more++) {
		enum kind kind = more ? rest : first;

		if (kind == KIND_NONE)
			continue;
		printf("complete -c cgward -n '__fish_seen_subcommand_from %s; and %s "
		       "__cgward_has_operand'",
		       command->name, more ? "" : "not");
		fish_words(kind);
		putchar('\n');
	}
}

static void print_fish(const struct cli_described *commands, size_t count)
{
	printf("# fish completion for cgward; written by `cgward --completions fish`\n"
	       "function __cgward_keys\n"
	       "\tset -l before (string replace -r '[^,+]*$' '' -- (commandline -ct))\n"
	       "\tset -l keys (" WORDS_KEYS " | string replace -r ' .*' '')\n"
	       "\tprintf '%%s\\n' $before$keys\n"
	       "end\n"
	       "function __cgward_sets\n"
	       "\tset -l key (string match -r '^io[^=]*=' -- (commandline -ct))\n"
	       "\tif test -n \"$key\"\n"
	       "\t\tprintf '%%s\\n' $key(" WORDS_DEVICES ")\n"
	       "\telse\n"
	       "\t\t" WORDS_CONTROLS " | string replace -r ' .*' '='\n"
	       "\tend\n"
	       "end\n"
	       "# Something besides options stands behind the command.\n"
	       "function __cgward_has_operand\n"
	       "\ttest (count (string match -v -- '-*' (commandline -opc))) -gt 2\n"
	       "end\n"
	       "complete -c cgward -f\n");
	for (size_t i = 1; i < count; i++) {
		printf("complete -c cgward -n __fish_use_subcommand -a %s -d '", commands[i].name);
		put_quoted(commands[i].summary, "\\");
		puts("'");
	}
	for (const struct cli_option *option = commands[0].help->options; option->name != NULL;
	     option++) {
		printf("complete -c cgward -n __fish_use_subcommand -l %s", option->name);
		if (option->argument != NULL)
			fish_words(kind_of(option->argument));
		printf(" -d '");
		put_quoted(option->help, "\\");
		puts("'");
	}
	for (size_t i = 1; i < count; i++)
		fish_command(&commands[i]);
}

int cli_print_completions(const char *shell, const struct cli_described *commands, size_t count)
{
	static const struct {
		const char *shell;
		void (*print)(const struct cli_described *commands, size_t count);
	} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (strcmp(shell, shells[i].shell) == 0) {
			shells[i].print(commands, count);
			return 0;
		}
	return -EINVAL;
}
