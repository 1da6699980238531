package perlre

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// oracle compiles each pattern and matches it against its subjects. It prints E for a pattern that Perl refuses, and "!"
// for a match that makes it panic.
const oracle = `
no warnings; use re ();
binmode STDIN; binmode STDOUT;
while (my $line = <STDIN>) {
	chomp $line;
	my ($p, @s) = map { pack 'H*', $_ } split /,/, $line, -1;
	my $re = eval { qr/$p/ };
	print defined $re ? join('', map { my $s = $_; eval { $s =~ $re ? 1 : 0 } // '!' } @s) : 'E', "\n";
}
`

type perlCase struct {
	pattern  string
	subjects []string
}

// askPerl returns, for each case, one digit for each subject, or E.
func askPerl(t *testing.T, cases []perlCase) []string {
	t.Helper()
	perl, err := exec.LookPath("perl")
	if err != nil {
		testhost.Cannot(t, "there is no perl on this machine to compare with")
	}
	var in bytes.Buffer
	for _, c := range cases {
		in.WriteString(hex.EncodeToString([]byte(c.pattern)))
		for _, s := range c.subjects {
			in.WriteString("," + hex.EncodeToString([]byte(s)))
		}
		in.WriteByte('\n')
	}
	cmd := exec.CommandContext(t.Context(), perl, "-e", oracle)
	cmd.Env = []string{"PERL_UNICODE=0", "LC_ALL=C"}
	var stderr strings.Builder
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cannot run perl after %d answers: %v: %s", bytes.Count(out, []byte("\n")), err, stderr.String())
	}
	answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(answers) != len(cases) {
		t.Fatalf("perl answered %d of %d patterns", len(answers), len(cases))
	}
	return answers
}

// ours returns the same for this package; U means unsupported.
func ours(t *testing.T, c perlCase) string {
	re, err := Compile(c.pattern)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(c.pattern) {
			t.Errorf("%q: %v has no place", c.pattern, err)
		}
		if strings.Contains(err.Error(), "not supported") || strings.Contains(err.Error(), "is no byte") {
			return "U"
		}
		return "E"
	}
	var b strings.Builder
	for _, s := range c.subjects {
		switch ok, err := re.Try(s); {
		case err != nil:
			b.WriteByte('B')
		case ok:
			b.WriteByte('1')
		default:
			b.WriteByte('0')
		}
	}
	return b.String()
}

// bothWays checks that the matcher and RE2 agree where both apply.
func bothWays(t *testing.T, c perlCase) {
	re, err := Compile(c.pattern)
	if err != nil || re.linear == nil {
		return
	}
	root, groups, err := parse(c.pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.subjects {
		fast, _ := re.Try(s)
		slow, err := search(root, groups, s)
		if err == nil && fast != slow {
			t.Errorf("%q on %q: RE2 says %v, the matcher %v", c.pattern, s, fast, slow)
		}
	}
}

func compare(t *testing.T, cases []perlCase) (refused, unsupported int) {
	t.Helper()
	failed := 0
	for i, want := range askPerl(t, cases) {
		c := cases[i]
		got := ours(t, c)
		bothWays(t, c)
		switch {
		case got == "U":
			unsupported++
		case got == want:
			if got == "E" {
				refused++
			}
		case equalWhereKnown(got, want):
		default:
			_, err := Compile(c.pattern)
			t.Errorf("%q on %q\nperl %s\nours %s %v", c.pattern, c.subjects, want, got, err)
			if failed++; failed > 20 {
				t.FailNow()
			}
		}
	}
	return refused, unsupported
}

func equalWhereKnown(got, want string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range len(got) {
		if got[i] != 'B' && want[i] != '!' && got[i] != want[i] {
			return false
		}
	}
	return true
}

// TestPerlRandom compares random patterns with the installed perl.
func TestPerlRandom(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := &generator{Rand: rand.New(rand.NewPCG(seed, 0))}
			cases := make([]perlCase, randomCases)
			for i := range cases {
				cases[i] = g.perlCase()
			}
			refused, unsupported := compare(t, cases)
			t.Logf("%d patterns, %d refused by both, %d unsupported", len(cases), refused, unsupported)
		})
	}
}

const randomCases = 4000
