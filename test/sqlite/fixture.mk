# SPDX-License-Identifier: Apache-2.0
# SQLite's test program, `testfixture`, for riscv64, from SQLite's source in TOP and the libraries that are
# unpacked in ROOT. Made in the current folder. The lists of files and what the tests want to be defined are SQLite's
# own (main.mk); the features are Debian's (debian/rules), and what Debian's configure finds.

BCC = gcc -O1
CC  = riscv64-linux-gnu-gcc
include $(TOP)/main.mk

SOURCES  := $(sort $(TESTSRC) $(TOP)/src/tclsqlite.c $(TOP)/ext/session/test_session.c)
OBJECTS  := $(patsubst %.c,o/%.o,$(notdir $(SOURCES) sqlite3.c))
FEATURES := THREADSAFE=1 SECURE_DELETE SOUNDEX=1 USE_URI=1 ALLOW_ROWID_IN_VIEW HAVE_ZLIB=1 \
            LIKE_DOESNT_MATCH_BLOBS MAX_SCHEMA_RETRY=25 MAX_VARIABLE_NUMBER=250000 \
            $(addprefix ENABLE_,COLUMN_METADATA DBSTAT_VTAB FTS3 FTS3_PARENTHESIS FTS3_TOKENIZER=1 FTS4 FTS5 \
                LOAD_EXTENSION PREUPDATE_HOOK RTREE=1 SESSION UNLOCK_NOTIFY UPDATE_DELETE_LIMIT=1)
SYSTEM   := FDATASYNC GMTIME_R LOCALTIME_R STRCHRNUL USLEEP
INCLUDES := . $(addprefix $(TOP)/,src ext/async ext/fts3 ext/fts5 ext/rtree ext/session ext/userauth) \
            $(ROOT)/usr/include/tcl8.6 $(ROOT)/usr/include
# Of what the compiler warns in other people's code is not ours to mend.
FIXTURE_CFLAGS := -w -O1 -fPIE -fno-strict-aliasing $(TESTFIXTURE_FLAGS) $(FEATURES:%=-DSQLITE_%) \
                  $(SYSTEM:%=-DHAVE_%=1) $(INCLUDES:%=-I%)

vpath %.c $(sort $(dir $(SOURCES)))

# Debian's libraries are newer than the C library that the compiler has: what they want of it is found when
# the program runs.
fixture: $(OBJECTS)
	$(CC) -pie -o $@ $^ -Wl,--unresolved-symbols=ignore-in-shared-libs \
	    $(ROOT)/usr/lib/riscv64-linux-gnu/libtcl8.6.so.0 $(ROOT)/usr/lib/riscv64-linux-gnu/libz.so.1 -lm

o/%.o: %.c sqlite3.c
	@mkdir -p o
	$(CC) $(FIXTURE_CFLAGS) -c $< -o $@
