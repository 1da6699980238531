package version_test

import (
	"cmp"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"converge/internal/testhost"
	"converge/internal/version"
)

// ordered is strictly rising.
var ordered = []string{
	"~", "", "1.0~~", "1.0~rc1", "1.0", "1.0-1", "1.0a", "1.0+b", "1.0.1", "1.9", "1.10", "2",
	"99999999999999999999998", "99999999999999999999999", "A", "latest", "v6", "v7", "\xc3\xa4", "1:0.1", "2:0",
}

func TestOrder(t *testing.T) {
	for i, a := range ordered {
		for j, b := range ordered {
			if got := sign(version.Compare(a, b)); got != cmp.Compare(i, j) {
				t.Errorf("Compare(%q, %q) = %d, want %d", a, b, got, cmp.Compare(i, j))
			}
		}
	}
	for _, same := range [][2]string{{"1.0", "1.00"}, {"0:1", "1"}, {"1-0", "1"}, {"1-", "1"}, {"00:a", "a"}} {
		if version.Compare(same[0], same[1]) != 0 {
			t.Errorf("%q and %q have not one place", same[0], same[1])
		}
	}
}

// TestAsDebian compares with dpkg, over versions that it takes.
func TestAsDebian(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		testhost.Cannot(t, "there is no dpkg on this machine to compare with")
	}
	r := rand.New(rand.NewPCG(1, 2))
	random := func() string {
		var b strings.Builder
		b.WriteByte("0123456789"[r.IntN(10)])
		for range r.IntN(8) {
			b.WriteByte("019.~+-azAZ"[r.IntN(11)])
		}
		return strings.TrimRight([]string{"", "", "", "0:", "1:"}[r.IntN(5)]+b.String(), "-")
	}
	pairs := 1000
	if testing.Short() {
		pairs = 200
	}
	for range pairs {
		a, b := random(), random()
		op := map[int]string{-1: "lt", 0: "eq", 1: "gt"}[sign(version.Compare(a, b))]
		if out, err := exec.CommandContext(t.Context(), dpkg, "--compare-versions", a, op, b).CombinedOutput(); err != nil {
			t.Errorf("%q %s %q: dpkg denies it: %v %s", a, op, b, err, out)
		}
	}
}

// TestPlaces shows where the order alone decides: with epochs, and whatever the
// spelling.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ set, in, out, below string }{
		{"", "1 2:0 latest", "", ""},
		{">= 1.5, < 2", "1.5 1.99", "1.4 2 1:1.6", "2 1:0"},
		{"= 1.0", "1.0 1.00 0:1.0", "1.0-1 1:1.0", "1.0-1 1.5 1.5-1 1.6 2 1:0"},
		{"!= 1.0", "1.1 1:1.0", "1.0 1.00", ""},
		{"<= 1.5", "1.5 1.4", "1.5-1 1:0", "1.5-1 1.6 2 1:0"},
		{"< 1.5", "1.4", "1.5", "1.5 1.5-1 1.6 2 1:0"},
		{"> 1.5", "1.6 1:0", "1.5 1.4", ""},
		{"~ 1.5", "", "1.5", ""},
	} {
		set, err := version.ParseSet(c.set)
		if err != nil {
			t.Errorf("%q: %v", c.set, err)
		}
		for _, v := range strings.Fields(c.in + " " + c.out) {
			if want := slices.Contains(strings.Fields(c.in), v); set.AllowsPlace(v) != want {
				t.Errorf("%q allows %s: %v", c.set, v, !want)
			}
		}
		for _, v := range []string{"1.0-1", "1.5", "1.5-1", "1.6", "2", "1:0"} {
			if want := slices.Contains(strings.Fields(c.below), v); set.IsBelow(v) != want {
				t.Errorf("%q is below %s: %v", c.set, v, !want)
			}
		}
	}
	for text, want := range map[string]string{"= 1": "1", "= 1, = 2": "", ">= 1": "", "": ""} {
		set, _ := version.ParseSet(text)
		if got, ok := set.Exact(); got != want || ok != (want != "") {
			t.Errorf("%q is exactly %q, %v", text, got, ok)
		}
	}
}

func TestSet(t *testing.T) {
	for _, c := range []struct{ set, in, out string }{
		{"", "1 latest", ""},
		{">= 1.5, < 2", "1.5 1.5-1 1.99 1:1.6", "1.4 2 2.0 1.5~rc1 1:2"},
		{">=1:1.5", "1:1.5 2:0", "1.6 1:1"},
		{"= 1.0", "1.0", "1.00 1.0-1 0:1.0"},
		{"!= 1.0", "1.00 2", "1.0"},
		{"~ 1.5", "1.5 1.5.2 1.5-1 1.5~rc1 1.5a 2:1.5.1", "1.50 1.4 11.5 1"},
		{"~ latest", "latest latest2", "latestone later"},
		{"> 1.5", "1.5-1 1.6", "1.5 1.5~"},
		{"<= 1.5", "1.5 1.4", "1.5-1"},
	} {
		set, err := version.ParseSet(c.set)
		if err != nil {
			t.Errorf("%q: %v", c.set, err)
		}
		for _, v := range strings.Fields(c.in) {
			if !set.Allows(v) {
				t.Errorf("%q does not allow %s", c.set, v)
			}
		}
		for _, v := range strings.Fields(c.out) {
			if set.Allows(v) {
				t.Errorf("%q allows %s", c.set, v)
			}
		}
	}
}

func TestBadSets(t *testing.T) {
	for text, want := range map[string]string{
		"1.5":       `"1.5" is no condition (want one of = != < <= > >= ~ and a version)`,
		"== 1":      `"==" is no operator (want one of = != < <= > >= ~)`,
		">= ":       `">=" has no version after it`,
		">= 1 < 2":  `"< 2" is too much: conditions are parted by commas`,
		">= 1,, <2": `"," has no condition on one side of it`,
		">= 1,":     `"," has no condition on one side of it`,
	} {
		if _, err := version.ParseSet(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzCompare(f *testing.F) {
	for i, v := range ordered {
		f.Add(v, ordered[len(ordered)-1-i], "1")
	}
	// Whatever the bytes are, the order is total.
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, ba := sign(version.Compare(a, b)), sign(version.Compare(b, a))
		if ab != -ba || version.Compare(a, a) != 0 {
			t.Fatalf("%q %q: %d and %d", a, b, ab, ba)
		}
		if ab <= 0 && sign(version.Compare(b, c)) <= 0 && sign(version.Compare(a, c)) > 0 {
			t.Fatalf("%q <= %q <= %q, but not the first and the last", a, b, c)
		}
	})
}

func FuzzParseSet(f *testing.F) {
	f.Add(">= 1.5, < 2", "1")
	f.Add("~1.5,!=1.5.3", "1.5")
	f.Fuzz(func(t *testing.T, text, v string) {
		set, err := version.ParseSet(text)
		if err != nil {
			return
		}
		again, err := version.ParseSet(set.String())
		if err != nil || again.String() != set.String() || again.Allows(v) != set.Allows(v) {
			t.Fatalf("%q is written as %q: %v", text, set, err)
		}
		if exact, ok := set.Exact(); ok && !set.Allows(exact) {
			t.Fatalf("%q does not allow %q", text, exact)
		}
	})
}

func sign(n int) int { return cmp.Compare(n, 0) }
