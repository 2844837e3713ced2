# SPDX-License-Identifier: Apache-2.0
"""Manifests that are wrong: the line says where in the file, and what."""

import images
from harness import NOT_EXECUTABLE, add

WHERE = r"/\.cella/manifest\.json, line {}, column \d+: "


def refused(name, text, line, pattern, status=NOT_EXECUTABLE):
    build = images.builder(text=text)
    add(name, lambda t: t.boot(t.image(build)).refused(status, WHERE.format(line) + pattern))


refused("a_manifest_that_is_no_JSON_is_refused", "Program = /bin/act\n", 1, r"\S")
refused("a_manifest_of_no_object_is_refused", '["/bin/act"]', 1, "it must be an object")
refused("a_manifest_that_ends_early_is_refused", '{\n "Args": ["act",\n', 3, r"\S")
refused("a_manifest_with_text_behind_it_is_refused", '{\n "Args": ["act"]\n}\n{}', 4, r"\S")
refused("an_empty_manifest_is_refused", b"\n", 2, r"\S")
refused("a_manifest_of_zeros_is_refused", bytes(4096), 1, r"\S")
refused("an_unknown_key_is_named_with_its_line", '{\n "Args": ["act"],\n "Argz": []\n}', 3,
        'unknown key "Argz"')
refused("a_key_given_twice_is_named", '{\n "Args": ["act"],\n "Args": ["act"]\n}', 3,
        '"Args" is given twice')
refused("a_manifest_without_a_program_is_refused", '{\n "Env": {}\n}', 1, '"Args"')
refused("Args_that_are_no_list_are_refused", '{\n "Args": "act"\n}', 2, '"Args"')
refused("Args_of_numbers_are_refused", '{\n "Args": ["act", 1]\n}', 2, '"Args"')
refused("Env_that_is_a_list_is_refused", '{\n "Args": ["act"],\n "Env": ["A=b"]\n}', 3, '"Env"')
refused("a_configuration_of_another_tool_is_refused_by_its_first_foreign_key",
        '{\n "Args": ["act"],\n "Files": ["a"],\n "RunConfig": {"Memory": "1g"},\n'
        ' "BaseVolumeSz": "1g",\n "Klibs": ["ntp"],\n "ManifestPassthrough": {}\n}',
        5, 'unknown key "BaseVolumeSz"')


def another(name, text, pattern, status=NOT_EXECUTABLE):
    build = images.builder(text=text)
    add(name, lambda t: t.boot(t.image(build)).refused(status, pattern))


another("a_Cwd_that_is_not_there_is_refused", images.manifest("exit", "0", Cwd="/nowhere"),
        r'"Cwd": /nowhere')
another("a_manifest_that_is_too_large_is_refused", b" " * (129 << 10),
        r"/\.cella/manifest\.json is too large")
