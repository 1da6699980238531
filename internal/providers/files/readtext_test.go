package files_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"converge/internal/providers/files"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// ReadText sees the file that Observe sees, and refuses what that refuses.
func TestReadText(t *testing.T) {
	for name, c := range map[string]struct {
		make func(at string) error
		text string
		none bool
	}{
		"a file":         {func(at string) error { return os.WriteFile(at, []byte("text\n"), 0o644) }, "text\n", false},
		"an empty file":  {func(at string) error { return os.WriteFile(at, nil, 0o644) }, "", false},
		"a large file":   {func(at string) error { return os.WriteFile(at, []byte(strings.Repeat("x", 300<<10)), 0o644) }, strings.Repeat("x", 200<<10), false},
		"nothing":        {func(string) error { return nil }, "", true},
		"a directory":    {func(at string) error { return os.Mkdir(at, 0o755) }, "", true},
		"a link":         {func(at string) error { return os.Symlink("/etc/passwd", at) }, "", true},
		"a link to none": {func(at string) error { return os.Symlink("none", at) }, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, files.Options{})
			if err := c.make(m.root + "/etc/f"); err != nil {
				t.Fatal(err)
			}
			text, found, err := m.p.ReadText(context.Background(), "/etc/f", 200<<10)
			if string(text) != c.text || found == c.none {
				t.Errorf("%d bytes, found %t", len(text), found)
			}
			r, berr := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs("path", "/etc/f", "content", "other"))
			if berr != nil {
				t.Fatal(berr)
			}
			have, oerr := m.p.Observe(context.Background(), r.Want)
			const other = "; set follow = true to manage what it points to, or force = true to replace it" // which kinds of several files do not have
			if (err == nil) != (oerr == nil) || err != nil && err.Error() != strings.Replace(oerr.Error(), other, "; move or remove it", 1) {
				t.Errorf("the error is %v, that of Observe %v", err, oerr)
			}
			if oerr == nil && have.IsNull() == found {
				t.Errorf("found %t, and Observe has %#v", found, have)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := newMachine(t, files.Options{}).p.ReadText(ctx, "/etc/passwd", 1); err == nil {
		t.Error("it reads although the run is to end")
	}
}
