/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - a machine small enough to try everything on it: one table of six slots, twelve pages,
 * one editor, two walking harts and two harts that run a user instruction.
 *
 *   plan.c       what the editor does is written down as a program: operations and fences
 *   orders.c     the edits of celltable.c as such programs; naive.c: ones that do not work
 *   scenarios.c  tables and edits to explore
 *   faults.c     what is broken on purpose, to see that it is found
 *   editor.c, walker.c, user.c   one step of each
 *   invariants.c what must hold
 *   explore.c    every interleaving, breadth first; main.c: which runs, and the report
 *
 * Order of the editor's operations: those on two sides of a full fence keep their order; between
 * two fences (a segment) they take place in any order that RVWMO allows (../rvwmo). The walker is
 * ordered as docs/edit-protocol.md demands of it, a user instruction is one step. So each
 * interleaving here is one global memory order.
 *
 * Encodings are small, since millions of states are kept: page numbers have four bits, a range is
 * start << 4 | end, a high word generation << 8 | valid << 7 | frame, a grant target << 4 | rights.
 * Row r is that of compartment r + 1.
 */
#ifndef TEST_PROOF_WORLD_H
#define TEST_PROOF_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SLOTS = 7, /* slot 0 is the metacell's and not used */
    ROWS = 2,
    PAGES = 13, /* page 0 is not used */
    HARTS = 2,  /* that walk */
    USERS = 2,  /* that run one instruction */
    REGS = 6,   /* columns that the editor remembers */
    OPS = 160,
    SEGMENTS = 64,
    STAGES = 12,
};

/* Permission bytes, as in the machine. */
enum { V = 1, R = 2, W = 4, X = 8, A = 0x40, D = 0x80, RIGHTS = 0x0f, RWX = 0x0e };

enum {
    NO_GRANT = 0xf0,
    VALID = 0x80,
    NO_RIGHT = 14 /* start of what lies right of the last cell */
};

/* --- the editor's program --- */

enum kind {
    LO,           /* lo[a] = [b, c] */
    HI,           /* hi[a] = frame b, valid c, generation + d */
    READ,         /* reg c = byte of row a, slot b */
    PUT,          /* byte of row a, slot b = c */
    PUT_REG,      /* byte of row a, slot b = reg c */
    PUT_AD,       /* byte of row a, slot b = A and D of reg c, and d */
    OR_AD,        /* amoor: A and D of reg c into the byte */
    AND,          /* amoand: byte &= c; d: a D found is collected */
    AND_IF_D,     /* the same if reg d of the row has D */
    OR,           /* amoor: byte |= c */
    OR_SAVED,     /* amoor: W of reg c */
    AND_IF_TAKES, /* amoand: byte &= c, if rights are taken away */
    PUT_CHANGED,  /* byte = reg c with the rights d; what it had before stays if nothing is taken */
    OR_MARKS,     /* amoor: A and D of reg d, if reg c lacks any of them */
    GREAD,        /* the same for grant words */
    GPUT,
    GPUT_REG,
    GPUT_IF_TAKES, /* none, if rights are taken away */
    GPUT_CHANGED,  /* the same, else reg c */
    BRANCH, /* go on at segment a if the b & 15 columns in the first regs differ, that of number
             * b >> 4 having the rights d in row c */
    DECIDE, /* whether exactly the rights c for row a take something from reg b; d: grants count */
    ACK,    /* hart a answers a shootdown; c: only if a D was collected */
    COPY,   /* the frame's contents, to the new one */
    STOP,   /* hart a (a user's: HARTS + number) waits in the kernel */
    GO,     /* hart a goes on; b: with the second table and no translations of before */
    FREE,   /* the first table is memory for others now */
};

/* When a shootdown is needed. */
enum { ALWAYS, IF_COLLECTED, IF_TAKES };

/* What an operation is for: how faults.c finds it. */
enum role { PLAIN, HIDE, EMPTY, FILL, CLEAR, SHOW };

struct op {
    uint8_t  kind, role, edit;
    uint8_t  a, b, c, d;
    uint8_t  stage;  /* of the truth that this makes true, 0: none */
    uint16_t seg;    /* number of fences before, times SEG; renumbered by plan_finish() */
    uint32_t before; /* operations of its segment that precede it */
};

enum { SEG = 16 }; /* room for faults.c to put something between two segments */

/* How entering a stage of the truth changes rights or grants of a page. */
enum {
    KEEP = 0xff,
    AS_LEFT = 0xfe,  /* those of the page to the left */
    AS_RIGHT = 0xfd, /* to the right */
    ADD = 0xd0,      /* | rights */
    ONLY = 0xc0,     /* | rights that stay */
    CHANGE = 0xb0, /* | rights: exactly these, or with what was there if that takes nothing away */
    SCRUB = 0xfc,  /* a grant: none, if something is taken away */
    UNMAPPED = 0x80,
};

