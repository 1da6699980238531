package house_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kindsOfNamedFiles are the kinds whose pages have no section FILES: the manifest itself names every file that such a
// kind touches, so that a list would only repeat the attribute path.
func kindsOfNamedFiles() []string {
	return strings.Fields("archive block check directory exec file line link setting template tree")
}

// TestManPagesNameStatusesAndFiles walks all manual pages, generated and written by hand. Those of programs (sections
// 1 and 8) have EXIT STATUS and FILES. A page of section 5 is about a block of a manifest, which ends with no status:
// it has FILES, unless its kind has no files of its own. The page of section 7 tells how programs of the protocol end,
// and where they find what it defines, so it has both.
func TestManPagesNameStatusesAndFiles(t *testing.T) {
	pages, err := filepath.Glob("../../docs/man/*.[1-8]")
	if err != nil || len(pages) == 0 {
		t.Fatal("there are no pages", err)
	}
	without := map[string]bool{}
	for _, kind := range kindsOfNamedFiles() {
		without["converge-"+kind+".5"] = true
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(page)
		wanted := map[string]bool{"EXIT STATUS": filepath.Ext(name) != ".5", "FILES": !without[name]}
		delete(without, name)
		for section, want := range wanted {
			n := bytes.Count(text, []byte("\n.SH "+section+"\n"))
			if n != map[bool]int{true: 1}[want] {
				t.Errorf("%s has the section %s %d times", name, section, n)
			}
			if n == 1 && sectionIsEmpty(text, section) {
				t.Errorf("%s has nothing in the section %s", name, section)
			}
		}
	}
	for name := range without {
		t.Errorf("there is no page %s", name)
	}
}

// sectionIsEmpty reports whether a section of a page has no text before the next one.
func sectionIsEmpty(page []byte, title string) bool {
	_, text, _ := bytes.Cut(page, []byte("\n.SH "+title+"\n"))
	text, _, _ = bytes.Cut(text, []byte("\n.SH "))
	return len(bytes.TrimSpace(text)) == 0
}
