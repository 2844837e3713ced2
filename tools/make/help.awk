# SPDX-License-Identifier: Apache-2.0
# Prints the makefiles' targets that carry a `## remark`, under their `##@ Heading`.
/^##@ / { heading = substr($0, 5) }
/^[A-Za-z0-9_.-]+:.*## / {
    if (heading != "") {
        printf "%s\n", heading
        heading = ""
    }
    name = substr($0, 1, index($0, ":") - 1)
    remark = $0
    sub(/.*## /, "", remark)
    printf "  %-22s %s\n", name, remark
}
