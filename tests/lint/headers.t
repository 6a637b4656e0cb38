#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# headers.t - headers stand alone, are guarded, and say what every function in them does
# as: self
# fresh: no
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;

my @headers = files(qr{^(sandbox|netns)/.*\.h$});

for my $file (@headers) {
	my $guard = uc($file =~ s{^sandbox/}{}r =~ s{[/.]}{_}gr);
	complain("$file: no '#ifndef NOOK_$guard'") if slurp($file) !~ /^#ifndef NOOK_$guard$/m;
}
verdict('every header is guarded by its path');

# A comment stands above a function, or above a group of functions without a blank line between
# them that it speaks for
for my $file (@headers) {
	my ($documented, $in_comment, $statement, $n) = (0, 0, '', 0);
	for (split /\n/, slurp($file)) {
		$n++;
		if ($in_comment || m{^/\*}) {
			$documented = 1 unless m{^/\* ---};
			$in_comment = !m{\*/};
			next;
		}
		if (/^\s*$/) {
			$documented = 0;
			next;
		}
		next if /^#|^[{}\s]/ && $statement eq '';
		$statement .= " $_";
		next unless /[;{]\s*$|^\{/;
		if ($statement =~ /^\s*(?!struct \w+ \{|enum|typedef|static)[\w ]+[ *](\w+)\s*\(.*\)[^{]*;/
			&& !$documented) {
			complain("$file:$n: $1() has no doc block");
		}
		$statement = '';
	}
}
verdict('every function in a header has a doc block');
done_testing();
