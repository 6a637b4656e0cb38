#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# text.t - every file says its licence and its role, and is typed the same way
# as: self
# fresh: no
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;

my $c = qr{\.[ch]$};
my $script = qr{(\.(sh|bash|bats|t|pm|mk)|^Makefile|^\.ci/run|/init)$};
# Made-up hosts hold files that stand for somebody else's
my @c = grep { !m{^tests/plan/hosts/} } files($c);
my @scripts = grep { !m{^(completions|man)/} } files($script);

for my $file (@c, @scripts) {
	my @head = split /\n/, slurp($file), 4;
	shift @head if $head[0] =~ /^#!/;
	complain("$file: no 'SPDX-License-Identifier: GPL-3.0-or-later' first")
		if ($head[0] // '') !~ /SPDX-License-Identifier: GPL-3\.0-or-later/;
	# "name.c - what it is for", or for a Makefile whatever it says first
	my $name = quotemeta($file =~ s{.*/}{}r);
	complain("$file: the second line does not say its role ('name - role')")
		if $file ne 'Makefile' && ($head[1] // '') !~ /\b$name\b.* - \S/;
}
verdict('every file starts with its licence and its role');

for my $file (@c, @scripts, files(qr{\.(def|md|yaml|yml)$})) {
	my $n = 0;
	my $text = slurp($file);
	complain("$file: no newline at the end") if length $text && $text !~ /\n\z/;
	complain("$file: blank lines at the end") if $text =~ /\n\n\z/;
	for (split /\n/, $text) {
		$n++;
		complain("$file:$n: blanks at the end of the line") if /[ \t\r]$/;
		complain("$file:$n: a blank before a tab") if / \t/ && $file =~ $c;
	}
}
verdict('no blanks at the end of lines');

for my $file (@c) {
	my $n = 0;
	for (split /\n/, slurp($file)) {
		$n++;
		complain("$file:$n: indented with blanks") if /^ {8}/ || (/^ +[^ *]/ && !/^ [a-z_]+:$/);
	}
}
verdict('C is indented with tabs');

sub columns {
	my ($most, @files) = @_;
	for my $file (@files) {
		my $n = 0;
		for my $line (split /\n/, slurp($file)) {
			$n++;
			utf8::decode($line);
			1 while $line =~ s/\t/' ' x (8 - $-[0] % 8)/e;
			complain("$file:$n: " . length($line) . " columns") if length $line > $most;
		}
	}
	verdict("no line has more than $most columns in " . ($most == 90 ? 'C' : 'scripts'));
}
columns(90, @c);
# In .bats files exact messages of nook stand on one line each, however long they are
columns(110, grep { $_ ne 'Makefile' && !/\.bats$/ } @scripts);

# Prose of a lab is wrapped; what is none is printed as it stands, two columns in
for my $file (files(qr{^labs/L.*\.yaml$})) {
	my ($n, $key) = (0, '');
	for (split /\n/, slurp($file)) {
		$n++;
		$key = $1 if /^(\w+):/;
		complain("$file:$n: " . length($_) . ' columns')
			if $key =~ /^(statement|why)$/ && /^  [ *-]/ && length > 80;
	}
}
verdict('what labs draw has no more than 80 columns');

for my $file (@c) {
	my $n = 0;
	for (split /\n/, slurp($file)) {
		$n++;
		complain("$file:$n: $1") if /\b(TODO|FIXME|XXX|HACK)\b/;
	}
}
verdict('nothing is left for later in comments');
done_testing();
