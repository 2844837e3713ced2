# SPDX-License-Identifier: Apache-2.0
# What a shell does by itself: no command here is another program.
say() { printf '%s: %s\n' "$1" "$2"; }
factorial() { if [ "$1" -le 1 ]; then f=1; else factorial $(($1 - 1)); f=$((f * $1)); fi; }
count() { local n=0 word; for word; do n=$((n + 1)); done; say count $n; }

factorial 15; say factorial $f
count one "two three" four
set -- -a -b value rest
while getopts ab: option; do say option "$option ${OPTARG-none}"; done
shift $((OPTIND - 1)); say rest "$*"
path=/usr/lib/thing.tar.gz
say suffix "${path##*.} ${path%.gz} ${#path}"
case $path in *.gz) say case compressed ;; *) say case plain ;; esac
while IFS=: read -r name year place _; do
    [ "$place" != London ] || say "$name" "$year"
done </data/people
cd /data/tree && pwd && cd - && cd /data/text || say cd "failed with $?"
for f in /data/tree/*; do
    if [ -L "$f" ]; then say link "$f"; elif [ -d "$f" ]; then say folder "$f"; else say file "$f"; fi
done
umask; umask 077; umask
say hex "$((0x1f + 010 ** 2)) $((7 / 2)) $((-7 % 3)) $((1 << 40))"
trap "say trap \$?" EXIT; exit 3
