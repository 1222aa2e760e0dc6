# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fish completion for cgward: 'cgward --complete WORD...' prints what can follow.
function __cgward_complete
	set -l before (commandline -opc)
	set -l current (commandline -ct)
	set -l lines (cgward --complete $before[2..] "$current" 2>/dev/null)
	set -l option (string match -r '^--[^=]*=' -- "$current")
	set -l path (string replace -r '^--[^=]*=' '' -- "$current")
	switch "$lines[1]"
		case ':files'
			printf '%s\n' "$option"(__fish_complete_path "$path")
		case ':directories'
			printf '%s\n' "$option"(__fish_complete_directories "$path")
		case '*'
			printf '%s\n' $lines
	end
end
complete -c cgward -f -a '(__cgward_complete)'
