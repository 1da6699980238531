package cli

import (
	"fmt"
	"strings"
	"testing"

	"converge/internal/stow/ignore"
)

func given(s string) Text { return Text{Value: s, Given: true} }

// same compares commands; for patterns, their text.
func same(a, b Command) bool {
	a.Shape, b.Shape = nil, nil // see TestNoted
	return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b)
}

// TestNoted: the options that affect the links can be written as a line, and parsed again.
func TestNoted(t *testing.T) {
	for line, want := range map[string]string{
		"-t x --force p": "",
		`--no-f -p --ign=a\b --dotf --fold=strict p`: `--no-folding --compat --ignore=a\\b --dotfiles --fold=strict`,
		"--ignore=a\nb p":                          "", // no line
		"--ignore=" + strings.Repeat("x", longest): "",
	} {
		cmd, err := parseWords(Command{}, strings.Split(line, " "), func(s string) { t.Error(s) })
		if err != nil || cmd.notedOptions() != want {
			t.Errorf("%q: %v, %q", line, err, cmd.notedOptions())
		}
		again, err := Command{}.withShape(cmd.notedOptions(), func(s string) { t.Error(s) })
		if err != nil || again.notedOptions() != want {
			t.Errorf("%q: %v, %q", line, err, again.notedOptions())
		}
	}
}

func patternsOf(texts ...string) []*ignore.Pattern {
	var ps []*ignore.Pattern
	for _, text := range texts {
		p, err := ignore.Suffix(text)
		if err != nil {
			panic(err)
		}
		ps = append(ps, p)
	}
	return ps
}

