# SPDX-License-Identifier: Apache-2.0
# Debian's programs: images and their cases. run.py boots and compares; see README.md.
#
# Every manifest of an image is a case, but for manifest.json: `make run APP=IMAGE` boots it, and a
# person is expected to type. The default image's manifest is a case.

APP_CASES := $(filter-out %/manifest.json,$(wildcard test/app/*/*.json))

ORACLE_CASES  += $(foreach c,$(APP_CASES:test/app/%.json=%),app/$c=$(BUILD)/images/$(patsubst %/,%,$(dir $c)).img:/.cella/$(notdir $c).json) \
                 app/default/manifest=$(DEFAULT_IMAGE)
ORACLE_IMAGES += $(APP_IMAGES) $(DEFAULT_IMAGE)
