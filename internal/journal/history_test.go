package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"converge/internal/resource"
)

func TestHistory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	for i, lines := range []string{
		"begin x y\ndone x 7\nfailed y 8\npaid x\nfinish", // r1
		"finish",                    // did nothing: not in the history
		"begin z",                   // r3: killed
		"begin w\ndone w 3\nfinish", // r4: damaged below
	} {
		s := open(t, dir)
		script(t, start(t, s, fmt.Sprintf("r%d", i+1)), lines)
		s.Close()
	}
	if err := os.WriteFile(filepath.Join(dir, "runs", "r4.jsonl"), []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	runs, err := s.Runs()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		got = append(got, fmt.Sprintf("%s %s ended=%v exit=%d changed=%d begun=%d damaged=%v", r.ID, r.Info.Manifest, !r.Ended.IsZero(), r.Exit, r.Counts.Changed, r.Counts.Begun, errors.Is(r.Err, ErrDamaged)))
	}
	want := []string{
		"r3 site ended=false exit=0 changed=0 begun=1 damaged=false",
		"r1 site ended=true exit=0 changed=1 begun=0 damaged=false",
		"r4  ended=false exit=0 changed=0 begun=0 damaged=true",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A run that was killed before its first line was complete has done nothing, and is not in the history. A file that
// another file names was complete once.
func TestRunThatNeverBegan(t *testing.T) {
	for _, torn := range []string{"", "12345678 {\"start\""} {
		dir := filepath.Join(t.TempDir(), "state")
		s := open(t, dir)
		script(t, start(t, s, "r1"), "begin x\ndone x 7\nfinish")
		s.Close()
		tear := func(id, want string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, "runs", id+".jsonl"), []byte(torn), 0o600); err != nil {
				t.Fatal(err)
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			runs, err := (&folder{root: root, readOnly: true}).Runs()
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, r := range runs {
				got += fmt.Sprintf("%s damaged=%v ", r.ID, errors.Is(r.Err, ErrDamaged))
			}
			if got != want {
				t.Errorf("%q: %s, want %s", torn, got, want)
			}
		}
		tear("r2", "r1 damaged=false ")
		s = open(t, dir)
		script(t, start(t, s, "r3"), "begin z")
		s.Close()
		tear("r3", "r1 damaged=false r3 damaged=true ")
	}
}

func TestDetail(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	script(t, start(t, s, "r1"), "begin x y z u\ndone x 7\nfailed y 8\nsame u 9\npaid x\nfinish")
	d, err := s.Detail("r1")
	if err != nil {
		t.Fatal(err)
	}
	step := func(name string, state StepState, failure string, when resource.Instant) Step {
		return Step{
			Addr: addr("file." + name), Key: "path:/etc/" + name, Action: resource.Create, Before: []byte("null"),
			After: fmt.Appendf(nil, `{"content":{"$content":{"digest":"%s","size":1}},"path":"/etc/%s"}`, digestString(name), name),
			State: state, Error: failure, At: when, Owes: oneDebt(debt("service."+name, "restart", "file."+name, "r1")),
		}
	}
	want := &RunDetail{
		RunSummary: RunSummary{ID: "r1", Info: RunInfo{ID: "r1", Manifest: "site", Version: "1.0"}, Counts: Counts{Changed: 1}, Seq: 1},
		Steps:      []Step{step("x", Done, "", at(7)), step("y", Failed, "no luck", at(8)), step("z", Begun, "", resource.Instant{}), step("u", Same, "", at(9))},
		Paid:       []Payment{{Target: addr("service.x"), Verb: "restart"}},
	}
	want.Steps[0].Ledger = &LedgerChange{Key: "path:/etc/x", Digest: d.Steps[0].Ledger.Digest}
	if diff := cmp.Diff(want, d, cmpopts.IgnoreFields(RunSummary{}, "Started", "Ended"), cmpopts.IgnoreUnexported(RunDetail{})); diff != "" {
		t.Error(diff)
	}
	if d.Started.IsZero() || d.Ended.Before(d.Started) {
		t.Error(d.Started, d.Ended)
	}
	for _, id := range []string{"r9", "", "../lock"} {
		if _, err := s.Detail(id); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestRunNames(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state"))
	r := start(t, s, "")
	if !regexp.MustCompile(`^\d{8}T\d{6}Z-[0-9a-f]{4}$`).MatchString(r.ID) {
		t.Error(r.ID)
	}
	when, err := time.Parse("20060102T150405Z", strings.Split(r.ID, "-")[0])
	if err != nil || time.Since(when).Abs() > time.Hour {
		t.Error(when, err)
	}
	if _, err := s.Start(t.Context(), RunInfo{}); err == nil {
		t.Error("two runs at once")
	}
	script(t, r, "finish")
	if err := r.Begin(t.Context(), oneChange(file("x")), nil); err == nil {
		t.Error("a run that is over began something")
	}
	for _, id := range []string{"../x", ".hidden", "a b", strings.Repeat("x", 200)} {
		if _, err := s.Start(t.Context(), RunInfo{ID: id}); err == nil {
			t.Errorf("took %q", id)
		}
	}
}

// Runs are sorted in the order in which they ran, whatever the clock showed; those of a version without numbers are
// older.
func TestRunsByOrder(t *testing.T) {
	d := &diary{t: t, dir: t.TempDir()}
	for _, day := range []int{10, 3, 400, 5} {
		d.run("x", day, fmt.Sprint("day ", day), "", Retention{Secrets: MaxSecrets})
	}
	s := d.open()
	runs, err := s.Runs()
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, r := range runs {
		got = append(got, r.Started.YearDay(), r.Seq)
	}
	if diff := cmp.Diff([]int{6, 4, 36, 3, 4, 2, 11, 1}, got); diff != "" {
		t.Error(diff)
	}
	// Without the status, the runs give the next number.
	s.Close()
	if err := os.Remove(filepath.Join(d.dir, "state", statusFile)); err != nil {
		t.Fatal(err)
	}
	d.run("x", 1, "again", "", Retention{Secrets: MaxSecrets})
	s = d.open()
	if runs, err = s.Runs(); err != nil || len(runs) != 5 || runs[0].Seq != 5 || runs[0].Started.YearDay() != 2 {
		t.Error(runs, err)
	}
	old := []RunSummary{{ID: "b", Started: at(9).Wall}, {ID: "n", Seq: 1, Started: at(1).Wall}, {ID: "a", Started: at(9).Wall}, {ID: "c", Started: at(10).Wall}}
	slices.SortFunc(old, newestFirst)
	if ids := old[0].ID + old[1].ID + old[2].ID + old[3].ID; ids != "ncba" {
		t.Error(ids)
	}
}