func TestParse(t *testing.T) {
	for line, want := range map[string]Command{
		"":                     {},
		"p":                    {Stow: []string{"p"}},
		"p -D q -R r -S s":     {Unstow: []string{"q", "r"}, Stow: []string{"p", "r", "s"}},
		"-D q p -S":            {Unstow: []string{"q", "p"}},
		"p q p":                {Stow: []string{"p", "q", "p"}},
		"-d pk -t ../x p":      {Dir: given("pk"), Target: given("../x"), Stow: []string{"p"}},
		"-dpk -t../x p":        {Dir: given("pk"), Target: given("../x"), Stow: []string{"p"}},
		"--dir=pk --ta ../x p": {Dir: given("pk"), Target: given("../x"), Stow: []string{"p"}},
		"--d=pk --t x --R p":   {Dir: given("pk"), Target: given("x"), Unstow: []string{"p"}, Stow: []string{"p"}},
		"-nvdpk -tx p":         {Dir: given("pk"), Target: given("x"), Simulate: true, Verbosity: Number{1, true}, Stow: []string{"p"}},
		"p --no-fold -t x q":   {Target: given("x"), NoFolding: true, Stow: []string{"p", "q"}},
		"-t -n p":              {Target: given("-n"), Stow: []string{"p"}},
		"-t a -t b p":          {Target: given("b"), Stow: []string{"p"}},
		"-v 2":                 {Verbosity: Number{2, true}},
		"-v -- 2":              {Verbosity: Number{1, true}, Stow: []string{"2"}},
		"-v x":                 {Verbosity: Number{1, true}, Stow: []string{"x"}},
		"-vvv p":               {Verbosity: Number{3, true}, Stow: []string{"p"}},
		"-v3 -v p":             {Verbosity: Number{4, true}, Stow: []string{"p"}},
		"-v -v0 p":             {Verbosity: Number{0, true}, Stow: []string{"p"}},
		"--verbose=5 p":        {Verbosity: Number{5, true}, Stow: []string{"p"}},
		"-- -p --no":           {Stow: []string{"-p", "--no"}},
		"-D -- -p":             {Unstow: []string{"-p"}},
		"--no p":               {Simulate: true, Stow: []string{"p"}},
		"--sim --comp p":       {Simulate: true, Compat: true, Stow: []string{"p"}},
		"--ad --do p":          {Adopt: true, Dotfiles: true, Stow: []string{"p"}},
		"--ig=a --ig=b|c --def d --ov e": {
			Ignore: patternsOf("a", "b|c"), Defer: patternsOf("d"), Override: patternsOf("e"),
		},
		"-V -h":      {Verb: VerbHelp},
		"p -V":       {Verb: VerbVersion, Stow: []string{"p"}},
		"foo/1.0 p/": {Stow: []string{"foo/1.0", "p/"}},
		// What GNU Stow does not have.
		"--fold=strict --no-fold-p=x --backup=~ p": {Fold: "strict", NoFoldPath: patternsOf("x"), Backup: "~", Stow: []string{"p"}},
		"--adopt-path=a//b/ --absolute p":          {AdoptPath: []string{"a/b"}, Absolute: true, Stow: []string{"p"}},
		"--backup p --diff":                        {Backup: ".stow-backup", Diff: true, Simulate: true, Stow: []string{"p"}},
		"--relocate-from old p":                    {MovedFrom: given("old"), Stow: []string{"p"}},
		"--check -la -t x":                         {Verb: VerbCheck, Check: Aliens, Target: given("x"), OnlyCheck: true},
		"--list --check":                           {Verb: VerbCheck, Check: Packages, OnlyCheck: true},
		"--check -h":                               {Verb: VerbHelp, OnlyCheck: true},
	} {
		got, err := parseWords(Command{}, strings.Fields(line), func(s string) { t.Errorf("%q: %s", line, s) })
		if err != nil || !same(got, want) {
			t.Errorf("%q: %v\n got %+v\nwant %+v", line, err, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"--foo -Zn --bar=x p": "Unknown option: foo|Unknown option: Z|Unknown option: bar",
		"--de p":              "Option de is ambiguous (defer, delete)",
		"--s":                 "Option s is ambiguous (simulate, stow)",
		"p --target":          "Option target requires an argument",
		"-h --adopt=x":        "Option adopt does not take an argument",
		"--verbose=x":         `Value "x" invalid for option verbose (number expected)`,
		"--list":              "Unknown option: list",
		"-l -- --check":       "Unknown option: l",
		"--fold=half":         `Value "half" invalid for option fold (gnu or strict expected)`,
		"--backup=../x":       `Value "../x" invalid for option backup (no slash expected)`,
	} {
		var said []string
		_, err := parseWords(Command{}, strings.Fields(line), func(s string) { said = append(said, s) })
		if got := strings.Join(said, "|"); err == nil || got != want {
			t.Errorf("%q: %v, %s, want %s", line, err, got, want)
		}
	}
}

// TestAbbreviationsOfGNU shows that the added options change no abbreviation: every prefix of a GNU option has the same
// meaning as without them.
func TestAbbreviationsOfGNU(t *testing.T) {
	names := func(options []Option) []string {
		var all []string
		for _, o := range options {
			for _, n := range o.Names {
				all = append(all, strings.TrimLeft(n, "-"))
			}
		}
		return all
	}
	p := &parsing{}
	gnu := names(p.gnuOptions())
	for _, name := range gnu {
		for i := 1; i <= len(name); i++ {
			for _, ours := range append(names(p.addedOptions()), names(p.listOptions())...) {
				if ours == name[:i] && i > 1 {
					t.Errorf("--%s, a beginning of --%s, is an option of its own", ours, name)
				}
			}
		}
	}
	for short, want := range map[string]Command{
		"--a":   {Adopt: true},
		"--c":   {Compat: true},
		"--no-": {NoFolding: true},
	} {
		got, err := parseWords(Command{}, []string{short}, func(s string) { t.Error(s) })
		if err != nil || !same(got, want) {
			t.Errorf("%s: %+v, %v", short, got, err)
		}
	}
}

func TestOver(t *testing.T) {
	for name, c := range map[string]struct{ rc, line, want string }{
		"scalars are replaced":   {"-t a -d b -v3 --backup=x", "-t c -v1", "-t c -d b -v1 --backup=x"},
		"lists follow":           {"--ignore=a --defer=x", "--ignore=b", "--ignore=a --ignore=b --defer=x"},
		"flags add up":           {"-n --adopt", "-p", "-n --adopt -p"},
		"packages do not count":  {"-D x y", "p", "p"},
		"a verb may come first":  {"--version", "p", "p --version"},
		"the line's verb counts": {"--version", "-h", "-h"},
		"levels are not added":   {"-vv", "-v", "-v"},
		"views are replaced":     {"--view=a", "--view=b", "--view=b"},
		"views may come first":   {"--view=a --keep=2", "--generations p", "--view=a --keep=2 --generations p"},
		"a list of its own":      {"--check -a", "--check", "--check"},
		"no other verb counts":   {"--status --rollback=3 --wanted=f --forget-view=v --check -a", "p", "p"},
		"nor do their values":    {"--rollback=3 --check --forget-view=v", "--wanted=f --view=w", "--wanted=f --view=w"},
		"options of verbs do":    {"--refresh --with-optional --json", "--status", "--status --refresh --with-optional --json"},
		"paths follow":           {"--adopt-path=a", "--adopt-path=b", "--adopt-path=a --adopt-path=b"},
		"fold":                   {"--fold=strict", "--fold=gnu p", "--fold=gnu p"},
	} {
		warn := func(s string) { t.Errorf("%s: %s", name, s) }
		rc, _ := (&parsing{resource: true}).parseWords(strings.Fields(c.rc), warn)
		line, _ := parseWords(Command{}, strings.Fields(c.line), warn)
		want, _ := parseWords(Command{}, strings.Fields(c.want), warn)
		if got, _ := parseWords(rc.asDefaults(line), strings.Fields(c.line), warn); !same(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
}

// TestAbove compares with GNU Stow's parent(), which returns "" for ".".
func TestAbove(t *testing.T) {
	for path, want := range map[string]string{
		"pk": ".", "a/b": "a", "a/b/": "a", "a//b": "a", "/a/b": "/a", ".": ".", "..": ".", "../stow": "..", "./pk": ".",
		"0": ".", "0/p": "0", "/": "/", "//": "/", "/pk": "/", "//pk/": "/", // these five GNU Stow answers with "."
	} {
		if got := parentOf(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestEveryOptionIsDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range Options() {
		if o.Doc == "" || strings.HasSuffix(o.Doc, ".") || o.set == nil {
			t.Errorf("%s: %q", o.Usage(), o.Doc)
		}
		for _, n := range o.Names {
			if seen[n] {
				t.Errorf("%s is there twice", n)
			}
			seen[n] = true
			if o.Part == Added && !strings.HasPrefix(n, "--") {
				t.Errorf("%s takes a letter away", n)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-nvd x --ign=( --check -l")
	f.Fuzz(func(t *testing.T, line string) {
		said := 0
		_, err := parseWords(Command{}, strings.Split(line, " "), func(string) { said++ })
		if (err == nil) != (said == 0) {
			t.Errorf("%q: %v, and %d complaints", line, err, said)
		}
	})
}
