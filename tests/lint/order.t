#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# order.t - sandbox/light/order.ld is about functions that there are, and the linker keeps them together
# as: self
# fresh: no
#
# `make order` writes the list anew where this says that it has gone stale.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;

my ($program, $script) = qw(build/release/nook sandbox/light/order.ld);
if (!-e $program) {
	print "1..0 # SKIP $program is not built\n";
	exit;
}

my %section;
for (`readelf -SW $program`) {
	$section{$1} = [hex $2, hex $3] if /\] (\.text\S*) +PROGBITS +(\w+) \w+ (\w+)/;
}
my ($start, $size) = @{$section{'.text.run'} // [0, 0]};
complain("$program has no code in a section .text.run") if !$size;
verdict('what runs pass through is a section of its own');
my $rest = ($section{'.text'} // [0, 0])->[1];
complain("$size bytes are in it, and $rest are not") if 2 * $size > $rest;
verdict('it is less than a third of the code');

my %inside;
for (`nm $program`) {
	my ($at, $name) = /^(\w+) [tTwW] (\S+)$/ or next;
	$inside{$name =~ s/\.\d+$//r} ||= hex $at >= $start && hex $at < $start + $size;
}
my @begin = qw(main cmd_main args_parse run_run profile_load layers_plan box_run inside_main init_main
	exec_run);
$inside{$_} or complain("$_() is not in it") for @begin;
verdict('it has what each run passes through');

# Ours alone: which functions a C library has is its own business
my @listed = slurp($script) =~ m{^\t\*/light/\S+\(\.text\.(?:startup\.)?(\S+?)(?:\.\*)?\)$}mg;
my @gone = grep { !$inside{$_} } @listed;
complain("of " . @listed . " functions it lacks: @gone") if @listed < 100 || 10 * @gone > @listed;
verdict("nine in ten of the functions in $script are in it");

my $object = qr{\*(?:/light/[\w/]+\.o|[\w.-]+\.a:[\w.-]+|[\w.-]+\.o)};
/^\t(?:$object\(\.text[\w.]*(?:\.\*)?\)|\/\* .* \*\/)$/ or complain("$script: '$_'")
	for slurp($script) =~ /^(\t.*)$/mg;
verdict('each line of it is one function, of one object');
done_testing();
