#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# edges.t - who may include whom: dependencies point one way (docs/architecture.md)
# as: self
# fresh: no
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;

# Each part with the parts it may include, besides itself. plan is sandbox/plan*.[ch]; full and
# light hold two forms of the same functions, which layers call; gen runs at build time only, and
# its lists (*.def) are data that a layer shares with it
my %may = (
	base => [],
	profile => ['base'],
	host => ['base'],
	plan => ['base'],
	netns => ['base'],
	gen => [qw(base layer)],
	cgroup => [qw(base host plan)],
	changes => ['base'],
	archive => [qw(base changes)],
	layer => [qw(base profile host plan netns cgroup changes)],
	full => [qw(base profile host plan netns cgroup layer)],
	light => [qw(base profile host plan netns cgroup layer)],
	box => [qw(base profile host plan netns cgroup layer changes archive)],
	cmd => [qw(base profile host plan netns cgroup layer changes box)],
	console => [qw(base profile host plan netns cgroup layer changes box cmd lab)],
	job => [qw(base profile host plan netns cgroup layer changes box cmd)],
	lab => [qw(base profile host plan netns cgroup layer changes box cmd)],
	quiz => [qw(base profile host netns cmd lab)],
	main => [qw(base profile host plan netns cgroup layer changes box cmd console job lab quiz)],
);

# Headers of foreign libraries and the only places that include them
my @foreign = (
	[qr{^yaml\.h$}, qr{^sandbox/profile/}],
	[qr{^seccomp}, qr{^sandbox/(gen/|layer/seccomp)}],
	[qr{^sys/capability\.h$}, qr{^sandbox/gen/}],
	[qr{^lib(mount|smartcols)/}, qr{^sandbox/full/}],
	[qr{^readline/}, qr{^sandbox/console/}],
	[qr{^(netlink|libnl)}, qr{^netns/}],
);

sub part {
	my ($path) = @_;
	return 'netns' if $path =~ m{^netns/};
	$path =~ s{^sandbox/}{};
	return $1 if $path =~ m{^(\w+)/};
	return $path =~ m{^(plan|main)\w*\.\w+$} ? $1 : undef;
}

my @sources = files(qr{^(sandbox|netns)/.*\.[ch]$});
my %headers = map { $_ => 1 } @sources, files(qr{\.def$});

for my $file (@sources) {
	my $from = part($file);
	if (!defined $from || !$may{$from}) {
		complain("$file belongs to no part that this test knows");
		next;
	}
	for (slurp($file) =~ /^[ \t]*#[ \t]*include[ \t]*([<"][^>"]+)[>"]/mg) {
		my $name = substr $_, 1;
		next unless /^"/;
		my $to = -e $file =~ s{[^/]*$}{$name}r && $name !~ m{/} ? $from : part($name);
		next if defined $to && ($to eq $from || grep { $_ eq $to } @{$may{$from}});
		next if $name =~ /^(seccomp_tables|completion_text)\.h$/;
		next if $from eq 'layer' && $name =~ m{^gen/\w+\.def$};
		complain("$file includes \"$name\": $from may include only @{$may{$from}}");
	}
}
verdict('every include follows an edge of the list');

for my $file (@sources) {
	for my $name (slurp($file) =~ /^[ \t]*#[ \t]*include[ \t]*<([^>]+)>/mg) {
		for my $rule (@foreign) {
			next unless $name =~ $rule->[0];
			complain("$file includes <$name>") unless $file =~ $rule->[1];
		}
	}
}
verdict('every foreign library is included in one place');

for my $file (grep { m{^sandbox/box/} } @sources) {
	for my $name (slurp($file) =~ m{include "(layer/[^"]+)"}g) {
		complain("$file includes $name")
			if $name !~ m{^layer/(layer|change)\.h$}; # all of them, not one
	}
}
verdict('box/ names no layer');

# name(...) is a call or a definition; a table that lists names as text is neither
sub calls {
	my ($what, $match, $calls) = @_;
	for my $file (grep { $_ =~ $match } @sources) {
		my $code = code($file);
		while ($code =~ /(?<![\w.>])($calls)\s*\(/g) {
			complain("$file:" . line_at($code, $-[1]) . ": $1()");
		}
	}
	verdict($what);
}

calls('layer/ never forks', qr{^sandbox/layer/}, 'fork|vfork|clone|sys_clone3|posix_spawnp?');
calls('cmd/ changes no namespace', qr{^sandbox/cmd/},
	'unshare|setns|mount|umount2?|chroot|pivot_root|clone|sys_(?:clone3|pivot_root|move_mount|'
	. 'open_tree|mount_setattr|fsopen|fsmount)');
calls('below cmd/ nothing prints and nothing exits',
	qr{^(netns|sandbox/(base|profile|host|layer|box|full|light))/|^sandbox/plan},
	'v?printf|puts|putchar|perror|exit|errx?|warnx?');
calls('no call that copies without a bound, parses without an error or starts a shell',
	qr{.}, 'strcpy|strcat|v?sprintf|gets|strtok|atoi|atoll?|atof|system|popen|tmpnam|mktemp|alloca');
done_testing();
