# Completion of converge for fish. converge answers what continues the words of the
# line; fish compares and quotes.

# The token at the cursor without its quotes, of which one may be open.
function __converge_typed
    set -l token (commandline -ct)
    for end in '' "'" '"'
        string unescape -- "$token$end" 2>/dev/null; and return
    end
    printf '%s\n' "$token"
end

function __converge_complete
    set -l words (commandline -opc | string replace -r -- '^(~|\$HOME)(?=/)' "$HOME")
    set -l typed (__converge_typed)
    set -l answer (command $words[1] __complete $words[2..-1] "$typed" 2>/dev/null)
    set -l how (string replace ':' '' -- $answer[-1])
    string match -q -r '^[0-9]+$' -- "$how"; or return
    set answer $answer[1..-2]
    # Of --option=value fish completes the whole.
    set -l option (string match -r -- '^-[^=]*=' "$typed")
    set -l value (string replace -r -- '^-[^=]*=' '' "$typed")

    if test (math "floor($how / 16) % 2") = 1
        set answer (__fish_complete_directories "$value" '')
    else if test (math "floor($how / 8) % 2") = 1
        set -l ends '\.('(string join '|' -- (string match -v '!*' -- $answer))')$'
        set -l not '\.('(string join '|' -- (string match '!*' -- $answer | string sub -s 2))')$'
        set answer (for path in (__fish_complete_path "$value" | string replace -r '\t.*' '')
            string match -q -r -- $not $path; and continue
            string match -r -- '.*/$' $path; or string match -q -r -- $ends $path; and printf '%s\n' $path
        end)
    else if test (math "floor($how / 4) % 2") = 0; and not string match -q -r -- '^'(string escape --style=regex -- "$value") $answer
        set answer (__fish_complete_path "$value")
    end
    string length -q -- $answer; and printf '%s\n' "$option"$answer
end

complete -c converge -e
complete -c converge -f -a '(__converge_complete)'
