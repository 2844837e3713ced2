#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# plots.sh - draw docs/plots/*.svg from the tables that `make bench` left in $BUILD/bench.
#
#   BUILD=... bench/plots.sh

set -eu
out=$BUILD/bench
plots=docs/plots
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
mkdir -p $plots

# Okabe and Ito's colours, which most colour-blind readers can tell apart.
cells='#0072b2' sv48='#d55e00' linux='#999999' nanos='#cccccc'

# draw NAME WIDTH HEIGHT, with gnuplot's commands on standard input. What gnuplot puts in by itself, its version
# and marks with random names, would make each drawing differ from the last.
draw() {
    { printf 'set terminal svg size %d,%d font "sans-serif,12" background "#ffffff"\n' "$2" "$3"
      printf 'set datafile separator tab\nset tics nomirror\nset border 3\nset grid ytics lc "#e0e0e0"\n'
      cat; } | gnuplot >"$data/svg"
    { sed -n 1p "$data/svg"
      echo '<!-- SPDX-License-Identifier: Apache-2.0 -->'
      echo '<!-- Drawn by bench/plots.sh from the output of make bench. -->'
      # Groups without anything in them are most of the file.
      sed '1d; s/^[ \t]*//; s,<title>Gnuplot</title>,,; /^$/d' "$data/svg" | awk '
          held != "" { if ($0 == "</g>") { held = ""; next } print held; held = "" }
          /^<g [^>]*>$/ { held = $0; next }
          { print }'; } >"$plots/$1.svg"
}

# of OPERATION PLATFORM: ranges, mean, least, most.
of() {
    awk -F '\t' -v OFS='\t' -v operation="$1" -v platform="$2" '
        $1 == operation && $2 == platform { print $3, $4, $5, $6 }' "$out/ranges.tsv"
}

ranges() {
    n=0
    while IFS= read -r operation; do
        n=$((n + 1))
        of "$operation" riscv64-cells >"$data/cells$n"
        of "$operation" riscv64-virt >"$data/sv48$n"
        printf 'set title "%s"\n' "$operation"
        case $operation in *' again' | *' in turn') # the dearest may have replaced the table
            printf 'set logscale y\nset yrange [1000:10000000]\nset key top left\n' ;;
        esac
        printf 'plot "%s/cells%d" with yerrorlines lc rgb "%s" pt 7 ps 0.6 title "cells",' "$data" $n "$cells"
        printf '"%s/sv48%d" using ($1*1.06):2:3:4 with yerrorlines lc rgb "%s" pt 5 ps 0.6 title "sv48"\n' "$data" $n "$sv48"
    done >"$data/plots" <<'OPERATIONS'
first touch, anonymous
unmap, touched
insert: first touch, cached file
remove: unmap it
split: protect the middle
merge: give it back
protect each second page in turn
map and touch as many again
OPERATIONS
    { cat <<'GNUPLOT'
set multiplot layout 4,2
set logscale x
set xrange [8:5000]
set xtics (10, 40, 100, 1000, 4000)
set yrange [0:*]
set format y "%.0f"
set key bottom right
GNUPLOT
      cat "$data/plots"; } | draw ranges 900 1100
}

# of each operation: its name; instructions on cells, sv48, Linux, Nanos; the targets on cells and sv48
memory_rows() {
    awk -F '\t' -v OFS='\t' 'FNR > 1 {
        if (!($1 in seen)) { seen[$1] = 1; row[++rows] = $1; linux[$1] = $5; nanos[$1] = $6 }
        count[$1, $2] = $3; target[$1, $2] = $4 }
        END { for (r = 1; r <= rows; r++) { o = row[r]
            print o, count[o, "riscv64-cells"], count[o, "riscv64-virt"], linux[o], nanos[o],
                target[o, "riscv64-cells"], target[o, "riscv64-virt"] } }' "$out/memory.tsv"
}

memory() {
    memory_rows >"$data/memory"
    draw memory 900 720 <<GNUPLOT
set title "Instructions of a pass, as multiples of the target on cells"
set logscale x
set xrange [0.1:150]
set format x "%g"
set xtics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
unset grid
set grid xtics lc "#e0e0e0"
set yrange [10.7:-0.7]
set key outside bottom center horizontal
set arrow from 1, -0.7 to 1, 10.7 nohead lc rgb "#000000" dt 2
set ytics scale 0
plot "$data/memory" using (\$5/\$6):0:(0.1):(\$5/\$6):(\$0+0.16):(\$0+0.36) with boxxyerror fs solid lc rgb "$nanos" title "Nanos", \\
     "" using (\$4/\$6):0:(0.1):(\$4/\$6):(\$0-0.04):(\$0+0.16) with boxxyerror fs solid lc rgb "$linux" title "Linux 6.12", \\
     "" using (\$3/\$6):0:(0.1):(\$3/\$6):(\$0-0.24):(\$0-0.04) with boxxyerror fs solid lc rgb "$sv48" title "sv48", \\
     "" using (\$2/\$6):0:(0.1):(\$2/\$6):(\$0-0.44):(\$0-0.24) with boxxyerror fs solid lc rgb "$cells" title "cells", \\
     "" using (0.1):0:ytic(1) with dots notitle, \\
     "" using (\$7/\$6):(\$0-0.14) with points pt 2 ps 0.6 lc rgb "#000000" title "target on sv48"
GNUPLOT
}

# of each program: its name; bytes on cells, sv48
size_rows() {
    awk -F '\t' -v OFS='\t' 'FNR > 1 {
        if (!($1 in seen)) { seen[$1] = 1; row[++rows] = $1 }
        bytes[$1, $2] = $5 }
        END { for (r = 1; r <= rows; r++)
            print row[r], bytes[row[r], "riscv64-cells"] / 1024, bytes[row[r], "riscv64-virt"] / 1024 }' "$out/sizes.tsv"
}

sizes() {
    size_rows >"$data/sizes"
    draw sizes 900 320 <<GNUPLOT
set title "KiB of tables when the program ends"
set logscale x
set xrange [4:65536]
set format x "%.0f"
unset grid
set grid xtics lc "#e0e0e0"
set yrange [4.6:-0.6]
set key outside bottom center horizontal
set ytics scale 0
plot "$data/sizes" using 3:0:(4):3:(\$0):(\$0+0.3) with boxxyerror fs solid lc rgb "$sv48" title "sv48", \\
     "" using 2:0:(4):2:(\$0-0.3):(\$0) with boxxyerror fs solid lc rgb "$cells" title "cells", \\
     "" using (4):0:ytic(1) with dots notitle
GNUPLOT
}

for plot in memory ranges sizes; do
    $plot
done
