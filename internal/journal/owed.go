package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"converge/internal/notify"
)

// owedHeader is the first line of the snapshot of debts. A line for each debt follows, then one with the declaration of
// each target.
type owedHeader struct {
	Format  int    `json:"format"`
	Run     string `json:"run"` // the last run that it covers
	Debts   int    `json:"debts"`
	Targets int    `json:"told,omitempty"`

	TakeBack *TakeBack `json:"take_back,omitempty"`
}

func encodeOwed(head owedHeader, debts []notify.Debt, targets []*targetRecord) ([]byte, error) {
	var buf bytes.Buffer
	head.Format, head.Debts, head.Targets = format, len(debts), len(targets)
	s, err := appendLine(&buf, 0, head)
	for i := 0; i < len(debts) && err == nil; i++ {
		s, err = appendLine(&buf, s, debts[i])
	}
	for i := 0; i < len(targets) && err == nil; i++ {
		s, err = appendLine(&buf, s, targets[i])
	}
	return buf.Bytes(), err
}

// snapshot is the content of the file of debts.
type snapshot struct {
	head    owedHeader
	debts   []notify.Debt
	targets []*targetRecord
}

func parseOwed(name string, data []byte) (*snapshot, error) {
	o := &snapshot{}
	torn, err := scanLines(name, bytes.NewReader(data), func(line int, text []byte) error {
		if err := o.readLine(line, text); err != nil {
			return damagedAt(name, line, err.Error())
		}
		return nil
	})
	if err == nil && (torn || o.head.Format == 0 || len(o.debts) != o.head.Debts || len(o.targets) != o.head.Targets) {
		// It was complete when it was renamed into place.
		err = damagedAt(name, len(o.debts)+len(o.targets)+1, "its end is missing")
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// loadSnapshot initializes the memory with the snapshot.
func (m *memory) loadSnapshot(o *snapshot) {
	m.due = o.head.TakeBack
	for _, d := range o.debts {
		m.queue.Add(d, 0)
	}
	for _, t := range o.targets {
		m.targets[t.ownerOf()] = t
	}
}

func (o *snapshot) readLine(line int, text []byte) error {
	switch {
	case line == 1:
		if err := json.Unmarshal(text, &o.head); err != nil {
			return err
		}
		if o.head.Format != format {
			return fmt.Errorf("format %d is not known to this version of converge", o.head.Format)
		}
	case len(o.debts) < o.head.Debts:
		var d notify.Debt
		if err := json.Unmarshal(text, &d); err != nil {
			return err
		}
		o.debts = append(o.debts, d)
	case len(o.targets) < o.head.Targets:
		t := &targetRecord{}
		if err := json.Unmarshal(text, t); err != nil {
			return err
		}
		o.targets = append(o.targets, t)
	default:
		return errors.New("something follows its end")
	}
	return nil
}

func readOwed(root *os.Root) (*snapshot, error) {
	data, err := readFile(root, "owed")
	if err != nil {
		return nil, fmt.Errorf("cannot read state: %w", err)
	}
	return parseOwed(root.Name()+"/owed", data)
}
