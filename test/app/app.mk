# SPDX-License-Identifier: Apache-2.0
# Debian's programs: images and their cases. run.py boots and compares; see README.md.
#
# Every manifest of an image is a case, but for manifest.json: `make run APP=IMAGE` boots it, and a
# person is expected to type. The default image's manifest is a case. What is typed in a case stands in
# CASE.session (test/lib/session.py); without one, nothing is.

APP_CASES := $(filter-out %/manifest.json,$(wildcard test/app/*/*.json))

ORACLE_CASES  += $(foreach c,$(APP_CASES:test/app/%.json=%),app/$c=$(BUILD)/images/$(patsubst %/,%,$(dir $c)).img:/.cella/$(notdir $c).json$(addprefix :,$(wildcard test/app/$c.session))) \
                 app/default/manifest=$(DEFAULT_IMAGE)
ORACLE_IMAGES += $(APP_IMAGES) $(DEFAULT_IMAGE)
