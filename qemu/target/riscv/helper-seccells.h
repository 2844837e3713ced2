/*
 * SecureCells: the helpers that carry out the instructions of the user.
 * Included by helper.h, several times over, so it has no guard.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

DEF_HELPER_3(seccells_jals, void, env, tl, tl)
DEF_HELPER_3(seccells_jalrs, void, env, tl, tl)
DEF_HELPER_2(seccells_inval, void, env, tl)
DEF_HELPER_3(seccells_reval, void, env, tl, tl)
DEF_HELPER_3(seccells_prot, void, env, tl, tl)
DEF_HELPER_4(seccells_grant, void, env, tl, tl, tl)
DEF_HELPER_4(seccells_tfer, void, env, tl, tl, tl)
DEF_HELPER_4(seccells_recv, void, env, tl, tl, tl)
DEF_HELPER_3(seccells_excl, tl, env, tl, tl)
