package main

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exclusives returns another site's declarations that remove or overwrite undeclared things: for a file that a resource
// consists of or is a part of. REFUSED marks those that must be errors; the rest must spare the resource.
func exclusives(file string, isPart, isSwap bool) []string {
	dir := path.Dir(file)
	blocks := []string{
		`directory "` + dir + `" { purge = true }`,
		"tree \"" + dir + "\" {\nsource = \"empty\"\npurge = true\n}",
	}
	if dir != "/etc" && dir != "/srv" {
		blocks = append(blocks, "REFUSED directory \""+dir+"\" {\nensure = \"absent\"\npurge = true\n}")
	}
	if isSwap {
		blocks = append(blocks, "REFUSED swap \"*\" { ensure = \"absent\" }")
	}
	if isPart {
		blocks = append(blocks, "REFUSED file \""+file+`" { content = "whole" }`, "REFUSED template \""+file+`" { inline = "whole" }`)
	}
	return blocks
}

// linksOf returns the links that a resource consists of, if it has no file.
func linksOf() map[string][]string {
	const wants = "/etc/systemd/system/multi-user.target.wants/s.service"
	return map[string][]string{"service": {wants}, "timer": {"/etc/systemd/system/timers.target.wants/t.timer"}}
}

// TestFoundThingsStay: a resource that a site found as declared, and so never changed, must not count as undeclared for
// another site, of whatever kind. It is not converge's own either: when no site declares it any more, it stays, and its
// ledger entry is removed.
func TestFoundThingsStay(t *testing.T) {
	t.Parallel()
	files := protectedFiles()
	for kind, links := range linksOf() {
		files[kind] = append(files[kind], links...)
	}
	files["archive"] = []string{"/srv/app"}
	for kind, rows := range protectCases() {
		row := rows[len(rows)-1]
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			row.find(t, files[kind])
		})
	}
}

func (c protectCase) find(t *testing.T, files []string) {
	h := newSecretHost(t, secretCase{given: c.given})
	for name, text := range c.beside {
		h.write(name, text)
	}
	h.write("empty/.keep", "")
	block := strings.ReplaceAll(c.block, "PROTECT", "")
	h.apply(block)
	if kind, _, _ := strings.Cut(c.block, " "); kind != "archive" && kind != "tree" { // the state records what they have unpacked
		if err := os.RemoveAll(filepath.Join(h.dir, "state")); err != nil {
			t.Fatal(err)
		}
	}
	made := h.tree()
	h.apply(block)
	h.want(made, "the thing is found as it is to be")
	kept := h.ledger()
	h.apply(block)
	if got := h.ledger(); got != kept {
		t.Errorf("the second run wrote the ledger:\n%s\n%s", kept, got)
	}
	h.write("other/empty/.keep", "")
	if err := os.Remove(filepath.Join(h.dir, "other/empty/.keep")); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if made[h.dir+"/root"+file] == "" {
			t.Fatalf("%s is not there: %v", file, slices.Sorted(maps.Keys(made)))
		}
		for _, e := range exclusives(file, strings.Contains(kept, "part:"+file+"#"), strings.Contains(kept, "swap:")) {
			e, refused := strings.CutPrefix(e, "REFUSED ")
			h.write("other/site.hcl", "settings { name = \"other\" }\n"+e+"\n")
			out, err := h.run("apply", filepath.Join(h.dir, "other/site.hcl"))
			if refused != (err != nil) {
				t.Errorf("%s\n%v: %s", e, err, out)
			}
			h.keeps(made, files, e+"\n"+out)
		}
	}
	before := h.tree()
	h.apply("", "--prune")
	h.apply("", "--prune")
	if !strings.HasPrefix(c.block, "archive") && !strings.HasPrefix(c.block, "tree") {
		h.want(before, "nothing declares it any more")
		if got := h.ledger(); strings.Contains(got, "\ts\t") || strings.HasSuffix(got, "\ts\n") {
			t.Errorf("the ledger still has what the site declared:\n%s", got)
		}
	}
}

// keeps requires that the files are unchanged.
func (h *secretHost) keeps(made map[string]string, files []string, why string) {
	h.Helper()
	now := h.tree()
	for _, file := range files {
		if name := h.dir + "/root" + file; now[name] != made[name] {
			h.Errorf("%s is %q, and was %q:\n%s", file, now[name], made[name], why)
		}
	}
}

// ledger returns the entries of the ledger, without its header.
func (h *secretHost) ledger() string {
	h.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, "state/ledger"))
	if err != nil {
		h.Fatal(err)
	}
	return string(text)
}
