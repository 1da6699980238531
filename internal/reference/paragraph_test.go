package reference

import "testing"

func TestParagraph(t *testing.T) {
	for _, c := range []struct{ summary, in, want string }{
		{"prose is folded", "one two\nthree four five six seven", "    one two three four five\n    six seven"},
		{"a row of a table is a sentence", "| state | enabled |\n|---|---|\n| linked | no, as it has never been |\n| alias | yes |", "    linked: enabled: no, as\n      it has never been\n    alias: enabled: yes"},
		{"an item of a list stands alone", "* one two three four five six\n  seven\n* eight", "    * one two three four\n      five six seven\n    * eight"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			if got := foldParagraph(c.in, 4, 30); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
