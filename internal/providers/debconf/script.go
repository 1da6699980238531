package debconf

import (
	"encoding/hex"
	"strings"
)

// standinDescription is the description that debconf-set-selections writes for a question of a package that is not
// installed yet.
const standinDescription = "Dummy template"

// script is the program that makes changes, for perl(1) with debconf's own library. It does what
// debconf-set-selections does, and more: it removes an answer, a flag and an owner. It reads lines of fields in
// hexadecimal, "-" for none, and saves nothing unless it has read the last one, "end": the sender may be killed.
const script = `use strict;
use warnings;
use Debconf::Db;
use Debconf::Template;
use Debconf::Question;

my $standin = "Dummy template";
my $text = "This is a fake template used to pre-seed the debconf database. If you are seeing this, something is probably wrong.";

Debconf::Db->load;
my ($config, $templates) = ($Debconf::Db::config, $Debconf::Db::templates);

sub template_of {
	my $name = shift;
	my $own = Debconf::Question->get($name) ? $config->getfield($name, 'template') : undef;
	return defined $own && length $own ? $own : $name;
}

sub is_standin {
	my $template = shift;
	return 1 unless $templates->exists($template);
	return ($templates->getfield($template, 'description') // '') eq $standin;
}

sub drop {
	my ($name, @owners) = @_;
	my $q = Debconf::Question->get($name) or return;
	$q->removeowner($_) for @owners;
}

sub make {
	my ($package, $name, $type) = @_;
	my $template = template_of($name);
	my $known = $templates->exists($template) ? $templates->getfield($template, 'type') : undef;
	my @others;
	if (defined $known && $known ne $type) { # a password is kept in another file
		die "the question $name is of the type $known, and not $type\n" unless is_standin($template);
		@others = $config->owners($name) if $config->exists($name);
		drop($name, @others);
	}
	if (!$templates->exists($name) && !Debconf::Question->get($name)) {
		my $t = Debconf::Template->new($name, $package, $type) or die "cannot make the question $name\n";
		$t->description($standin);
		$t->extended_description($text);
	}
	if (!Debconf::Question->get($name)) {
		my $q = Debconf::Question->new($name, $package, $type) or die "cannot make the question $name\n";
		$q->template($name);
	}
	for my $owner ($package, @others) {
		$config->addowner($name, $owner, $type) // die "cannot write the question $name\n";
	}
}

my $whole = 0;
my @steps;
while (my $line = <STDIN>) {
	chomp $line;
	if ($line eq 'end') { $whole = 1; last }
	push @steps, [map { $_ eq '-' ? undef : pack 'H*', $_ } split / /, $line, -1];
}
exit 1 unless $whole;

for my $step (@steps) {
	my ($package, $name, $type, $state, $value) = @$step;
	my ($registered, $owned, $seen) = map { index($state, $_) >= 0 } qw(r o s);
	if (!$registered && Debconf::Question->get($name) && !is_standin(template_of($name))) {
		# A package has brought the question since then, and its scripts ask for it.
		($registered, $owned, $seen, $value) = (1, 1, 0, undef);
	}
	if (!$registered) {
		drop($name, $package);
		next;
	}
	make($package, $name, $type);
	if (defined $value) {
		$config->setfield($name, 'value', $value) // die "cannot write the answer to $name\n";
	} elsif (defined $config->getfield($name, 'value')) {
		$config->removefield($name, 'value') // die "cannot take the answer to $name back\n";
	}
	$config->setflag($name, 'seen', $seen ? 'true' : 'false');
	drop($name, $package) unless $owned;
}
Debconf::Db->save;
`

// step is the wanted state of a question.
type step struct {
	owner, question, typ string // bytes
	registered           bool
	owned, seen          bool
	value                *string // bytes; nil: no answer
}

// input returns the input of the script.
func input(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		state := ""
		for _, flag := range []struct {
			letter string
			set    bool
		}{{"r", s.registered}, {"o", s.owned}, {"s", s.seen}} {
			if flag.set {
				state += flag.letter
			}
		}
		for _, field := range []string{s.owner, s.question, s.typ, state} {
			b.WriteString(hex.EncodeToString([]byte(field)) + " ")
		}
		if s.value == nil {
			b.WriteString("-\n")
		} else {
			b.WriteString(hex.EncodeToString([]byte(*s.value)) + "\n")
		}
	}
	return b.String() + "end\n"
}
