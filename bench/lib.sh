# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the benchmark suites share; sourced. Set by the caller: BUILD, PLATFORMS.

PATH=$PATH:/usr/sbin:/sbin
out=$BUILD/bench
arguments=

# image NAME PROGRAM: an image at $out/NAME.img that runs PROGRAM.
image() {
    "$BUILD/bin/cella" build -o "$out/$1.img" "$2"
}

# boot PLATFORM MEMORY NAME [RUN-OPTION...]: run $out/NAME.img from a clean copy, with $arguments added to its
# program's; console to $out/NAME.PLATFORM.log. 120 seconds end a run that hangs: a kill switch, not a measure.
boot() {
    platform=$1 memory=$2 name=$3
    shift 3
    cp "$out/$name.img" "$out/$name.$platform.img"
    # shellcheck disable=SC2086  # words
    timeout 120 "$BUILD/bin/cella" run -p "$platform" -m "$memory" -b "$@" \
        "$out/$name.$platform.img" -- $arguments >"$out/$name.$platform.log" 2>&1
}

# boot_counted PLATFORM MEMORY NAME: the same under the counting plugin, to $out/NAME.PLATFORM.count.
boot_counted() {
    boot "$@" --qemu='-icount shift=0' --qemu="-plugin $out/count.so,out=$out/$3.$1.count"
}

# measure PLATFORM MEMORY NAME: boot_counted, and what each measured piece of the program took
# (bench/pieces.awk), to $out/NAME.PLATFORM.pieces.
measure() {
    if boot_counted "$@" && awk -f bench/pieces.awk "$out/$3.$1.log" "$out/$3.$1.count" >"$out/$3.$1.pieces"; then
        return 0
    fi
    echo "bench: $3 failed on $1; see $out/$3.$1.log" >&2
    return 1
}

# show_table FILE: its tab-separated columns, aligned.
show_table() {
    awk -F '\t' '
        NR == FNR { for (i = 1; i <= NF; i++) if (length($i) > width[i]) width[i] = length($i); next }
        { line = ""
          for (i = 1; i < NF; i++) line = line sprintf("%-*s  ", width[i], $i)
          print line $NF }' "$1" "$1"
}

# loops NAME MEMORY COLUMN: run $out/guest/NAME on each platform and write $out/NAME.tsv: what a pass of each loop took
# (COLUMN of bench/pieces.awk), for the rows on standard input: operation|target on cells|target on Sv48|Linux|Nanos.
loops() {
    tsv=$out/$1.tsv
    image "$1" "$out/guest/$1"
    for platform in $PLATFORMS; do
        measure "$platform" "$2" "$1" </dev/null # the rows are not the machine's
    done
    printf 'operation\tplatform\tinstructions\ttarget\tlinux\tnanos\n' >"$tsv.new"
    while IFS='|' read -r operation cells sv48 linux nanos; do
        for platform in $PLATFORMS; do
            case $platform in *-cells) target=$cells ;; *) target=$sv48 ;; esac
            count=$(awk -F '\t' -v name="$operation" -v column="$3" \
                '$1 == name { print $column; found = 1 } END { exit !found }' "$out/$1.$platform.pieces")
            printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$operation" "$platform" "$count" "$target" "$linux" "$nanos"
        done
    done >>"$tsv.new"
    mv "$tsv.new" "$tsv"
    show_table "$tsv"
}
