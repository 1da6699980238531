package version_test

import (
	"cmp"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	deb "github.com/knqyf263/go-deb-version"

	"converge/internal/stow/version"
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

// TestAsDebian compares with dpkg itself and with a library, over versions
// that all of them take.
func TestAsDebian(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Log("no dpkg here: compared with the library alone")
	}
	r := rand.New(rand.NewPCG(1, 2))
	random := func() string {
		var b strings.Builder
		b.WriteByte("0123456789"[r.IntN(10)])
		for range r.IntN(8) {
			b.WriteByte("019.~+-azAZ:"[r.IntN(11)])
		}
		return b.String()
	}
	for n := range 3000 {
		a, b := random(), random()
		va, errA := deb.NewVersion(a)
		vb, errB := deb.NewVersion(b)
		if errA != nil || errB != nil || strings.HasSuffix(a, "-") || strings.HasSuffix(b, "-") { // those dpkg refuses
			continue
		}
		got := sign(version.Compare(a, b))
		if want := sign(va.Compare(vb)); got != want {
			t.Errorf("Compare(%q, %q) = %d, the library says %d", a, b, got, want)
		}
		if dpkg != "" && n%10 == 0 {
			op := map[int]string{-1: "lt", 0: "eq", 1: "gt"}[got]
			if out, err := exec.CommandContext(t.Context(), dpkg, "--compare-versions", a, op, b).CombinedOutput(); err != nil {
				t.Errorf("%q %s %q: dpkg says no: %v %s", a, op, b, err, out)
			}
		}
	}
}

func TestSuspected(t *testing.T) {
	for name, want := range map[string]bool{
		"1.0": true, "2": true, "2024a": true, "1rc2": true, "1.0alpha": true, "v2": true, "r12": true, "rel-3": true,
		"gtk-4.0": true, "foo-1": true, "foo_v2": true, "go1.21": true, "python2.7": true, "release1": true,
		"1password": false, "0ad": false, "X11": false, "texmf2": false, "k8s": false, "i3": false, "lib32": false,
		"w3m": false, "": false, "bin": false, ".1": false, "dot-1": false, "1password7": false,
	} {
		if got := version.Suspected(name); got != want {
			t.Errorf("Suspected(%q) = %v, want %v", name, got, want)
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
		if exact, ok := set.Exact(); ok && len(set) == 1 && !set.Allows(exact) {
			t.Fatalf("%q does not allow %q", text, exact)
		}
	})
}

func sign(n int) int { return cmp.Compare(n, 0) }
