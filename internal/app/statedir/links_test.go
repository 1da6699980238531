package statedir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/app/environ"
	"converge/internal/fsys"
)

// TestStateBehindLinks shows the place of a tree's state, and the links on the way there, if var or a part below it is
// a link.
func TestStateBehindLinks(t *testing.T) {
	for _, c := range []struct {
		name, links string // "NEW TARGET" each
		dirs        string
		want, way   string
		err         string
	}{
		{name: "nothing is there", want: "/var/lib/converge"},
		{name: "all is there", dirs: "var/lib/converge", want: "/var/lib/converge"},
		{name: "var is elsewhere", dirs: "data/lib", links: "var data", want: "/data/lib/converge", way: "/var"},
		{name: "by its whole path", dirs: "data/lib", links: "var /data", want: "/data/lib/converge", way: "/var"},
		{name: "out of the tree", dirs: "data/lib", links: "var ../../../data", want: "/data/lib/converge", way: "/var"},
		{name: "one link to another", dirs: "data/lib/converge", links: "var v|v data", want: "/data/lib/converge", way: "/var /v"},
		{name: "the folder itself", dirs: "var/lib|state", links: "var/lib/converge /state", want: "/state", way: "/var/lib/converge"},
		{name: "a link to nothing", links: "var nowhere", way: "/var", err: "a link there must lead to a folder in the tree"},
		{name: "a link to itself", links: "var var", way: strings.TrimSpace(strings.Repeat("/var ", 40)), err: "a link there must lead to a folder in the tree"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			for dir := range strings.SplitSeq(c.dirs, "|") {
				if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for link := range strings.SplitSeq(c.links, "|") {
				if name, target, ok := strings.Cut(link, " "); ok {
					if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
						t.Fatal(err)
					}
				}
			}
			got, err := Find(&environ.Env{}, "", root)
			if below := PathBelow(root, got); below != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("it is in %q, %v, want %q, %q", below, err, c.want, c.err)
			}
			f, err := fsys.Open(root)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if way := strings.Join(FindLinks(f, "/"+Default), " "); way != c.way {
				t.Errorf("the way leads through %q, want %q", way, c.way)
			}
		})
	}
	for path, want := range map[string]string{"/image/var/lib": "/var/lib", "/image": "", "/imagery/var": "", "/var": ""} {
		if got := PathBelow("/image", path); got != want {
			t.Errorf("%s below /image is %q, want %q", path, got, want)
		}
	}
	if got := PathBelow("/", "/var/lib"); got != "/var/lib" {
		t.Errorf("/var/lib below / is %q", got)
	}
}
