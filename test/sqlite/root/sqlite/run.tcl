# SPDX-License-Identifier: Apache-2.0
#
# run.tcl - run files of SQLite's own tests in this process, one after the other.
#
#   testfixture /sqlite/run.tcl FILE...     FILE: select1, or below another folder ext/fts5/test/fts5aa
#
# Each file has an interpreter of its own, as SQLite's runner for many files does it. What needs a second
# process fails (`exec`, `open |`), or is left out where the tests themselves can do without (G(valgrind)).

set files $argv
# A terminal makes its own of the ends of lines.
fconfigure stdout -translation lf
set argv {}
set argv0 /sqlite/test/run.tcl
set testdir /sqlite/test
cd /tmp
source $testdir/tester.tcl
db close
set ::G(valgrind) 1

# What each file's interpreter is told before the file.
set no_processes {
    proc exec args { error "there is one process" }
    rename open open_file
    proc open {name args} {
        if {[string index $name 0] eq "|"} { error "there is one process" }
        uplevel 1 [list open_file $name {*}$args]
    }
}

proc place {file} {
    if {[string match */* $file]} { return /sqlite/$file.test }
    return $::testdir/$file.test
}

foreach file $files {
    puts "\n== $file"
    set ::argv0 [place $file]
    reset_prng_state
    set before [set_test_counter errors]
    set ran [set_test_counter count]
    set start [clock milliseconds]
    if {[catch { slave_test_script "$no_processes\nsource [place $file]" } why]} {
        puts "\nthe file ended: $why"
        catch { interp delete tinterp }
    }
    foreach left [glob -nocomplain *] { forcedelete $left }
    puts "\ntook [expr {[clock milliseconds] - $start}] ms"
    puts "ran [expr {[set_test_counter count] - $ran}], failed [expr {[set_test_counter errors] - $before}]"
}
exit 0
