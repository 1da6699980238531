package archives_test

import (
	"archive/tar"
	"fmt"
	"os"
	"testing"

	"converge/internal/resource/resourcetest"
)

// TestModesAreNotWidened shows the permissions of what is unpacked: those of the archive, none
// more for group and others, and for the owner only those to list and change folders.
func TestModesAreNotWidened(t *testing.T) {
	m := newMachine(t, "test")
	var entries []entry
	for mode := int64(0); mode <= 0o7777; mode += 0o111 {
		name := fmt.Sprintf("a/%04o", mode)
		entries = append(entries, entry{name: name + "/", kind: tar.TypeDir, mode: mode}, entry{name: name + ".f", content: "x", mode: mode})
	}
	put(t, m.dir+"/modes", string(tarOf(t, entries...)))
	resourcetest.Converge(t, m.want(t, "source", "modes", "content", true))
	for _, e := range entries {
		info, err := os.Stat(m.root + "/opt/app/" + e.name[2:])
		if err != nil {
			t.Fatal(err)
		}
		want := os.FileMode(e.mode & 0o777 &^ 0o022)
		if info.IsDir() {
			want |= 0o700
		}
		if got := info.Mode(); got&^os.ModeDir != want {
			t.Errorf("%s: %04o, want %04o", e.name, got, want)
		}
	}
}

// TestHardLinkOfADeclaredFile shows that a hard link in an archive has the mode that is declared
// of its file, and that the archive does not take that for a difference.
func TestHardLinkOfADeclaredFile(t *testing.T) {
	m := newMachine(t, "test")
	put(t, m.dir+"/links", string(tarOf(t,
		entry{name: "a/run", content: "x", mode: 0o755}, entry{name: "a/hard", content: "a/run", kind: tar.TypeLink}, entry{name: "a/other", content: "y", mode: 0o755})))
	m.site.Access = []string{"/opt/app/run"}
	m.p.Declare(m.site)
	resourcetest.Converge(t, m.want(t, "source", "links"))
	if err := os.Chmod(m.root+"/opt/app/run", 0o700); err != nil {
		t.Fatal(err)
	}
	if c := resourcetest.Plan(t, m.want(t, "source", "links")); !c.Empty() {
		t.Errorf("the plan would change %s", resourcetest.Names(c))
	}
	put(t, m.dir+"/links2", string(tarOf(t,
		entry{name: "a/run", content: "z", mode: 0o755}, entry{name: "a/hard", content: "a/run", kind: tar.TypeLink}, entry{name: "a/other", content: "y", mode: 0o755})))
	m.open(t, "next")
	resourcetest.Converge(t, m.want(t, "source", "links2")) // which takes the mode along
	for name, want := range map[string]os.FileMode{"run": 0o700, "hard": 0o700, "other": 0o755} {
		if info, err := os.Stat(m.root + "/opt/app/" + name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
	if err := os.Chmod(m.root+"/opt/app/other", 0o700); err != nil {
		t.Fatal(err)
	}
	if c := resourcetest.Plan(t, m.want(t, "source", "links2")); c.Empty() {
		t.Error("the mode of another file is not compared")
	}
}
