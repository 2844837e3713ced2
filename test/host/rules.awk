# SPDX-License-Identifier: Apache-2.0
#
# Reads every test/host/test_NAME.c and writes one make call for each test program:
#
#   $(eval $(call host_test,PROGRAM,TEST SOURCE,OTHER SOURCES,FLAGS,LIBRARIES))
#
# What a test links is said in comments among its first 60 lines, each key once:
#
#   /* sources: src/lib/fmt.c src/lib/string.c */
#   /* flags: -DLIMIT=3 */
#   /* libraries: -ljansson */
#   /* variants: cells: src/riscv64-cells/celltable.c ; sv48: src/riscv64-sv48/radix.c */
#
# Paths are from the repository's root. A comment may run over several lines. With variants there is
# one program for each, PROGRAM being test_NAME.VARIANT; it links the common sources and its own, and
# sees -DVARIANT_name. The word libfdt among the sources stands for that library's.
#
# Fuzz targets (test/fuzz/fuzz_NAME.c) say it in the same form: -v rule=fuzz_target.

function finish_file(  base, n, i, v, name, list) {
    if (file == "")
        return
    base = file
    sub(/.*\//, "", base)
    sub(/\.c$/, "", base)
    if (!("variants" in value)) {
        call(base, value["sources"], value["flags"], value["libraries"])
    } else {
        n = split(value["variants"], v, ";")
        for (i = 1; i <= n; i++) {
            if (v[i] !~ /:/)
                continue
            name = v[i]
            sub(/:.*/, "", name)
            gsub(/[ \t]/, "", name)
            list = v[i]
            sub(/^[^:]*:/, "", list)
            call(base "." name, value["sources"] " " list, value["flags"] " -DVARIANT_" name, value["libraries"])
        }
    }
    split("", value)
}

function call(program, sources, flags, libraries) {
    printf "$(eval $(call %s,%s,%s,%s,%s,%s))\n", rule, program, file, sources, flags, libraries
}

BEGIN { if (rule == "") rule = "host_test" }

FNR == 1 { finish_file(); file = FILENAME; key = "" }
FNR > 60 { next }
key == "" && /^\/\* *(sources|flags|libraries|variants):/ {
    key = $0
    sub(/^\/\* */, "", key)
    sub(/:.*/, "", key)
    sub(/^\/\* *[a-z]+: */, "")
}
key != "" {
    line = $0
    done = sub(/\*\/.*/, "", line)
    sub(/^[ \t]*\*[ \t]*/, "", line)
    value[key] = value[key] " " line
    if (done)
        key = ""
}
END { finish_file() }
