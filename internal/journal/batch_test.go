package journal

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"converge/internal/resource"
)

// beginMany begins a run that changes n files, whose records take more than one write.
func beginMany(t *testing.T, n int) (*State, *Run, []resource.Change, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	s.seal = sealer{make([]byte, 32)} // otherwise it differs each time
	r := start(t, s, "r1")
	r.start.Started, r.start.PID = time.Unix(0, 0).UTC(), 0
	var cs []resource.Change
	for i := range n {
		cs = append(cs, file(fmt.Sprintf("%s%d", strings.Repeat("x", 2000), i)))
	}
	if err := r.Begin(context.Background(), cs, nil); err != nil {
		t.Fatal(err)
	}
	return s, r, cs, filepath.Join(dir, "runs", "r1.jsonl")
}

func readLines(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestBatch: buffered records are in the file when Batch returns, as if they had been written one by one, and before
// any record that must be on disk.
func TestBatch(t *testing.T) {
	ctx := context.Background()
	var texts []string
	for _, batches := range []bool{false, true} {
		_, r, cs, path := beginMany(t, 300)
		begun := len(readLines(t, path))
		do := func() {
			for i, c := range cs {
				if err := r.Done(ctx, c, at(i), nil); err != nil {
					t.Fatal(err)
				}
				if i == 10 && batches && len(readLines(t, path)) != begun {
					t.Error("records were written one by one")
				}
				if i == 20 {
					if err := r.Begin(ctx, oneChange(file("another")), nil); err != nil {
						t.Fatal(err)
					}
					if text := readLines(t, path); strings.Count(text, `{"done":`) != 21 || !strings.HasSuffix(text, "\n") {
						t.Error("a change was begun before what came before it was written")
					}
				}
			}
		}
		if !batches {
			do()
		} else if err := r.Batch(do); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, readLines(t, path))
	}
	if texts[0] != texts[1] {
		t.Error("the records differ")
	}
}

// TestBatchCannotWrite: a run that cannot write its buffered records records nothing else, and the next run finds its
// changes begun.
func TestBatchCannotWrite(t *testing.T) {
	ctx := context.Background()
	s, r, cs, path := beginMany(t, 3)
	whole := readLines(t, path)
	err := r.Batch(func() {
		if err := r.Done(ctx, cs[0], at(1), nil); err != nil {
			t.Error(err)
		}
		r.lines.f.Close()
	})
	if err == nil {
		t.Error("the error is lost")
	}
	if r.Done(ctx, cs[1], at(2), nil) == nil || r.Finish(ctx, 0, Counts{}) == nil {
		t.Error("the run goes on")
	}
	s.Close()
	if readLines(t, path) != whole {
		t.Error("the file has changed")
	}
	after := open(t, filepath.Dir(filepath.Dir(path)))
	if ks := after.Recovered(); len(ks) != 1 || len(ks[0].Begun) != 3 {
		t.Errorf("recovered is %v", ks)
	}
}
