#!/usr/bin/env bash
# Fails on a coroutine shape that g++ 12 miscompiles (DESIGN.md, rule 10; the shapes: tools/coroutine_shapes.query).
# usage: tools/check_coroutines.sh BUILD_DIR     reads BUILD_DIR/compile_commands.json, looks at every file with a co_await
#        tools/check_coroutines.sh --self-test   expects each marked line of tools/testdata/coroutine_shapes_bad.cc, and no other
set -euo pipefail
cd "$(dirname "$0")/.."

# Prints "file:line: shape" for each find in a file, and fails where the file could not be read.
look() {
  local file=$1 output
  shift
  output=$(clang-query-19 -f tools/coroutine_shapes.query "$file" "$@" 2>&1) || true
  if [ "$(grep -cE '^[0-9]+ match(es)?\.' <<<"$output")" != "$(grep -c '^m ' tools/coroutine_shapes.query)" ] || grep -q ' error: ' <<<"$output"; then
    grep -E 'rror' <<<"$output" | head -5
    echo "$file: could not be checked"
    return
  fi
  grep 'binds here' <<<"$output" | grep -v '"whole"' | sed -E 's|^(.*):([0-9]+):[0-9]+: note: "(.*)" binds here|\1:\2: \3|' | sort -u || true
}

case ${1:-} in
  --self-test)
    expected=$(grep -n '// shape: ' tools/testdata/coroutine_shapes_bad.cc | sed -E 's|^([0-9]+):.*// shape: (.*)$|\1: \2|' | sort)
    found=$(look tools/testdata/coroutine_shapes_bad.cc -- -x c++ -std=c++23 | sed 's|.*coroutine_shapes_bad.cc:||' | sort)
    [ -n "$expected" ] && diff <(echo "$expected") <(echo "$found") || { echo "coroutine shapes: '<' was not found, '>' was not expected"; exit 1; }
    found=$(look tools/testdata/coroutine_shapes_good.cc -- -x c++ -std=c++23)
    [ -z "$found" ] || { echo "$found"; exit 1; }
    echo "coroutine shapes: the check finds each bad shape and no good one"
    ;;
  --one) look "$2" -p "$3" ;;
  "") sed -n '2,4p' "$0" >&2; exit 2 ;;
  *)
    files=$(grep -o '"file": "[^"]*"' "$1/compile_commands.json" | cut -d'"' -f4 | grep '\.cc$' | sort -u | xargs grep -ls co_await || true)
    found=$(xargs -r -P "$(nproc)" -I{} "$0" --one {} "$1" <<<"$files" | sort -u)
    [ -z "$found" ] || { echo "$found"; exit 1; }
    echo "coroutine shapes: none in $(wc -w <<<"$files") files"
    ;;
esac
