package edit

import (
	"slices"
	"strings"
	"testing"
)

// TestFstabBack: if others have edited a line since its change, only the changed fields are restored.
func TestFstabBack(t *testing.T) {
	for _, tt := range []struct{ name, was, left, now, want, theirs string }{
		{"nobody has edited it", "a  /b\text4 ro", "a  /b\text4 rw,nodev", "a  /b\text4 rw,nodev", "a  /b\text4 ro", ""},
		{"dump and pass are new", "a /b ext4 ro", "a /b ext4 rw", "a /b ext4 rw 1 2", "a /b ext4 ro 1 2", "dump, pass"},
		{"the options are theirs", "a /b ext4 ro 0 2", "a /b ext4 ro 0 1", "a /b ext4 rw,nofail 0 1", "a /b ext4 rw,nofail 0 2", "options"},
		{"a remark", "a /b ext4 ro 0 2", "a /b ext4 rw 0 2", "a /b ext4 rw 0 2 # mine", "a /b ext4 ro 0 2 # mine", ""},
		{"other blanks", "a /b ext4 ro 0 2", "a /b ext4 rw 0 2", "a\t/b\text4\trw\t0\t2", "a\t/b\text4\tro\t0\t2", ""},
		{"fields that the change has added", "a /b ext4 ro", "a /b ext4 ro 0 2", "a /b ext4 rw 0 2", "a /b ext4 rw", "options"},
		{"one of them is theirs", "a /b ext4", "a /b ext4 ro 0 2", "a /b ext4 ro 1 2", "a /b ext4 defaults 1", "dump"},
		{"all that was changed is theirs", "a /b ext4 ro", "a /b ext4 rw", "a /b ext4 noexec", "a /b ext4 noexec", "options"},
		{"it is as it was", "a /b ext4 ro", "a /b ext4 rw", "a /b ext4 ro", "a /b ext4 ro", ""},
		{"it is gone", "a /b ext4 ro", "a /b ext4 rw", "", "a /b ext4 ro", ""},
		{"two lines", "a /b ext4 ro\nc /b ext4 rw", "", "d /b ext4 rw", "a /b ext4 ro\nc /b ext4 rw", ""},
	} {
		line, theirs := FstabBack(tt.was, tt.left, tt.now)
		if line != tt.want || strings.Join(theirs, ", ") != tt.theirs {
			t.Errorf("%s: %q, %q", tt.name, line, theirs)
		}
		if again, _ := FstabBack(tt.was, tt.left, line); again != line {
			t.Errorf("%s: once more it is %q", tt.name, again)
		}
	}
	if !slices.Contains(slices.Collect(strings.Lines(FstabLeft("a /b ext4", FstabLine{Name: "/b", Want: FstabFields{"*", "*", "*", "ro", "*", "2"}}))), "a /b ext4 ro 0 2") {
		t.Error("the line that is left")
	}
}
