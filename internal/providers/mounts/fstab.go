package mounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// fstab is the file as it was read.
type fstab struct {
	path    string // physical
	bytes   []byte
	info    fsys.Info // of before it was read
	missing bool
	lines   *edit.Fstab
	memo    *edit.Memo
}

// lines returns the present fstab. If it is a link, its target is used.
func (h *host) lines(ctx context.Context) (*fstab, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.saved != nil {
		return h.saved, ctx.Err()
	}
	f, err := readFstab(h.FS)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", resources.Fstab, err)
	}
	h.saved = f
	return f, ctx.Err()
}

func readFstab(tree *fsys.FS) (*fstab, error) {
	f := &fstab{path: resources.Fstab}
	at, err := tree.Resolve(resources.Fstab)
	switch {
	case isMissing(err):
		f.missing = true
	case err != nil:
		return nil, err
	default:
		f.path = at
		if f.info, err = tree.Look(at); err == nil {
			f.bytes, err = tree.ReadFile(at, edit.MaxSize)
		}
		if err != nil {
			return nil, err
		}
	}
	f.lines, f.memo = edit.ReadFstab(f.bytes), edit.NewMemo(f.bytes)
	return f, nil
}

// record returns the state of fstab before a change of its lines, as the journal keeps it.
func (f *fstab) record(found []edit.FstabEntry, l lineChange, hunks []edit.Hunk) (string, error) {
	past := resources.PartPast{Created: f.missing, Present: len(found) > 0, Hunks: hunks}
	if past.Present {
		past.Value = new(edit.JoinFstab(found))
	}
	if len(found) == 1 && len(l.parts) == 1 {
		past.Left = new(edit.FstabLeft(found[0].Text, l.parts[0]))
	}
	text, err := json.Marshal(past)
	return resource.EncodeText(string(text)), err
}

// place adds the location to an error: PATH, or PATH:LINE.
func place(file string, err error) error {
	var at *edit.LineError
	if errors.As(err, &at) {
		return fmt.Errorf("cannot edit %s:%d: %w", file, at.Line, at.Err)
	}
	return fmt.Errorf("cannot edit %q: %w", file, err)
}

// wantedText is the wanted line of fstab as text: fields that may have any value, or the whole text if it is to be
// restored byte by byte. absent means that there should be no line.
func wantedText(text string, past *resources.PartPast) (fields edit.FstabFields, exact string, absent bool) {
	fields, ok := edit.ParseWantedFstab(firstLine(text))
	if !ok {
		fields, absent = edit.FstabFields{"*", "*", "*", "*", "*", "*"}, true
	}
	if firstLine(text) != text {
		exact = text
	}
	if past != nil && past.Present && past.Value != nil {
		exact = *past.Value
	}
	return fields, exact, absent
}

// takeBack makes a line, which a change found and others have edited since, keep the fields of others: it returns the
// names of those fields.
func takeBack(l *edit.FstabLine, past *resources.PartPast, found []edit.FstabEntry) []string {
	if l.Absent || l.Exact == "" || len(found) != 1 || past == nil || past.Left == nil {
		return nil
	}
	var theirs []string
	l.Exact, theirs = edit.FstabBack(l.Exact, *past.Left, found[0].Text)
	return theirs
}

// noteTheirs describes which fields of a line are not restored.
func noteTheirs(theirs []string) []string {
	switch len(theirs) {
	case 0:
		return nil
	case 1:
		return []string{"its " + theirs[0] + " in " + resources.Fstab + " was changed since, and stays"}
	}
	return []string{"its " + strings.Join(theirs, ", ") + " in " + resources.Fstab + " were changed since, and stay"}
}

func firstLine(text string) string {
	for i := range len(text) {
		if text[i] == '\n' {
			return text[:i]
		}
	}
	return text
}
