package archives_test

import (
	"os"
	"path"
	"strings"
	"testing"

	"converge/internal/providers/archives"
	"converge/internal/resource/resourcetest"
)

// TestForgottenVersion: the history forgets the version that a rollback has dropped, with the run
// that keeps it, also once the list of that version is trimmed.
func TestForgottenVersion(t *testing.T) {
	for _, trimmed := range []bool{false, true} {
		checkForgotten(t, trimmed)
	}
}

func checkForgotten(t *testing.T, trimmed bool) {
	t.Helper()
	m := newMachine(t, "1")
	resourcetest.Converge(t, m.want(t, "source", "v1.tar.gz", "link", "/opt/current"))
	m.open(t, "2")
	r := m.want(t, "source", "v2.tar.gz", "link", "/opt/current")
	full, _, err := m.p.Record(t.Context(), resourcetest.Plan(t, r))
	if err != nil {
		t.Fatal(err)
	}
	resourcetest.Converge(t, r)
	m.open(t, "3")
	resourcetest.Converge(t, m.back(t, full))
	if trimmed {
		m.open(t, "4")
		for _, n := range []string{"3", "4", "5", "6"} {
			put(t, m.dir+"/next.tar.gz", string(tarOf(t, version(n)...)))
			resourcetest.Converge(t, m.want(t, "source", "next.tar.gz", "link", "/opt/current", "keep", 1))
		}
	}
	for _, tt := range []struct {
		run  string
		left int
	}{{"2", 1}, {"3", 0}} {
		if err := m.p.ForgetRuns(t.Context(), []string{tt.run}); err != nil {
			t.Fatal(err)
		}
		left, err := os.ReadDir(m.state + "/" + archives.Folder + "/removed")
		if err != nil || len(left) != tt.left {
			t.Errorf("trimmed %v, run %s is forgotten: %q is left, want %d, %v", trimmed, tt.run, names(left), tt.left, err)
		}
	}
}

// TestOldVersionsShown: the plan shows every old version that goes, whatever list is lost.
func TestOldVersionsShown(t *testing.T) {
	m := newMachine(t, "1")
	first, second := "/opt/app/"+versionOf(t, "1", 1), "/opt/app/"+versionOf(t, "2", 1)
	for _, n := range []string{"1", "2"} {
		resourcetest.Converge(t, m.want(t, "source", "v"+n+".tar.gz", "link", "/opt/current", "keep", 3))
	}
	put(t, m.root+first+"/mine", "mine")
	spoilList(t, m, path.Base(second))
	v := m.review(t, m.want(t, "source", "v3.tar.gz", "link", "/opt/current", "keep", 1))
	want := second + "/bin " + second + "/current " + second + "/etc " + second + "/lib " + first + "/mine"
	if got := strings.Join(v.Removes, " "); got != want || v.Lasting == nil || v.Blocked != nil {
		t.Errorf("the plan removes %s, want %s; lasting is %v, blocked %v", got, want, v.Lasting, v.Blocked)
	}
	for _, at := range []string{first, second} {
		if notes := strings.Join(v.Notes, "\n"); !strings.Contains(notes, `removes the old version "`+at+`"`) {
			t.Errorf("the plan does not name %s:\n%s", at, notes)
		}
	}
}

// spoilList makes the list of a version one that counts as lost.
func spoilList(t testing.TB, m *machine, version string) {
	t.Helper()
	folders, err := os.ReadDir(m.state + "/" + archives.Folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		name := m.state + "/" + archives.Folder + "/" + f.Name() + "/" + version + ".linked"
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		header, _, _ := strings.Cut(string(text), "\n")
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		put(t, name, header+"\n{")
		if err := os.Chtimes(name, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("there is no list of %s", version)
}
