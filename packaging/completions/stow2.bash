# Completion of stow2 and chkstow for bash: options, their values, packages of the
# stow directory and their versions. It needs nothing but bash, and reads what the
# user may read.
#
# The parts between "options:" and "end" are written by `make docs` from the table
# that stow2 reads its command line by; the rest is written by hand.

# Sets REPLY to a word without its quotes, of which one may be open: $quote.
_stow2_unquote() {
	local c i
	REPLY= quote=
	for ((i = 0; i < ${#1}; i++)); do
		c=${1:i:1}
		if [[ $c == \\ && $quote != "'" ]]; then
			((i++))
			REPLY+=${1:i:1}
		elif [[ $c == "$quote" ]]; then
			quote=
		elif [[ -z $quote && $c == [\"\'] ]]; then
			quote=$c
		else
			REPLY+=$c
		fi
	done
}

# The stow directory of the command line: -d, resource files, $STOW_DIR, or here.
_stow2_dir() {
	local dir=${STOW_DIR:-.} file line i
	for file in ~/.stowrc .stowrc; do
		[[ -f $file && -r $file ]] || continue
		while read -r line; do
			case $line in
			--dir=*) dir=${line#--dir=} ;;
			'--dir '* | '-d '*) dir=${line#* } ;;
			esac
		done <"$file"
	done
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--dir)
			# bash cuts words at "=".
			[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
			((i + 1 < COMP_CWORD)) && dir=${COMP_WORDS[i + 1]}
			;;
		-d?*) dir=${COMP_WORDS[i]#-d} ;;
		-d | -[!-]*d) ((i + 1 < COMP_CWORD)) && dir=${COMP_WORDS[i + 1]} ;;
		esac
	done
	local quote
	_stow2_unquote "$dir"
	dir=${REPLY/#\~/$HOME}
	printf '%s' "${dir/#\$HOME/$HOME}"
}

# Packages, or behind a slash the versions of one: what looks like a version.
_stow2_packages() {
	local dir path name quote
	dir=$(_stow2_dir)
	_stow2_unquote "$cur"
	for path in "$dir/$REPLY"*/; do
		[[ -d $path ]] || continue
		name=${path#"$dir/"}
		name=${name%/}
		case $name in
		*/[0-9]* | */[vr][0-9]* | */*[-._][0-9]*) ;;
		*/* | [:.]*) continue ;;
		esac
		case $quote in # readline keeps an open quote, and closes it
		\') name=${name//"'"/"'\\''"} ;;
		\") name=$(sed 's/[\\"$`]/\\&/g' <<<"$name") ;;
		*) name=$(printf '%q' "$name") ;;
		esac
		COMPREPLY+=("$name")
	done
}

_stow2_paths() {
	local IFS=$'\n'
	compopt -o filenames
	COMPREPLY=($(compgen "$1" -- "$cur"))
}

_stow2_words() {
	COMPREPLY=($(compgen -W "$1" -- "$cur"))
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}

# Completes the value of $option; false if it takes none.
_stow2_value() {
	case $option in
	# options: values
	-d | --dir | -t | --target | --relocate-from | --view | --forget-view) _stow2_paths -d ;;
	--act-for | --as | --adopt-path | --wanted) _stow2_paths -f ;;
	--ignore | --defer | --override | --no-fold-path | --keep) ;;
	--fold) _stow2_words 'gnu strict' ;;
	# end
	*) return 1 ;;
	esac
}

# What is completed ($cur) and the option before it; $joined if "=" is between them,
# where bash cuts words.
_stow2_split() {
	COMPREPLY=()
	joined=
	cur=${COMP_WORDS[COMP_CWORD]}
	option=${COMP_WORDS[COMP_CWORD - 1]}
	if [[ $cur == = ]]; then
		cur= joined=1
	elif [[ $option == = ]]; then
		option=${COMP_WORDS[COMP_CWORD - 2]} joined=1
	fi
	case $option in
	--*) ;;
	-?*) option=-${option: -1} ;; # -nvd is -n -v -d
	esac
}

_stow2() {
	local cur option joined words
	_stow2_split
	_stow2_value && return
	[[ $joined ]] && return

	# options: words
	words='-d --dir= -t --target= -S --stow -D --delete -R --restow --ignore= --defer= --override= --adopt --no-folding --dotfiles -p --compat -n --no --simulate -v --verbose -V --version -h --help --act-for= --as= --force --notify --naive --no-sync --fold= --no-fold-path= --adopt-path= --backup --relocate-from= --absolute --allow-absolute-source --create --mkdir --skip-conflicts --require-atomic --prune --recover --check --diff --status --verify --why --mark --view= --generations --keep= --rollback --audit --digests --remove --forget-view= --control --default --refresh --impact --accept-broken --config --make-config --wanted= --with-optional --json'
	local lists='-b --badlinks -a --aliens -l --list'
	# end
	case "${COMP_WORDS[*]} " in
	*' --check '*) words="$words $lists" ;;
	esac
	case $cur in
	-*)
		_stow2_words "$words"
		return
		;;
	esac
	case "${COMP_WORDS[*]} " in
	*' --why '*) _stow2_paths -f ;;
	*) _stow2_packages ;;
	esac
}

_chkstow() {
	local cur option joined
	_stow2_split
	case $option in
	-t | --target)
		_stow2_paths -d
		return
		;;
	esac
	# options: lists
	local lists='-b --badlinks -a --aliens -l --list'
	# end
	_stow2_words "-t --target= $lists"
}

complete -F _stow2 stow2
complete -F _chkstow chkstow
