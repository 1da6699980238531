package functions

import (
	"fmt"
	"strings"
	"testing"
)

func laughs(levels int) string {
	out := `a0: &a0 [x,x,x,x,x,x,x,x,x]`
	for i := 1; i <= levels; i++ {
		alias := fmt.Sprintf("*a%d", i-1)
		out += fmt.Sprintf(`\na%d: &a%d [%s]`, i, i, strings.Join([]string{alias, alias, alias, alias, alias, alias, alias, alias, alias}, ","))
	}
	return out
}

func TestAliasesWeigh(t *testing.T) {
	base := "a: &a [" + strings.Repeat("x,", 100) + "]\n"
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"many of little":        {base + strings.Repeat("- *a\n", 5000), true},
		"of aliases":            {laughs2(5), true},
		"of too many":           {laughs2(20), false},
		"behind another anchor": {strings.ReplaceAll(laughs2(20), "[*", "[&q y,*"), false},
		"in blocks":             {blocks(20), false},
		"in few blocks":         {blocks(3), true},
		"no anchors":            {"a: '*'\nb: '&'\n" + strings.Repeat("c: [1]\n", 1000), true},
		"the name of no anchor": {strings.Repeat("a: *b\n", 100), true},
		"anchors without end":   {strings.Repeat("&a [", 300) + "*a", false},
	} {
		if err := checkAliases(c.text); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func laughs2(levels int) string { return strings.ReplaceAll(laughs(levels), `\n`, "\n") }

func blocks(levels int) string {
	out := "a0: &a0\n  - x\n  - x\n"
	for i := 1; i <= levels; i++ {
		out += fmt.Sprintf("a%d: &a%d\n", i, i) + strings.Repeat(fmt.Sprintf("  - *a%d\n", i-1), 9)
	}
	return out
}

func FuzzCheckYAML(f *testing.F) {
	f.Add("a: &a [x]\nb: *a")
	f.Add(laughs2(3))
	f.Fuzz(func(t *testing.T, text string) {
		_ = checkYAML(text) // it must return
	})
}
