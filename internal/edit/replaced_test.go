package edit

import "testing"

// Whatever another version of a file is, the hunks restore the first one.
func FuzzReplaced(f *testing.F) {
	f.Add("a\nb=1\nc\n", "a\nb = 2\nc\n")
	f.Add("a\na\na", "a\na")
	f.Add("", "x\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		if check([]byte(before)) != nil || check([]byte(after)) != nil {
			t.Skip("no file that is edited: it has NUL bytes or is too large")
		}
		made := Replaced([]byte(before), []byte(after))
		if (len(made) == 0) != (before == after) {
			t.Fatalf("%d hunks", len(made))
		}
		if back, done := Restore([]byte(after), [][]Hunk{made}); len(made) > 0 && (!done[0] || string(back) != before) {
			t.Errorf("%q, taken back %q, want %q", after, back, before)
		}
	})
}
