package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

const current = "current"

// readCurrent returns the newest run that the snapshots may not cover, "" if
// there is none.
func readCurrent(root *os.Root) (string, error) {
	target, err := root.Readlink(current)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if errors.Is(err, syscall.EINVAL) {
		return "", fmt.Errorf("cannot read state: %s/%s: %w: it is not a link: %w", root.Name(), current, ErrDamaged, syscall.EINVAL)
	}
	if err != nil {
		return "", fmt.Errorf("cannot read state: %w", err)
	}
	id, ok := strings.CutPrefix(strings.TrimSuffix(target, ".jsonl"), "runs/")
	if !ok || target != runFile(id) || !validID(id) {
		return "", fmt.Errorf("cannot read state: %s/%s: %w: it points to %q, which is no run", root.Name(), current, ErrDamaged, target)
	}
	return id, nil
}

// setCurrent is durable once the folder is synced.
func setCurrent(root *os.Root, id string) error {
	tmp := current + ".new"
	if err := removeFile(root, tmp); err != nil {
		return err
	}
	if err := root.Symlink(runFile(id), tmp); err != nil {
		return err
	}
	return root.Rename(tmp, current)
}

// listChain lists the runs from the one after covered to newest, oldest first.
func listChain(root *os.Root, newest, covered string) ([]string, error) {
	var ids []string
	for id := newest; id != "" && id != covered; {
		if slices.Contains(ids, id) {
			return nil, fmt.Errorf("cannot read state: %s: %w: it comes after itself", runFile(id), ErrDamaged)
		}
		ids = append(ids, id)
		s, err := readStart(root, id)
		if err != nil {
			return nil, err
		}
		id = s.After
	}
	slices.Reverse(ids)
	return ids, nil
}

var errStop = errors.New("stop")

// readStart reads the first line of a run.
func readStart(root *os.Root, id string) (*startRecord, error) {
	f, err := openFile(root, runFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read state: %s/%s: %w: it is missing; what run %s changed and owes is not known", root.Name(), runFile(id), ErrDamaged, id)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read run %s: %w", id, err)
	}
	defer f.Close()
	r := &record{}
	_, err = scanLines(f.Name(), f, func(line int, text []byte) error {
		if err := r.parseLine(text); err != nil {
			return damagedAt(f.Name(), line, err.Error())
		}
		return errStop
	})
	if err != nil && !errors.Is(err, errStop) {
		return nil, err
	}
	if r.Start == nil || r.Start.Run != id || r.Start.After != "" && !validID(r.Start.After) {
		return nil, damagedAt(f.Name(), 1, "it does not say which run it is")
	}
	return r.Start, nil
}

// validID keeps names in the folder, and the folder readable.
func validID(id string) bool {
	if id == "" || len(id) > 100 || id[0] == '.' {
		return false
	}
	for _, r := range []byte(id) {
		switch {
		case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '-', r == '_', r == '.':
		default:
			return false
		}
	}
	return true
}

// newestFirst orders runs by their numbers, which no clock can upset. Runs of a
// version that did not number them are older, and go by their clock.
func newestFirst(a, b RunSummary) int {
	return cmp.Or(cmp.Compare(b.Seq, a.Seq), b.Started.Compare(a.Started), strings.Compare(b.ID, a.ID))
}

// nextSeq is the number of the run that is about to have a journal.
func (s *State) nextSeq() (int, error) {
	last := s.seq
	if s.status != nil {
		last = max(last, s.status.Seq)
	} else {
		// No status: an older version wrote last, or a power cut took it.
		found, err := s.highestSeq()
		if err != nil {
			return 0, err
		}
		last = max(last, found)
	}
	s.seq = last + 1
	return s.seq, nil
}

// highestSeq looks through all runs.
func (f *folder) highestSeq() (int, error) {
	ids, err := f.runIDs()
	if err != nil {
		return 0, err
	}
	highest := 0
	for _, id := range ids {
		if start, err := readStart(f.root, id); err == nil { // one that is damaged has no number
			highest = max(highest, start.Seq)
		}
	}
	return highest, nil
}

// runIDs lists the runs that have a journal, in no order.
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
