#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# globals.t - at most three mutable variables outlive a call in the whole product (style.md, rule 5)
# as: self
# fresh: no
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;

# Log sink, signal flag, readline's context
my $most = 3;

my @objects = grep { -e && !m{/tests/} } split /\n/, `find build/release -name '*.o' 2>/dev/null`;
if (!@objects) {
	print "1..0 # SKIP build/release holds no objects ('make' makes them)\n";
	exit;
}

# .data.rel.ro is constant once the program is loaded: tables with pointers live there
my %found;
for my $object (@objects) {
	my ($source) = $object =~ m{^build/release/\w+/(.*)\.o$};
	next unless defined $source && -e "$source.c";
	for (`objdump -t $object`) {
		next unless /\sO\s+(\S+)\s+[0-9a-f]+\s+(?:\.hidden\s+)?(\S+)$/;
		my ($section, $name) = ($1, $2);
		next if $section =~ /^\.data\.rel\.ro/ || $section !~ /^(\.data|\.bss|\.t(data|bss)|\*COM)/;
		$found{"$source.c: $name"} = 1;
	}
}
if (keys %found > $most) {
	complain($_) for sort keys %found;
}
verdict("at most $most mutable variables (there are " . keys(%found) . ')');
done_testing();
