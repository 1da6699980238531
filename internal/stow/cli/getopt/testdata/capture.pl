# Prints what Getopt::Long makes of command lines, one JSON object a line:
#   perl testdata/capture.pl >testdata/captured.jsonl
# The options are those of stow; a second set is that of chkstow.
use strict; use warnings; no warnings 'numeric';
use Getopt::Long qw(GetOptionsFromArray :config no_ignore_case bundling permute);
use JSON::PP;
my $json = JSON::PP->new->canonical;
srand(7);
my @atoms = qw(- -- -v -vv -v2 -v-1 -v+2 -v_2 -v1_0 -vn2 -nv -nvx -Zn -d -dx -d=x -nd -t -tDv -S -D -R -Dn -V -h -p
  --v --v=2 --v=x --v= --verbose --verbose=3 --verbose=x --verbo --ver --vers --n --no --no-f --no-folding --no-folding=1
  --d --d=x --di y --dir --dir= --dir=a=b --de --del --def=x --defer --o x --s --si --st --S --D --res --r --R --t --ta=x
  --ignore=a --ig --adopt --adopt=x --ad --dot --do --foo --foo=bar --=x --V --h --he +v +foo +target + +d=x +n 2 -1 +3 x p 0);
push @atoms, '';
for my $set ('stow', 'chkstow') {
  my @lines = map { [$_] } @atoms;
  @lines = () if $set eq 'chkstow';
  push @lines, map { [$_] } qw(-b -ab --bad --b -A --a -T -tx -t=x --target=x --TAR=y -target z +a --badlinks=1 -- -l x foo --nonsense -Z) if $set eq 'chkstow';
  push @lines, map { [map { $atoms[int rand @atoms] } 0 .. int rand 4] } 1 .. ($set eq 'stow' ? 400 : 60);
  for my $line (@lines) {
    my (@got, @warn);
    local $SIG{__WARN__} = sub { my $w = $_[0]; chomp $w; push @warn, $w unless $w =~ /isn't numeric/ };
    my @args = @$line;
    my $up = sub { my ($n, $v) = @_; push @got, "$n" . (defined $v ? "=$v" : '') };
    my %level;
    my $ok;
    if ($set eq 'stow') {
      Getopt::Long::Configure('default', 'no_ignore_case', 'bundling', 'permute');
      tie my $verbose, 'Tally', sub { push @got, "verbose $_[0]" };
      $ok = GetOptionsFromArray(\@args,
        'verbose|v:+' => \$verbose, (map { ($_ => sub { push @got, "$_[0]" }) } 'help|h', 'simulate|n|no', 'version|V',
        'compat|p', 'adopt', 'no-folding', 'dotfiles', 'D|delete', 'S|stow', 'R|restow'),
        (map { ($_ => sub { push @got, "$_[0]=$_[1]" }) } 'dir|d=s', 'target|t=s', 'ignore=s', 'override=s', 'defer=s'),
        '<>' => sub { push @got, "<$_[0]>" });
    } else {
      Getopt::Long::Configure('default');
      $ok = GetOptionsFromArray(\@args, (map { ($_ => sub { push @got, "$_[0]" }) } 'b|badlinks', 'a|aliens', 'l|list'),
        't|target=s' => sub { push @got, "$_[0]=$_[1]" }, '<>' => sub { push @got, "<$_[0]>" });
    }
    print $json->encode({set => $set, line => $line, got => \@got, warn => \@warn, rest => \@args, ok => $ok ? \1 : \0}), "\n";
  }
}
package Tally; # hears of each value that a counting option is set to
sub TIESCALAR { bless {say => $_[1], n => undef}, $_[0] }
sub FETCH { $_[0]{n} }
sub STORE { $_[0]{n} = 0 + $_[1]; $_[0]{say}->($_[0]{n}) }
