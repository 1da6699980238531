package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// newestFirst orders runs by their numbers, which do not depend on a clock. Runs of a version that did not number them
// are older, and ordered by their clock.
func newestFirst(a, b RunSummary) int {
	return cmp.Or(cmp.Compare(b.Seq, a.Seq), b.Started.Compare(a.Started), strings.Compare(b.ID, a.ID))
}

// nextSeq is the number of the next run with a journal.
func (s *State) nextSeq() (int, error) {
	last := s.seq
	if s.status != nil {
		last = max(last, s.status.Seq)
	} else {
		// No status: an older version wrote last, or a power cut destroyed it.
		found, err := s.highestSeq()
		if err != nil {
			return 0, err
		}
		last = max(last, found)
	}
	s.seq = last + 1
	return s.seq, nil
}

// highestSeq searches all runs.
func (f *folder) highestSeq() (int, error) {
	ids, err := f.runIDs()
	if err != nil {
		return 0, err
	}
	highest := 0
	for _, id := range ids {
		if start, err := readStart(f.root, id); err == nil { // a damaged run has no number
			highest = max(highest, start.Seq)
		}
	}
	return highest, nil
}

// runIDs lists the runs with a journal, in no order.
func (f *folder) runIDs() ([]string, error) {
	dir, err := openDir(f.root, "runs")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read history: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("cannot read history: %w", err)
	}
	ids := names[:0]
	for _, name := range names {
		if id, ok := strings.CutSuffix(name, ".jsonl"); ok && validID(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
