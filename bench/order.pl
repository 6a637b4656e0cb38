#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# order.pl - writes sandbox/light/order.ld, which says what lies together in the light program
#
#	order.pl STEPPER NOOK MAP	the linker's map of NOOK; the script goes to stdout
#
# Root has each row as root and as uid 1234, others as themselves.
use strict;
use warnings;

my ($stepper, $nook, $map) = @ARGV;
my $same = 'bench/profiles/same-as-bwrap.yaml';
my $box = "$nook run --name order $same -- sleep 600 & for n in \$(seq 50); do sleep 0.1; " .
	"$nook exec order -- true 2>/dev/null && break; done";
my @rows = (
	"$stepper $nook run --set seccomp=default $same -- true",
	"$stepper $nook run $same -- true",
	"$stepper $nook run strict -- true",
	"$stepper $nook run dev -- true",
	"$stepper $nook run -m 64M --pids-limit 20 --set limits.enforce=best-effort $same -- true",
	"$box; $stepper $nook exec order -- true; code=\$?; kill \$!; wait; exit \$code",
);

# Sections of the program in the order of their addresses: [address, size, name, object]
my @sections;
open my $in, '<', $map or die "$map: $!";
while (<$in>) {
	# A long name has the rest in the line below
	$_ = "$1 " . <$in> if /^ (\.text\S*)$/;
	push @sections, [hex $2, hex $3, $1, $4] if /^ ?(\.text\S*) +0x(\w+) +0x(\w+) (\S.*)$/ && hex $3;
}
close $in;
@sections = sort { $a->[0] <=> $b->[0] } grep { $_->[0] } @sections;

sub section_at {
	my ($at) = @_;
	my ($low, $high) = (0, $#sections);
	while ($low < $high) {
		my $middle = int(($low + $high + 1) / 2);
		if ($sections[$middle][0] <= $at) { $low = $middle } else { $high = $middle - 1 }
	}
	my $found = $sections[$low];
	return $at >= $found->[0] && $at < $found->[0] + $found->[1] ? $found : undef;
}

# Objects of a library are named by both, ours by where they lie below build/VARIANT. Of a start file
# of the compiler the name is enough. What a compiler split off is said with any number behind it
sub pattern {
	my ($section) = @_;
	my ($name, $object) = @$section[2, 3];
	$object =~ s{^.*/([^/]+)\((.*)\)$}{*$1:$2} or $object =~ s{^.*?(/light/|[^/]+$)}{*$1};
	$name =~ s/\.\d+$/.*/;
	return ($object, $name);
}

# What only the keeper passes through (1), what its children do too (3), what only they do (2): a page that
# both need is mapped twice, and one that only one needs once
my (%passes, @order);
for my $row (@rows) {
	my @runs;
	for my $who ($> ? 'user' : qw(root user)) {
		open my $run, '-|', 'tests/as.sh', $who, 'sh', '-c', $row or die "tests/as.sh: $!";
		push @runs, [$who, $run];
	}
	for (@runs) {
		my ($who, $run) = @$_;
		my $side = 1;
		while (<$run>) {
			$side = 2 if /^$/;
			my $section = /^([0-9a-f]+)$/ && section_at(hex $1) or next;
			push @order, $section unless $passes{$section};
			$passes{$section} |= $side;
		}
		close $run or die "as $who: $row: exit status " . ($? >> 8) . "\n";
	}
}

print <DATA>;
for my $side (1, 3, 2) {
	print "\t/* ", (undef, 'the keeper', 'its children', 'both')[$side], " */\n";
	for my $section (grep { $passes{$_} == $side } @order) {
		my ($object, $name) = pattern($section);
		print "\t$object($name)\n";
	}
}
print "} } INSERT BEFORE .text;\n";
__DATA__
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* order.ld - what a run passes through, which the linker puts together: made by `make order`
 *
 * The code of the light program is a megabyte, of which a run needs a little in nearly each 64 KiB, and
 * the kernel maps the pages of a file by as many at a time. With what is needed in one place there are
 * 13 page faults of 151 less: 4 % of a run where the program was read from a disk (docs/speed.md).
 *
 * Nothing depends on this list: what it lacks is linked where it would be without, and what there is no
 * more is passed over. When it has gone stale tests/lint/order.t says so.
 */
SECTIONS { .text.run : {
