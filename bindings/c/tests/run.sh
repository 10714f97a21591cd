#!/usr/bin/env bash
# The C suite: builds bindings/c/tests/*.c against anser.h and libanser and runs it, plainly and under valgrind.
#   ANSER_LIB_DIR  folder with libanser.so     (default: target/debug)
#   ANSER_SERVER   the server's binary         (default: target/debug/anser-server)
set -euo pipefail
cd "$(dirname "$0")/../../.."
lib=$(realpath "${ANSER_LIB_DIR:-target/debug}")
server=$(realpath "${ANSER_SERVER:-target/debug/anser-server}")
out=target/c-suite
rm -rf "$out" && mkdir -p "$out"

# Every exported function becomes a macro that counts its calls: the suite fails for one it never called.
nm -D --defined-only "$lib/libanser.so" | awk '$3 ~ /^anser_/ {print $3}' | sort > "$out/exported.txt"
awk '
  { names = names "\"" $1 "\",\n"; macros = macros "#define " $1 "(...) (count_call(" NR - 1 "), " $1 "(__VA_ARGS__))\n" }
  END { printf "static const char *const exported[] = {%s};\n%s", names, macros }
' "$out/exported.txt" > "$out/counted.h"

cc=${CC:-gcc}
flags=(-std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Wall -Wextra -Werror -g -O1 -pthread -Ibindings/c/include "-I$out")
"$cc" "${flags[@]}" -o "$out/suite" bindings/c/tests/*.c -L"$lib" -lanser "-Wl,-rpath,$lib"
"$cc" "${flags[@]}" -o "$out/chat" bindings/c/examples/chat.c -L"$lib" -lanser "-Wl,-rpath,$lib"
# The header is C++ too.
printf '#include <anser.h>\nint main() { return anser_version() == nullptr; }\n' > "$out/plus.cpp"
"${CXX:-g++}" -std=c++17 -Wall -Wextra -Werror -Ibindings/c/include -o "$out/plus" "$out/plus.cpp" -L"$lib" -lanser "-Wl,-rpath,$lib"
"$out/plus"

pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT
# A value of a server's JSON line.
value() { sed -E "s/.*\"$2\":\"([^\"]*)\".*/\1/" "$out/$1.json"; }
# Makes the group of three that some tests need, as an app's own server would.
make_group() {
  local form='groupId=geese&groupName=Geese&userId=dave&userId=erin&userId=frank' signature answer
  signature=$(printf '%s' "$(value "$1" app_secret)174711" | sha1sum | cut -d' ' -f1)
  exec 3<> "/dev/tcp/127.0.0.1/$(value "$1" server | sed 's/.*://')"
  printf 'POST /group/create.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nApp-Key: %s\r\nNonce: 17\r\nTimestamp: 4711\r\nSignature: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s' \
    "$(value "$1" app_key)" "$signature" "${#form}" "$form" >&3
  answer=$(cat <&3)
  exec 3>&-
  [[ $answer == *'"code":200'* ]] || { echo "no group: $answer" >&2; exit 1; }
}
# Starts a server that has never been used and prints its JSON line.
start_server() {
  local name=$1
  "$server" dev --json --port 0 --users alice,bob,carol,dave,erin,frank > "$out/$name.json" 2> "$out/$name.log" &
  pids+=($!)
  until [ -s "$out/$name.json" ]; do kill -0 "${pids[-1]}" || { cat "$out/$name.log"; exit 1; }; read -rt 0.05 <> <(:) || true; done
}

start_server plain
make_group plain
"$out/suite" "$out/plain.json" "$out/data-plain"

# The README's quick start, against an answer that waits for it.
"$cc" "${flags[@]}" -o "$out/quickstart" bindings/c/examples/quickstart.c -L"$lib" -lanser "-Wl,-rpath,$lib"
start_server quickstart
echo "Hello back" | "$out/chat" --navi "$(value quickstart navi)" --app-key "$(value quickstart app_key)" --token "$(value quickstart bob)" \
  --data "$out/data-chat" --to alice --expect 0 --timeout 60
answer=$("$out/quickstart" "$(value quickstart navi)" "$(value quickstart app_key)" "$(value quickstart alice)" "$out/data-quickstart" bob)
[ "$answer" = "Hello back" ] || { echo "the quick start printed: $answer" >&2; exit 1; }
if "$out/quickstart" 2> /dev/null; then echo "the quick start takes anything" >&2; exit 1; fi
echo "test quickstart ... ok"

if command -v valgrind > /dev/null; then
  start_server valgrind
  make_group valgrind
  # "Possibly lost" is left out: Rust's standard library keeps its thread handles by interior pointers.
  valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect \
    --errors-for-leak-kinds=definite,indirect --fair-sched=yes \
    "$out/suite" "$out/valgrind.json" "$out/data-valgrind"
  echo "C suite under valgrind: no leak, no invalid access"
elif [ "${CI:-}" = true ]; then
  echo "valgrind is missing: apt-get install valgrind" >&2
  exit 1
else
  echo "skipped: the C suite under valgrind (apt-get install valgrind)"
fi