struct slot {
    uint8_t live, start, end, base;
    uint8_t e; /* end, also of an empty one */
};

struct state;

/* --- one state of everything --- */

enum walk_pc { IDLE, PROBE, PROBE_HI, PERM, CAS, REREAD, REREAD_HI, ACCESS, TLB, FAULT, END };

struct walker { /* page, row and kind of access are fixed for a run: struct access */
    uint16_t dhi, rights_seen, stages_seen;
    uint8_t  pc, lo, hi, mid, dlo, p, unmapped_seen, early, uncached, stored, frame, pad;
};

enum { DONE = 0xff };

struct state {
    uint32_t      done; /* operations of this segment that took place */
    uint16_t      hi[SLOTS];
    uint8_t       lo[SLOTS];
    uint8_t       perm[ROWS][SLOTS], grant[ROWS][SLOTS];
    uint8_t       reg[REGS][ROWS], greg[REGS][ROWS];
    uint8_t       taken[ROWS]; /* a D was collected */
    uint8_t       segment, stage, aborted, takes, copied, lost, regranted, user_done[USERS];
    uint8_t       stopped, second, freed;                   /* bits of harts, of harts, bool */
    uint8_t       rights[ROWS][PAGES], grants[ROWS][PAGES]; /* the truth */
    struct walker w[HARTS];
};

union packed {
    struct state s;
    uint64_t     word[(sizeof(struct state) + 7) / 8];
};

/* --- a scenario --- */

struct table { /* slots [first, past) */
    uint8_t first, past;
};

struct plan {
    const char  *name;
    struct slot  t[SLOTS]; /* the table as it will be after what was planned so far */
    struct table table[2]; /* the second one: for moving to another table */
    int          nops, seg, edit, stage;
    bool         collects;     /* D of pages that go away is asked for */
    bool         in_place;     /* cells may inherit D of others */
    bool         migrates;     /* the kernel copies frames */
    bool         replaces;     /* the table */
    bool         dirty;        /* cells had D to begin with */
    unsigned     revoked;      /* bit per row */
    int          revoke_stage; /* of the first of them; grants of later are grants anew */
    struct op    op[OPS];
    uint8_t      first[SEGMENTS + 1], next[SEGMENTS];
    uint16_t     jump[SEGMENTS]; /* before plan_finish(): segments that end the edit */
    int          njumps;
    uint8_t      frame[STAGES][PAGES];
    uint8_t      set_rights[STAGES][ROWS][PAGES], set_grants[STAGES][ROWS][PAGES];
    uint8_t      affected[PAGES], revoked_page[PAGES];
    struct state init;
};

struct access { /* what a walking hart wants */
    uint8_t on, page, row, store;
};

enum user_kind { NO_USER, PROT, GRANT, TFER, RECV };

struct user {
    uint8_t kind, row, page, perm, other;
};

/* What is wrong with the machine (the walker), on purpose. */
enum machine_fault {
    SOUND,
    NO_REREAD,
    REREAD_EARLY,
    REREAD_LOW_ONLY,
    PLAIN_AD,
    HALVES, /* descriptors read as two words: harmless */
};

/* The run at hand. */
extern const struct plan *world_plan;
extern struct access      world_access[HARTS];
extern struct user        world_user[USERS];
extern enum machine_fault world_fault;
extern bool               world_any_order; /* try the segment's operations in every order */

/* --- plan.c --- */

struct setup { /* slots of cells A, B, K (0: none) of a table of n slots */
    uint8_t n, a, b, k;
    bool    touching; /* A and B */
    bool    low; /* empty slots stand at the end of the cell before them, not before the next */
};

/* rights: 0 differ between cells, 1 all alike, 2 nobody writes. ad: bits of all bytes. */
struct variant {
    int     rights;
    uint8_t ad;
    bool    grants;
};

void plan_start(struct plan *p, const struct setup *s, const struct variant *v);
void plan_finish(struct plan *p, const char *name);

struct op *plan_emit(struct plan *p, enum kind kind, enum role role, int a, int b, int c, int d);
void       plan_fence(struct plan *p);
void       plan_edit(struct plan *p); /* an edit begins */
int        plan_right_start(const struct plan *p, int slot);
void       plan_live(struct plan *p, int slot, int start, int end, int base);
void       plan_touch(struct plan *p, int first, int last);
void       plan_hide(struct plan *p, int slot, int e, int stage);
void       plan_empties_before(struct plan *p, int slot, int start);
void       plan_empties_after(struct plan *p, int slot, int end);
void       plan_read(struct plan *p, int slot, int reg);
void       plan_clear(struct plan *p, int slot);
void       plan_fill(struct plan *p, int slot, int reg);
void       plan_shootdown(struct plan *p, int when);

