#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# size.t - no long functions, long files, long parameter lists, deep nesting (docs/style.md, rule 9)
# as: self
# fresh: no
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;

my ($function_lines, $file_lines, $parameters, $nesting) = (90, 700, 5, 3);
my @sources = files(qr{^(sandbox|netns|bench|man|tests)/.*\.[ch]$});
my (@long, @wide, @deep);

# A function starts where a line outside all braces has a name and a parenthesis, and its body
# is from the `{` at the start of a line to the `}` at the start of a line
for my $file (@sources) {
	my @lines = split /\n/, code($file), -1;
	complain("$file has " . $#lines . " lines") if $#lines > $file_lines;
	my ($head, $start) = ('', 0);
	for my $i (0 .. $#lines) {
		my $line = $lines[$i];
		if ($line =~ /^\{/ && $head =~ /(\w+)\s*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\s*$/) {
			my ($name, $list) = ($1, $2);
			my $end = $i;
			$end++ while $end < $#lines && $lines[$end] !~ /^\}/;
			my $length = $end - $start + 1;
			push @long, "$file: $name() has $length lines" if $length > $function_lines;
			1 while $list =~ s/\([^()]*\)//g;
			$list =~ s/,\s*\.\.\.\s*$//;
			my $count = 1 + ($list =~ tr/,//);
			push @wide, "$file: $name() has $count parameters" if $count > $parameters;
			# One tab is the body of the function; an `if` there is the first level
			for my $j ($i .. $end) {
				next unless $lines[$j] =~ /^(\t+)(?:\} else )?(?:if|for|while|switch|do)\b/;
				push @deep, "$file:" . ($j + 1) . ": in $name()" if length $1 > $nesting;
			}
		}
		if ($line =~ /^\S/ && $line !~ /^[#{}]/) {
			($head, $start) = ($line, $i) unless $head =~ /\(\s*[^)]*$|^\w[\w *]*$/;
			$head .= " $line" if $start != $i;
		} elsif ($line =~ /^\s+\S/ && $head ne '') {
			$head .= " $line" unless $head =~ /\)\s*$/;
		}
		$head = '' if $line =~ /^[{}]|;\s*$|^\s*$/;
	}
}
verdict("no file has more than $file_lines lines");
complain($_) for @long;
verdict("no function has more than $function_lines lines");
complain($_) for @wide;
verdict("no function has more than $parameters parameters");
complain($_) for @deep;
verdict("no block is nested more than $nesting deep");
done_testing();
