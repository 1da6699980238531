package pack

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// sample is a package with an entry of every kind.
func sample(t *testing.T) Package {
	source := filepath.Join(t.TempDir(), "app[1]*")
	if err := os.WriteFile(source, []byte("#!/bin/sh\necho app\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Package{
		Name: "app", Version: "1.2.3", Arch: "amd64", Summary: "An application", Description: "It does\n\nthings.",
		Maintainer: "Jo Doe <jo@example.org>", License: "MIT", Homepage: "https://example.org",
		Relations: Relations{Depends: []string{"libapp >= 1.2"}, Conflicts: []string{"oldapp"}, Provides: []string{"application"}},
		Files: []File{
			{Path: "/usr/bin/app", Source: source, Mode: 0o755},
			{Path: "/etc/app/app.ini", Type: Config, Content: []byte("x = 1\n"), Owner: "app", Group: "app", Mode: 0o640},
			{Path: "/var/lib/app", Type: Dir, Owner: "app", Group: "app", Mode: 0o750},
			{Path: "/usr/bin/app2", Type: Link, Target: "app"},
			{Path: "/usr/share/app/empty"},
		},
		Scripts:   Scripts{PostInstall: "echo $action", PreRemove: "echo removing"},
		Changelog: []Change{{Version: "1.2.3", Time: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Notes: []string{"First."}}},
	}
}

func TestSameInputSameBytes(t *testing.T) {
	p := sample(t)
	for _, format := range Formats() {
		t.Run(format, func(t *testing.T) {
			var one, two bytes.Buffer
			for _, w := range []*bytes.Buffer{&one, &two} {
				if err := Build(context.Background(), p, format, w); err != nil {
					t.Fatal(err)
				}
			}
			if one.Len() == 0 || !bytes.Equal(one.Bytes(), two.Bytes()) {
				t.Errorf("%d and %d bytes, not the same", one.Len(), two.Len())
			}
			if dir := os.Getenv("PACK_OUT"); dir != "" {
				name, _ := p.FileName(format)
				_ = os.WriteFile(filepath.Join(dir, name), one.Bytes(), 0o644)
			}
		})
	}
}
