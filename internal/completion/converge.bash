# Completion of converge for bash. It needs nothing but bash: converge reads the line
# itself and answers with what bash is to put into it, quoted as the line is.

_converge() {
	local program=$1 answer how value not i IFS=$'\n'
	COMPREPLY=()
	[[ $program == '~'/* ]] && program=$HOME/${program#'~/'}
	mapfile -t answer < <("$program" __complete-bash "$COMP_TYPE" "${COLUMNS:-80}" "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
	how=${answer[0]} value=${answer[1]}
	case $how in
	words | unfinished)
		COMPREPLY=("${answer[@]:1}")
		[[ $how == unfinished ]] && compopt -o nospace
		;;
	files) compopt -o default ;;
	folders)
		compopt -o filenames
		COMPREPLY=($(compgen -d -- "$value"))
		;;
	.*)
		# Folders, and files whose names end in one of these, but in none of those that the third line names.
		compopt -o filenames
		COMPREPLY=($(compgen -d -- "$value"; IFS=' '; for end in $how; do compgen -f -X "!*$end" -- "$value"; done))
		for not in ${answer[2]// /$'\n'}; do
			for i in "${!COMPREPLY[@]}"; do
				[[ ${COMPREPLY[i]} == *"$not" ]] && unset "COMPREPLY[i]"
			done
		done
		;;
	esac
}

complete -F _converge converge
