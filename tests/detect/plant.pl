#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# plant.pl DIR FILE... - make each machine of tests/detect/fixtures a tree of files, DIR/NAME;
# directories are passed over
#
#	# what it is
#	<parts/host			the lines of that file, too
#	/proc/1/comm systemd		a file with a line; \NNN is the byte with that octal number
#		one more line of it	(behind a tab)
#	/run/WSL/			a directory
#	/.dockerenv			an empty file
#	/proc/self/ns/pid -> pid:[1]	a link
use strict;
use warnings;
use File::Basename qw(basename dirname);
use File::Path qw(make_path);

sub plant {
	my ($from, $to) = @_;
	my $last;
	open my $in, '<', $from or die "plant: $from: $!\n";
	while (my $line = <$in>) {
		chomp $line;
		next if $line =~ /^#/;
		if ($line =~ /^<(.*)/) {
			plant(dirname($from) . "/$1", $to);
		} elsif ($line =~ s/^\t//) {
			put($last, '>>', $line);
		} elsif ($line =~ m{^(/.*)/$}) {
			make_path("$to$1");
		} elsif ($line =~ m{^(/\S+) -> (\S+)$}) {
			my ($link, $target) = ("$to$1", $2);
			make_path(dirname($link));
			symlink $target, $link or die "plant: $link: $!\n";
		} elsif ($line =~ m{^(/\S+)(?: (.*))?$}) {
			my $text = $2;
			$last = "$to$1";
			make_path(dirname($last));
			put($last, '>', $text);
		} else {
			die "plant: $from:$.: what is '$line'?\n";
		}
	}
}

sub put {
	my ($path, $how, $text) = @_;
	open my $out, $how, $path or die "plant: $path: $!\n";
	print $out $text =~ s/\\([0-7]{3})/chr oct $1/ger, "\n" if defined $text;
	close $out or die "plant: $path: $!\n";
}

my $dir = shift or die "plant: no directory\n";
for my $file (grep { -f } @ARGV) {
	plant($file, "$dir/" . basename($file));
}
