# SPDX-License-Identifier: Apache-2.0
# qemu: -smp 2
"""A.2.2: `info cells-stats` shows for every hart what the CSRs say, to the unit, and beyond that how
often walks and instructions failed for which reason; every reason is reached. The counts are part of
the machine's state: a loaded machine has them, one that is reset has none. A machine without the
extension says so."""

import os
import re

from qemu import Debugger, Machine, equal

SATP_ON = 14 << 60
JALRS = 0x00C5808B  # jalrs ra, a1, a2
RAM = 0x80000000
TOTALS = ("walks", "descriptors_read", "permission_bytes_read", "failed_walks", "switches", "flushes", "refused")
REASONS = 33
WALK_REASONS = 11


def said(machine):
    """{"hart.name": number} of what the guest printed before "ready"; equal names add up."""
    facts = {}
    while (line := machine.process.stdout.readline().decode().split()) != ["ready"]:
        assert len(line) == 2 and line[0][0] in "01", line
        facts[line[0]] = facts.get(line[0], 0) + int(line[1])
    return facts


def shown(text):
    """The same of the monitor's answer; the hart of the sums is "all"."""
    facts, hart = {}, None
    for line in text.split("\n"):
        if heading := re.fullmatch(r"hart (\d+)|(all) harts", line):
            hart = heading[1] or heading[2]
        elif numbers := re.fullmatch(r" {4}(\w+) +(\d+) +(\d+)", line):
            facts["%s.done.%s" % (hart, numbers[1])] = int(numbers[2])
            facts["%s.refused.%s" % (hart, numbers[1])] = int(numbers[3])
        elif number := re.fullmatch(r" +(.*?) +(\d+)(?:  cause \d+)?", line):
            facts["%s.%s" % (hart, number[1].replace(" ", "_"))] = int(number[2])
        else:
            assert re.fullmatch(r"  instructions +done +refused|    reads per walk +\d+\.\d\d", line), line
    return facts


def sum_of(facts, names):
    return sum(facts.get("0." + name, 0) for name in names)


def reasons(facts):
    """The names of hart 0's reasons, as the guest has them."""
    return [name[2:] for name in facts if name[:2] == "0." and name[2:] not in TOTALS and name.count(".") == 1]


def check(machine, facts):
    """The monitor shows the facts, and the sums that follow from them."""
    stats = shown(machine.monitor("info cells-stats"))
    for name, count in facts.items():
        equal(name, stats.get(name, 0), count)
    for name in {name[2:] for name in stats if name[1] == "."}:
        equal("all." + name, stats["all." + name], stats.get("0." + name, 0) + stats.get("1." + name, 0))
    return stats


with Machine("stats_guest") as machine:
    facts = said(machine)
    stats = check(machine, facts)
    names = reasons(facts)
    walks = {"table_keeps_changing", "right_missing", *names[:names.index("table_keeps_changing")]}
    equal("reasons of walks", len(walks), WALK_REASONS)
    equal("reasons", len(names), REASONS - 1)  # all but the one below
    unexpected = [name for name in reasons(stats) if name not in names]
    equal("other reasons", unexpected, [])
    never = [name for name in names if not facts["0." + name]]
    assert set(never) <= {"table_keeps_changing"}, never
    equal("failed walks", sum_of(facts, walks), facts["0.failed_walks"])
    refused = [name[2:] for name in facts if name.startswith("0.refused")]
    equal("refused", sum_of(facts, refused) + 1, stats["0.refused"])  # and the sret
    equal("refused by reason", sum_of(facts, [name for name in names if name not in walks]), stats["0.refused"])
    equal("switches", sum_of(stats, ["done.jals", "done.jalrs"]), facts["0.switches"])
    text = machine.monitor("info cells-stats")
    per_walk = (facts["0.descriptors_read"] + facts["0.permission_bytes_read"]) / facts["0.walks"]
    equal("reads per walk", re.search(r"reads per walk +([\d.]+)", text)[1], "%.2f" % per_walk)
    equal("cause", set(re.findall(r"another has rights +\d+  cause (\d+)", text)), {"27"})

    saved = os.path.join(machine.folder, "saved")
    machine.monitor('migrate "exec:cat > %s"' % saved)
    assert "Migration status: completed" in machine.monitor("info migrate")
    with Machine("stats_guest", ["-incoming", "exec:cat " + saved], machine.folder) as target:
        while "running" not in target.monitor("info status"):
            pass
        equal("after a migration", shown(target.monitor("info cells-stats")), stats)
        target.monitor("stop")
        target.monitor("system_reset")
        after = shown(target.monitor("info cells-stats"))
        equal("after a reset", [name for name in after if after[name]], [])

# A.7.1.2: the one reason that a machine with compressed instructions does not know.
with Machine("stats_guest", ["-S", "-cpu", "rv64,h=off,c=off,seccells=on", "-smp", "1"]) as machine:
    debugger = Debugger(machine)
    equal("code written", debugger.ask("M%x,4:%s" % (RAM, JALRS.to_bytes(4, "little").hex())), "OK")
    for name, value in (("pc", RAM), ("satp", SATP_ON), ("a1", RAM + 2), ("a2", 1)):
        debugger.set_register(name, value)
    debugger.step()
    equal("cause", debugger.register("mcause"), 0)
    equal("tval", debugger.register("mtval"), RAM + 2)
    stats = shown(machine.monitor("info cells-stats"))
    equal("misaligned", (stats["0.target_misaligned"], stats["0.refused.jalrs"]), (1, 1))
    equal("no sums of one hart", [name for name in stats if name.startswith("all")], [])

with Machine("stats_guest", ["-S", "-cpu", "rv64,h=off", "-smp", "1"]) as machine:
    equal("without", machine.monitor("info cells-stats"), "CPU 0 has no SecureCells (seccells=on)")