/* A new truth; returns the stage to put into the operation that makes it true. */
int  plan_stage(struct plan *p);
void plan_map(struct plan *p, int stage, int first, int last, int base, const uint8_t *rights);
void plan_unmap(struct plan *p, int stage, int first, int last);
void plan_inherit(struct plan *p, int stage, int page, int frame, uint8_t from);

/* --- orders.c, replace.c, naive.c --- */

void order_move(struct plan *p, int from, int to);
void order_insert(struct plan *p, int slot, int start, int end, int base, const uint8_t *rights);
void order_remove(struct plan *p, int slot);
void order_split(struct plan *p, int slot, int left_end, int right_start);
void order_carve(struct plan *p, int slot, int first, int last, int row, unsigned rights);
void order_merge(struct plan *p, int slot, int right);

struct unite { /* n cells; row of cell number `changed` gets these rights (n: none does) */
    int      n, slot[3], changed, row;
    unsigned rights;
};
void order_unite(struct plan *p, const struct unite *u);

void order_grow_end(struct plan *p, int slot, int end);
void order_shrink_end(struct plan *p, int slot, int end);
void order_change_start(struct plan *p, int slot, int start);
void order_migrate(struct plan *p, int slot, int base);
void order_copy_on_write(struct plan *p, int slot, int base);
void order_revoke(struct plan *p, int slot, int row, unsigned rights);
void order_add_rights(struct plan *p, int slot, int row, unsigned rights);
void order_clear_dirty(struct plan *p, int slot);

enum replace_how {
    REPLACE_STOPPED,      /* stop; copy everything; switch */
    REPLACE_AHEAD,        /* copy descriptors; stop; copy bytes and grants; switch */
    REPLACE_RUNNING,      /* nobody stops, each switches at a moment of its own */
    REPLACE_BYTES_AHEAD,  /* bytes copied before the stop */
    REPLACE_GRANTS_AHEAD, /* grants copied before the stop */
    REPLACE_LET_GO,       /* stopped for the copy only, then each switches by itself */
    REPLACE_FREE_EARLY,   /* the first table is freed while all stand: as right as the first two */
};

void order_replace_table(struct plan *p, enum replace_how how);

void naive_migrate_by_write_protection(struct plan *p, int slot, int base);
void naive_copy_on_write_right_first(struct plan *p, int slot, int base);
void naive_revoke(struct plan *p, int slot, bool twice);

/* --- scenarios.c --- */

struct scenario {
    const char *name;
    void (*build)(struct plan *p, const uint8_t *rights);
    struct setup setup;
    bool         read_only; /* only with cells that nobody writes */
};

extern const struct scenario scenarios[];
extern const unsigned        nscenarios;
extern const struct scenario naive_scenarios[];
extern const unsigned        nnaive;

/* Returns false if the scenario does not exist in this variant. */
bool scenario_build(const struct scenario *s, const struct variant *v, struct plan *p);
int  scenario_find(const char *name);

/* --- steps: false if it cannot be taken now --- */

bool editor_ready(const struct state *s, unsigned op); /* what precedes it has taken place */
bool editor_step(struct state *s, unsigned op);
bool walker_step(struct state *s, unsigned hart);
void user_step(struct state *s, unsigned user);
bool hart_between_instructions(const struct state *s, unsigned hart);

/* --- invariants.c --- */

extern const char *world_violation; /* "S4", or NULL */
extern const char *world_violation_text;

struct counters {
    uint64_t runs, states, spurious_faults, spurious_refusals, restarts, stray_dirty;
};
extern struct counters world_count;

void world_fail(const char *property, const char *text);
/* The slot that a search finds in a standing table; 0: none. */
int                 world_find(const struct state *s, const struct table *t, int page);
const struct table *world_table(const struct state *s, unsigned hart); /* that the hart uses */
bool                world_allows(uint8_t byte, bool store);
void world_see(struct state *s); /* after every step: walks under way see the truth of now */
void world_check_done(const struct state *s);

static inline int range_start(uint8_t lo)
{
    return lo >> 4;
}

static inline int range_end(uint8_t lo)
{
    return lo & 15;
}

/* --- explore.c --- */

void explore_init(void);
/* Every interleaving of world_plan with world_access and world_user. False: something was violated,
 * and explore_trace() prints how. */
bool explore_run(const struct plan *p);
void explore_trace(void);

/* --- faults.c --- */

struct fault {
    const char *name;
    const char *scenario;         /* that shows it */
    void (*plan)(struct plan *p); /* before plan_finish(); NULL: none */
    enum machine_fault machine;
    bool               harmless;
};

extern const struct fault  faults[];
extern const unsigned      nfaults;
extern const struct fault *world_seeded; /* used by scenario_build() */

/* Leave out the fence after segment k of the program. False if there is none. */
extern int world_without_fence; /* -1: all are there */

#endif
