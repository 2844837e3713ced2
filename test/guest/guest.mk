# SPDX-License-Identifier: Apache-2.0
# Linux programs run by each kernel, one image each. run.py boots them and compares with what Linux did.
#
# To add one, add test/guest/NAME.c, and record what Linux does with it: make oracle TESTS=NAME.
#
#   NAME.manifest.json   the image's manifest; without it, NAME runs as /bin/NAME without arguments
#   NAME.root/           further files of the image, if any
#   NAME.session         what is typed (test/lib/session.py); without it, nothing is
#
# A program whose name begins with disk_ may write to its disk; to others it is read-only.
#
# Comments among the first lines of NAME.c say how it is built:
#
#   /* link: static-pie */   or dynamic: the image then has the interpreter and the libraries that the
#                            program needs. Without it, static.
#   /* flags: ... */         further compiler flags, for example -nostdlib for a program that is to make
#                            no system calls of its C library's start-up.
#
#   /* cpus: 4 */           run it on a machine with four processors, too: it prints the same there.
#
# A program prints only what is the same on Linux: no addresses, process numbers, times. One that
# cannot be compared with Linux says why in its source, and has its output in NAME.expected and its
# exit status in NAME.status (without the file, 0).

GUEST_CC     := riscv64-linux-gnu-gcc
GUEST_CFLAGS := -std=gnu11 -O2 -g -static -Wall -Wextra -Wshadow -Werror -Itest/guest
# The comment /* WHAT: ... */ of a source.
guest_says   = $$(sed -n '1,60s,^/\* *$(1): *\(.*[^ ]\) *\*/,\1,p' $<)
GUEST_OUT    := $(BUILD)/test/guest

GUEST_TESTS  := $(patsubst test/guest/%.c,%,$(sort $(wildcard test/guest/*.c)))
GUEST_IMAGES := $(GUEST_TESTS:%=$(GUEST_OUT)/%.img)

# Static position-independent programs have another C library: see musl.sh.
GUEST_MUSL   := $(BUILD)/test/musl
GUEST_PIE    := -fPIE -static-pie -nostdinc -isystem $(GUEST_MUSL)/include -nostdlib \
                -Wl,-static,--no-dynamic-linker,-z,text

$(GUEST_MUSL)/stamp: test/guest/musl.sh tools/packages/guest.lock | $(call packages,guest)
	$(Q)test/guest/musl.sh $(@D)
	$(Q)touch $@

$(GUEST_OUT)/%: test/guest/%.c test/guest/guest.mk $(GUEST_MUSL)/stamp | $(call packages,guest)
	@echo "  GUESTCC $*"
	$(Q)mkdir -p $(@D)
	$(Q)lib=$(GUEST_MUSL)/lib before= after=; case $(call guest_says,link) in \
	    '' | static) link=-static ;; \
	    dynamic) link='-fPIE -pie' ;; \
	    static-pie) link="$(GUEST_PIE) -isystem $$($(GUEST_CC) -print-file-name=include)"; \
	        before="$$lib/rcrt1.o $$lib/crti.o" \
	        after="-L$$lib -Wl,--start-group -lc -lgcc -Wl,--end-group $$lib/crtn.o" ;; \
	    *) echo "$<: link: static, static-pie or dynamic" >&2; exit 1 ;; \
	esac; \
	$(GUEST_CC) $(filter-out -static,$(GUEST_CFLAGS)) $$link -MMD -MP -MF $@.d $$before $< -o $@ \
	    $(call guest_says,flags) $$after

# A program alone is all that the tool needs. A manifest finds it in /bin through a folder that is added.
# The manifest and NAME.root are prerequisites as far as they exist.
define guest_image_rule
$(GUEST_OUT)/$(1).img: $(GUEST_OUT)/$(1) $(TOOL) \
		$(shell find test/guest/$(1).manifest.json test/guest/$(1).root tools/image/base -type f 2>/dev/null) \
		| $(call packages,image)
	@echo "  IMAGE   $(1)"
	$(Q)mkdir -p $(GUEST_OUT)/$(1).add/bin && cp $(GUEST_OUT)/$(1) $(GUEST_OUT)/$(1).add/bin
	$(Q)$(TOOL) build -o $$@ $(patsubst %,--add %,$(wildcard test/guest/$(1).root)) \
	    $(or $(patsubst %,--add $(GUEST_OUT)/$(1).add %,$(wildcard test/guest/$(1).manifest.json)),$(GUEST_OUT)/$(1))
endef
$(foreach t,$(GUEST_TESTS),$(eval $(call guest_image_rule,$t)))

# Those whose system calls are compared with what strace prints of them on Linux: test/expected/strace.
# What they do must be the same each time.
GUEST_TRACED := hello abi_fd abi_io mem_errors $(filter strace_%,$(GUEST_TESTS))

ORACLE_CASES  += $(foreach t,$(GUEST_TRACED),strace/$t=$(GUEST_OUT)/$t.img)

# Those that can be compared with Linux.
GUEST_RECORDED := $(filter-out $(patsubst test/guest/%.expected,%,$(wildcard test/guest/*.expected)),$(GUEST_TESTS))
ORACLE_CASES  += $(foreach t,$(GUEST_RECORDED),guest/$t=$(GUEST_OUT)/$t.img$(addprefix ::,$(wildcard test/guest/$t.session)))
ORACLE_IMAGES += $(GUEST_IMAGES)

-include $(GUEST_TESTS:%=$(GUEST_OUT)/%.d)
