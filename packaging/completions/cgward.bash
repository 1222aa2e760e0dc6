# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bash completion for cgward: 'cgward --complete WORD...' prints what can follow.
_cgward() {
	local words=() before='' last='' i word quoted
	COMPREPLY=()
	# Bash splits words at ":" and "=": join them, and reply with the part after the last one.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((i > 1)) && [[ $word =~ ^[:=]+$ || ($last =~ ^[:=]+$ && -n $word) ]]; then
			before=${words[-1]}
			if [[ $word =~ ^[:=]+$ ]]; then before+=$word; fi
			words[-1]+=$word
		else
			before=''
			words+=("$word")
		fi
		last=$word
	done
	# Names of groups are untrusted: compare and quote words here, since compgen -W expands them.
	while IFS=$'\t' read -r word _; do
		case $word in
		:files | :directories)
			mapfile -t COMPREPLY < <(compgen -"${word:1:1}" -- "${words[-1]#"$before"}")
			compopt -o filenames
			return
			;;
		esac
		printf -v quoted %q "$word"
		quoted=${quoted//\\,/,}
		if [[ $word == "${words[-1]}"* || $quoted == "${words[-1]}"* ]]; then
			COMPREPLY+=("${quoted#"$before"}")
		fi
	done < <(cgward --complete "${words[@]}" 2>/dev/null)
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -F _cgward cgward
