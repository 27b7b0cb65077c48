# Sourced by the test scripts: runs named steps to the end, then tells which of them failed.
failed=()

step() {
    local name=$1 start=$SECONDS
    shift
    printf '\n=== %s\n' "$name"
    if "$@"; then
        printf '=== %s: passed in %d s\n' "$name" $((SECONDS - start))
    else
        printf '=== %s: FAILED after %d s\n' "$name" $((SECONDS - start))
        failed+=("$name")
    fi
}

finish() {
    if [ ${#failed[@]} -gt 0 ]; then
        printf '\n!!! failed: %s\n' "${failed[@]}" >&2
        exit 1
    fi
}
