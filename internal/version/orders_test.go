package version_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"converge/internal/version"
)

// rising are versions of which each comes before the next. Those of rpm and pacman
// are the examples of rpm-version(7) and vercmp(8), those of apk of apk-package(5)
// and of the tests of apk-tools.
var rising = []struct {
	family  string
	compare func(a, b string) int
	order   []string
	same    [][2]string
}{
	{
		"rpm", version.CompareRPM,
		[]string{
			"~", "", "1.0~rc1-1", "1.0~rc2-1", "1.0", "1.0-1", "1.0-2", "1.0-10", "1.0^git1-1", "1.0a-1", "1.0.1-1", "1.5-1", "1.10-1",
			"2-1", "99999999999999999999-1", "100000000000000000000-1", "1:0.1-1", "2:0.1-1",
		},
		[][2]string{{"1.0-1", "1_0-1"}, {"1.05-1", "1.5-1"}, {"0:1-1", "1-1"}, {"fc4", "fc.4"}},
	},
	{
		"pacman", version.ComparePacman,
		[]string{"1.0a-1", "1.0alpha-1", "1.0b-1", "1.0beta-1", "1.0p-1", "1.0pre-1", "1.0rc-1", "1.0", "1.0-1", "1.0-2", "1.0.a-1", "1.0.1-1", "1.1-1", "2-1", "1:0.1-1"},
		[][2]string{{"1.0-1", "1_0-1"}, {"1.05-1", "1.5-1"}, {"0:1-1", "1-1"}},
	},
	{
		"apk", version.CompareAPK,
		[]string{
			"", "x", "1.00", "1.0_alpha", "1.0_alpha2", "1.0_beta", "1.0_pre1", "1.0_rc1", "1.0_rc1-r0", "1.0_rc2", "1.0", "1.0-r0", "1.0-r1", "1.0-r10",
			"1.0~0b1f-r0", "1.0_git20240101", "1.0_p1", "1.0_p1-r0", "1.0_p2", "1.0a", "1.0b-r0", "1.0.1", "1.09", "1.1", "1.9", "1.10", "2", "20240101-r0",
			"99999999999999999999-r0", "100000000000000000000-r0",
		},
		[][2]string{{"01.2", "1.2"}, {"1-r01", "1-r1"}},
	},
}

func TestOrders(t *testing.T) {
	for _, f := range rising {
		for i, a := range f.order {
			for j, b := range f.order {
				if got := sign(f.compare(a, b)); got != cmp.Compare(i, j) {
					t.Errorf("%s: %q, %q: %d, want %d", f.family, a, b, got, cmp.Compare(i, j))
				}
			}
		}
		for _, s := range f.same {
			if f.compare(s[0], s[1]) != 0 || f.compare(s[1], s[0]) != 0 {
				t.Errorf("%s: %q and %q have not one place", f.family, s[0], s[1])
			}
		}
	}
}

func TestValidAPK(t *testing.T) {
	for v, want := range map[string]bool{
		"1": true, "1.2.3-r0": true, "1.2b_pre2_git1-r3": true, "0.1_alpha": true, "1.0~deadbeef-r1": true, "2.35-r17": true, "1.2_p20-r0": true,
		"": false, "a": false, "1.": false, "1.2-3": false, "1_foo": false, "1-r": false, "1.2ab": false, "1-r1.2": false, "1:2": false, "1.0_": false,
	} {
		if version.ValidAPK(v) != want {
			t.Errorf("ValidAPK(%q) is not %v", v, want)
		}
	}
}

// FuzzOrders shows that each order is one, on any bytes.
func FuzzOrders(f *testing.F) {
	for _, r := range rising {
		for i := range r.order {
			f.Add(r.order[i], r.order[len(r.order)-1-i], r.order[i/2])
		}
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, r := range rising {
			if r.compare(a, a) != 0 || sign(r.compare(a, b)) != -sign(r.compare(b, a)) {
				t.Fatalf("%s: %q and %q: %d and %d", r.family, a, b, r.compare(a, b), r.compare(b, a))
			}
			if r.family == "pacman" && strings.ContainsFunc(a+b+c, isSeparator) {
				continue // separators at an end do not count, those before a segment do: that is no order
			}
			three := []string{a, b, c}
			slices.SortFunc(three, r.compare)
			if r.compare(three[0], three[1]) > 0 || r.compare(three[1], three[2]) > 0 || r.compare(three[0], three[2]) > 0 {
				t.Fatalf("%s: no order of %q, %q, %q", r.family, a, b, c)
			}
		}
	})
}

func isSeparator(r rune) bool {
	return !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
}
