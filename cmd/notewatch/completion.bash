
# What follows lets the script above work without the package bash-completion.

# __notewatch_init_completion takes the place of the function above, which needs the package. It sets cur, prev, words and
# cword to the words before the cursor, where bash has also split words at = and : within them.
__notewatch_init_completion()
{
    COMPREPLY=()
    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
        _get_comp_words_by_ref "$@" cur prev words cword
        return
    fi
    declare -F _filedir >/dev/null 2>&1 || _filedir() { :; } # without words from it, bash completes the names of files

    local i word rest=${COMP_LINE:0:COMP_POINT}
    words=()
    cword=-1
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $i -eq 0 || $rest == [[:space:]]* ]]; then
            rest=${rest#"${rest%%[![:space:]]*}"}
            words[++cword]=""
        fi
        ((i < COMP_CWORD)) || word=$rest # it may go on behind the cursor
        words[cword]+=$word
        rest=${rest#"$word"}
    done
    cur=${words[cword]}
    prev=""
    ((cword == 0)) || prev=${words[cword-1]}
}
