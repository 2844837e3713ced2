#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# sizes.sh - suite "sizes": what a program's map is made of when it ends, and what its tables take: ranges are cells, or leaves of
# page tables. Writes $BUILD/bench/sizes.tsv. Needs $BUILD/images/sqlite3.img.

set -eu
. bench/lib.sh

tsv=$out/sizes.tsv

# stat PLATFORM NAME STATISTIC: from the lines that the boot argument memstats makes the kernel print at the end.
stat() {
    tr -d '\r' <"$out/$2.$1.log" | awk -v name="$3" '
        $1 == "[cella]" && $2 == "memory:" { for (k = 3; k <= NF; k++) if (index($k, name "=") == 1) value = substr($k, length(name) + 2) }
        END { if (value == "") exit 1; print value }'
}

# row WHAT MEMORY NAME TARGET [RUN-OPTION...]
row() {
    what=$1 memory=$2 name=$3 limit=$4
    shift 4
    for platform in $PLATFORMS; do
        boot "$platform" "$memory" "$name" -a memstats "$@" || {
            echo "sizes: $name failed on $platform; see $out/$name.$platform.log" >&2
            exit 1
        }
        case $platform in *-cells) target=$limit ;; *) target=- ;; esac
        areas=$(stat "$platform" "$name" areas)
        ranges=$(stat "$platform" "$name" ranges)
        bytes=$(stat "$platform" "$name" table_bytes)
        printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$what" "$platform" "$areas" "$ranges" "$bytes" "$target" >>"$tsv.new"
    done
}

image hello "$out/guest/hello"
image hello-dynamic "$out/guest/hello-dynamic"
image areas "$out/guest/areas"
cp "$BUILD/images/sqlite3.img" "$out/sqlite3.img"
printf 'program\tplatform\tareas\tranges\ttable bytes\ttarget\n' >"$tsv.new"
row 'hello, static' 128m hello -
row 'hello, dynamic' 128m hello-dynamic 40
row 'sqlite3, queries' 128m sqlite3 - --manifest /.cella/queries.json
arguments='10000 32'
row '10,000 areas, 32 KiB apart' 1g areas -
arguments='10000 8192'
row '10,000 areas, 8 MiB apart' 1g areas -
mv "$tsv.new" "$tsv"
show_table "$tsv"
