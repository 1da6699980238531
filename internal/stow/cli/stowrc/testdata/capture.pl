# Prints what Text::ParseWords makes of lines, one JSON object a line:
#   perl testdata/capture.pl >testdata/captured.jsonl
use strict; use warnings; no warnings 'uninitialized';
use Text::ParseWords qw(shellwords);
use JSON::PP;
my $json = JSON::PP->new->canonical;
srand(3);
my @atoms = ('a', '--dir=', "'", '"', '\\', ' ', "\t", "\r", "\f", '#', '$X', '~', 'b c', "''", '""', '\\"', "\\'", '\\ ', '\\\\');
for my $n (1 .. 600) {
  my $line = join '', map { $atoms[int rand @atoms] } 0 .. int rand 8;
  my @words = shellwords($line);
  print $json->encode({line => $line, words => \@words}), "\n";
}
