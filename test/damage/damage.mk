# SPDX-License-Identifier: Apache-2.0
# The kernel is booted from damaged disks: run.py.

SUITE_damage      = damage=test/damage/run.py $(or $(DISKS),3)
SUITE_damage_long = damage=test/damage/run.py $(or $(DISKS),150) $(or $(SEED),2)
NEEDS_damage      = $(QEMU) $(KERNEL_ELFS) $(RUN_CONFS) $(TOOL) $(GUEST_OUT)/disk_walk.img

test-damage: $(NEEDS_damage) ## boots from damaged disks: no panic, no hang; DISKS=150 SEED=2
	@V=$(V) test/run.sh "$(SUITE_damage)"

.PHONY: test-damage
