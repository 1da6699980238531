package files_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func TestVerifyTellsBeforeTheChangeAndChangesNothing(t *testing.T) {
	for _, c := range []struct {
		summary string
		content string
		verify  []string
		want    string // part of the error
	}{
		{"accepted", "good\n", []string{"grep", "-q", "good", "{path}"}, ""},
		{"refused", "bad\n", []string{"grep", "-q", "good", "{path}"}, "does not accept the new content"},
		{"no check", "bad\n", nil, ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			m := newMachine(t, files.Options{})
			if err := os.WriteFile(m.root+"/etc/f", []byte("old\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			left := m.root + "/etc/.converge-killed-0123456789abcdef-1"
			if err := os.WriteFile(left, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			as := attrs("path", "/etc/f", "content", c.content)
			if c.verify != nil {
				as = attrs("path", "/etc/f", "content", c.content, "verify", c.verify)
			}
			r, err := resourcetest.Build(resources.File(m.p), m.world(), "f", as)
			if err != nil {
				t.Fatal(err)
			}
			have, err := m.p.Observe(context.Background(), r.Want)
			if err != nil {
				t.Fatal(err)
			}
			err = m.p.Review(context.Background(), resource.Diff(r, have), resource.Outlook{Ask: resource.AskCheck}).Blocked
			if got := errorText(err); !strings.Contains(got, c.want) || (c.want == "") != (err == nil) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if b, _ := os.ReadFile(m.root + "/etc/f"); string(b) != "old\n" {
				t.Errorf("the file holds %q", b)
			}
			entries, _ := os.ReadDir(m.root + "/etc")
			for _, e := range entries {
				if strings.HasPrefix(e.Name(), ".converge") && (c.verify != nil || e.Name() != ".converge-killed-0123456789abcdef-1") {
					t.Errorf("%s is left", e.Name())
				}
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
