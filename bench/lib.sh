# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the benchmark suites share; sourced. Set by the caller: BUILD, PLATFORMS.

PATH=$PATH:/usr/sbin:/sbin
out=$BUILD/bench

# image NAME PROGRAM [LIBRARY...]: an image at $out/NAME.img that runs PROGRAM as /bin/NAME, with these
# files of the cross compiler's in /lib.
image() {
    rm -rf "$out/$1.root"
    mkdir -p "$out/$1.root/bin" "$out/$1.root/.cella"
    cp "$2" "$out/$1.root/bin/$1"
    printf '{ "Program": "/bin/%s", "Args": ["%s"] }\n' "$1" "$1" >"$out/$1.root/.cella/manifest.json"
    image_name=$1
    shift 2
    for library; do
        mkdir -p "$out/$image_name.root/lib"
        cp -L "$(riscv64-linux-gnu-gcc -print-file-name="$library")" "$out/$image_name.root/lib/"
    done
    tools/image/mkimage.sh "$out/$image_name.root" "$out/$image_name.img"
}

# boot PLATFORM MEMORY NAME [RUN-OPTION...]: run $out/NAME.img from a clean copy; console to
# $out/NAME.PLATFORM.log. 120 seconds end a run that hangs: a kill switch, not a measure.
boot() {
    platform=$1 memory=$2 name=$3
    shift 3
    cp "$out/$name.img" "$out/$name.$platform.img"
    timeout 120 "$BUILD/bin/cella" run -p "$platform" -m "$memory" -b "$@" \
        "$out/$name.$platform.img" >"$out/$name.$platform.log" 2>&1
}

# boot_counted PLATFORM MEMORY NAME: the same under the counting plugin, to $out/NAME.PLATFORM.count.
boot_counted() {
    boot "$@" --qemu='-icount shift=0' --qemu="-plugin $out/count.so,out=$out/$3.$1.count"
}
