# SPDX-License-Identifier: Apache-2.0
"""Manifests that are wrong: the line says where in the file, and what."""

import images
from harness import NOT_EXECUTABLE, NOT_FOUND, add, test

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


# --- the boot argument manifest= ---

OTHER = "/.cella/other.json"


def two_manifests(name, argument, judge):
    """An image with two manifests: the usual one's program ends with 3, the other's with 4."""
    build = images.builder(
        {"/bin/act": images.act(), OTHER: images.manifest("exit", "4").encode(),
         "/.cella/broken.json": b'{\n "Args": [] }', "/.cella/large.json": b" " * (129 << 10)},
        images.manifest("exit", "3"))
    add(name, lambda t: judge(t.boot(t.image(build), arguments=argument)))


def chosen(name, argument, status):
    two_manifests(name, argument, lambda run: run.ran("act exit\n", status))


def not_chosen(name, argument, pattern, status):
    two_manifests(name, argument, lambda run: run.refused(status, pattern))


chosen("without_an_argument_the_usual_manifest_runs", None, 3)
chosen("the_boot_argument_manifest_chooses_another", f"manifest={OTHER}", 4)
chosen("the_last_argument_manifest_counts", f"manifest=/none manifest={OTHER}", 4)
not_chosen("a_chosen_manifest_that_is_missing_is_named", "manifest=/.cella/none.json",
           r"no /\.cella/none\.json.*manifest=", NOT_FOUND)
not_chosen("a_chosen_manifest_below_a_file_is_missing", "manifest=/bin/act/x",
           r"no /bin/act/x.*manifest=", NOT_FOUND)
not_chosen("a_relative_path_of_a_manifest_is_refused", f"manifest={OTHER[1:]}",
           r"\.cella/other\.json is no absolute path", NOT_EXECUTABLE)
not_chosen("a_folder_is_no_manifest", "manifest=/.cella", r"^/\.cella cannot be read",
           NOT_EXECUTABLE)
not_chosen("a_path_of_a_manifest_that_is_too_long_is_refused", f"manifest=/{'x' * 300}",
           r"^/xxxx", NOT_EXECUTABLE)
not_chosen("what_is_wrong_in_a_chosen_manifest_is_told_with_its_path",
           "manifest=/.cella/broken.json", r'^/\.cella/broken\.json, line 1, column 1: "Args"',
           NOT_EXECUTABLE)
not_chosen("a_chosen_manifest_that_is_too_large_is_refused", "manifest=/.cella/large.json",
           r"^/\.cella/large\.json is too large", NOT_EXECUTABLE)
two_manifests("an_argument_manifest_without_a_path_is_unknown", "manifest=",
              lambda run: run.ran("act exit\n", 3, warnings=('boot argument "manifest=" is unknown',)))


@test
def a_chosen_manifest_sets_the_memory(t):
    build = images.builder(
        {"/bin/act": images.act(),
         OTHER: images.manifest("touch", "200", RunConfig={"Memory": "256m"}).encode()},
        images.manifest("exit", "3", RunConfig={"Memory": "32m"}))
    t.boot(t.image(build), arguments=f"manifest={OTHER}").ran("act touch\ntouched 200 MiB\n")
