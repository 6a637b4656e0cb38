# SPDX-License-Identifier: GPL-3.0-or-later
# Lint.pm - what the checks of this directory share: the files, their code without comments, TAP
package Lint;
use strict;
use warnings;
use Exporter 'import';
use FindBin;

our @EXPORT = qw(files slurp code complain verdict done_testing line_at);

my ($count, $failed, @complaints) = (0, 0);
chdir "$FindBin::Bin/../.." or die "lint: cannot enter the tree: $!";

# Files of the tree whose path matches: what git knows or would add, else (a tarball) what is
# there besides the build
sub files {
	my ($match) = @_;
	my @all = -e '.git' ? split /\0/, `git -c safe.directory='*' ls-files -zco --exclude-standard`
		: map { s{^\./}{}r } split /\0/, `find . -path ./build -prune -o -type f -print0`;
	return sort grep { -f && !-l && /$match/ } @all;
}

sub slurp {
	my ($path) = @_;
	open my $in, '<', $path or die "lint: $path: $!";
	local $/;
	return scalar <$in>;
}

# C with comments blanked and strings emptied; every line stays where it was
sub code {
	my ($path) = @_;
	my $text = slurp($path);
	my $blank = sub { my $t = shift; $t =~ s/[^\n]/ /g; $t };
	$text =~ s{(/\*.*?\*/|//[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}
		{defined $1 ? $blank->($1) : substr($2, 0, 1) x 2}gse;
	return $text;
}

# Number of the line in which offset $at of $text lies
sub line_at {
	my ($text, $at) = @_;
	return 1 + (substr($text, 0, $at) =~ tr/\n//);
}

# One thing that is wrong; verdict() prints them below its test
sub complain { push @complaints, "@_" }

# One line of TAP: good when nothing was complained about since the last one
sub verdict {
	my ($what) = @_;
	$count++;
	$failed += @complaints > 0;
	print @complaints ? 'not ' : '', "ok $count - $what\n";
	print "# $_\n" for @complaints;
	@complaints = ();
}

sub done_testing {
	print "1..$count\n";
	exit($failed ? 1 : 0);
}

1;
