# SPDX-License-Identifier: Apache-2.0
"""What a program prints, by claims: a line `--- CLAIM` begins a section, which ends where the next begins. A
program of many claims boots once and is reported claim by claim.
"""

import re

HEADING = re.compile(rb"^--- (.+)\n", re.M)


def split(output):
    """(what stands before the first section, [(claim, text)...]) of bytes. A claim that stands there
    twice is told apart by a number."""
    preamble, *rest = HEADING.split(output)
    sections, seen = [], {}
    for claim, text in zip(rest[::2], rest[1::2]):
        claim = claim.decode("utf-8", "backslashreplace")
        seen[claim] = seen.get(claim, 0) + 1
        sections.append((claim if seen[claim] == 1 else f"{claim} ({seen[claim]})", text))
    return preamble, sections


def compare(expected, printed, difference):
    """(what is wrong outside of the sections expected, [(claim, what is wrong)...]); None: nothing is.
    difference() shows two unlike texts."""
    preamble, wanted = split(expected)
    before, found = split(printed)
    left = dict(found)
    judged = [(claim, judge(text, left.pop(claim, None), difference)) for claim, text in wanted]
    if preamble != before:
        return f"the output differs\n{difference(preamble, before)}", judged
    if left:
        return "printed what nobody expects: " + ", ".join(left), judged
    if [claim for claim, _ in wanted] != [claim for claim, _ in found]:
        return "the sections differ from what is expected, or stand in another order", judged
    return None, judged


def judge(text, printed, difference):
    if printed is None:
        return "was not reached"
    return None if printed == text else f"the output differs\n{difference(text, printed)}"
