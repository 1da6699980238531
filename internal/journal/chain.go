package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

const current = "current"

// readCurrent returns the newest run that the snapshots may not cover, or "".
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

// setCurrent points the link to a run. The change is durable once the folder is synced.
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

// unbegunError is the error of a file without a whole line: the run was killed before it began, unless something
// points to the file.
type unbegunError struct{ error }

func (e unbegunError) Unwrap() error { return e.error }

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
	if r.Start == nil {
		return nil, unbegunError{damagedAt(f.Name(), 1, "it does not say which run it is")}
	}
	if r.Start.Run != id || r.Start.After != "" && !validID(r.Start.After) {
		return nil, damagedAt(f.Name(), 1, "it does not say which run it is")
	}
	return r.Start, nil
}

// validID reports whether a name stays inside the folder and is readable.
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
