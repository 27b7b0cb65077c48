# Sourced by the test scripts: runs named steps to the end, then tells which of them failed.
failed=()
beside=()
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

step() {
    local name=$1 start=$SECONDS
    shift
    printf '\n=== %s\n' "$name"
    "$@"
    told "$name" $? $((SECONDS - start))
}

# Begins a step that goes on beside those that follow; `join_steps` shows what it printed.
begin_step() {
    local name=$1
    shift
    (
        start=$SECONDS
        "$@" >"$logs/$name" 2>&1
        echo "$? $((SECONDS - start))" >"$logs/$name.end"
    ) &
    beside+=("$name:$!")
}

join_steps() {
    local entry name code seconds
    for entry in "${beside[@]}"; do
        name=${entry%:*}
        wait "${entry##*:}"
        printf '\n=== %s\n' "$name"
        cat "$logs/$name"
        # Without this file it was killed.
        read -r code seconds <"$logs/$name.end" || code=1
        told "$name" "$code" "${seconds:-0}"
    done
    beside=()
}

told() {
    if [ "$2" -eq 0 ]; then
        printf '=== %s: passed in %d s\n' "$1" "$3"
    else
        printf '=== %s: FAILED after %d s\n' "$1" "$3"
        failed+=("$1")
    fi
}

finish() {
    if [ ${#failed[@]} -gt 0 ]; then
        printf '\n!!! failed: %s\n' "${failed[@]}" >&2
        exit 1
    fi
}
