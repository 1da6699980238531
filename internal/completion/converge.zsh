#compdef converge
# Completion of converge for zsh. converge answers what continues the words of the
# line; zsh compares and quotes.

_converge() {
  local line how value
  local -a answer values shown filter typed
  for value in "${(@Q)words[2,CURRENT-1]}"; do
    typed+=("${value/#(\~|\$HOME)\//$HOME/}")
  done
  # What zsh has taken off the word that the cursor is in, such as an open quote,
  # is no part of PREFIX.
  answer=("${(@f)$(_call_program values ${(q)words[1]} __complete ${(@q)typed} ${(q)${(Q)PREFIX}} 2>/dev/null)}")
  how=${answer[-1]#:}
  answer=("${(@)answer[1,-2]}")
  [[ $how == <-> ]] || return 1
  [[ $PREFIX == -*=* ]] && compset -P '*='

  if (( how & 8 )); then
    for value in $answer; do
      case $value in
        !*) filter+=(-F "(*.${value#!})") ;;
        *) filter+=(-g "*.$value") ;;
      esac
    done
    _files $filter
    return
  elif (( how & 16 )); then
    _files -/
    return
  fi
  for line in $answer; do
    [[ -n $line ]] || continue
    value=${line%%$'\t'*}
    values+=("$value")
    shown+=("$value${${line#$value}/$'\t'/  -- }")
  done
  local -a space
  (( how & 2 )) && space=(-S '')
  if (( $#values )); then
    _wanted values expl value compadd -l -d shown "${space[@]}" -a values && return
  fi
  (( how & 4 )) || _files
}

# Loaded by compinit, this file is the function; read by source, it only defines it.
if [[ $funcstack[1] == _converge ]]; then
  _converge "$@"
else
  compdef _converge converge
fi
