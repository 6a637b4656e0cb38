#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# practice.t - docs/practice.md maps the labs and questions that there are, and names no others
# as: self
# fresh: no
#
# UPDATE=1 writes its tables anew, from labs/L*.yaml and labs/quiz.yaml: read what changes.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;

my $page = 'docs/practice.md';
my (%title, @objectives, %questions, %labs, @rows);

# Objectives of quiz.yaml, `  K1: {title: ..., weight: 5}`, and of each question
my $quiz = slurp('labs/quiz.yaml');
while ($quiz =~ /^  (\S+): \{title: "?(.*?)"?, weight: \d+\}$/mg) {
	push @objectives, $1;
	$title{$1} = $2;
}
my $count = 0;
while ($quiz =~ /^  - id: (\S+)\n    objectives: \[(.*)\]$/mg) {
	push @{$questions{$_}}, $1 for split /, */, $2;
	$count++;
}
my $ids = () = $quiz =~ /^  - id:/mg;
complain("labs/quiz.yaml: $ids questions, of which $count have their objectives in the next line")
	if $ids != $count || !$count;

sub value {
	my ($file, $key) = @_;
	my ($value) = slurp($file) =~ /^$key: *"?(.*?)"?$/m;
	complain("$file has no '$key'") unless defined $value;
	return $value // '';
}
for my $file (sort(files(qr{^labs/L\d+[^/]*\.yaml$}))) {
	my ($id, @about) = (value($file, 'id'), value($file, 'objectives') =~ /[^\s,\[\]]+/g);
	for (@about) {
		complain("$file: labs/quiz.yaml has no objective '$_'") unless $title{$_};
		push @{$labs{$_}}, $id;
	}
	push @rows, [$id, value($file, 'title'), value($file, 'chapter'), value($file, 'minutes'), "@about"];
}
verdict('labs and questions are about objectives that there are');

sub table {
	my ($head, @lines) = @_;
	return join '', map { '| ' . join(' | ', @$_) . " |\n" } $head, [map { '---' } @$head], @lines;
}
my %want = (
	labs => table([qw(lab title chapter minutes objectives)], @rows),
	objectives => table([qw(objective about labs questions)],
		map { [$_, $title{$_}, join(', ', @{$labs{$_} // []}), join(', ', @{$questions{$_} // []})] }
			@objectives),
);
my $text = slurp($page);
for my $name (sort keys %want) {
	my $marked = "<!-- $name: made by UPDATE=1 tests/lint/practice.t -->\n\n";
	if ($text !~ /\Q$marked\E((?:\|.*\n)*)/) {
		complain("$page has no table '$name'");
	} elsif ($ENV{UPDATE}) {
		$text =~ s/\Q$marked\E(?:\|.*\n)*/$marked$want{$name}/;
	} elsif ($1 ne $want{$name}) {
		complain("$page: the table '$name' is not that of labs/ (UPDATE=1 $0 writes it)");
	}
}
if ($ENV{UPDATE}) {
	open my $out, '>', $page or die "$page: $!";
	print $out $text;
	close $out or die "$page: $!";
}
verdict('its tables are those of labs/');

# Each is the `diagnosis` of a way in its file, or has a test of its own
my $own = slurp('tests/labs/labs.bats');
for my $file (sort(files(qr{^labs/L\d+[^/]*\.yaml$}))) {
	my $lab = slurp($file);
	my ($lines) = $lab =~ /^diagnose:\n((?: .*\n)+)/m;
	for ($lines =~ /^  - id: (\S+)$/mg) {
		complain("$file: no wrong way gets the diagnosis $_")
			unless $lab =~ /^    diagnosis: \Q$_\E$|^  - \{.*diagnosis: \Q$_\E\}$/m ||
				$own =~ /^\@test "\Q@{[value($file, 'id')]}\E tells of \Q$_\E\b/m;
	}
}
verdict('every diagnosis has a way that gets it');

my %is = map { $_->[0] => 1 } @rows;
for my $file ($page, 'README.md') {
	for (slurp($file) =~ /\b(L\d\d)\b/g) {
		complain("$file names $_, and there is no such lab") unless $is{$_};
	}
}
verdict('every lab that is named exists');
done_testing();
