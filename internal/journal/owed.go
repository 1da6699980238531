package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"converge/internal/notify"
)

// owedHeader is the first line of the snapshot of debts; a debt a line follows.
type owedHeader struct {
	Format int    `json:"format"`
	Run    string `json:"run"` // the last run that it covers
	Debts  int    `json:"debts"`
}

func encodeOwed(run string, debts []notify.Debt) ([]byte, error) {
	var buf bytes.Buffer
	s, err := appendLine(&buf, 0, owedHeader{format, run, len(debts)})
	for i := 0; i < len(debts) && err == nil; i++ {
		s, err = appendLine(&buf, s, debts[i])
	}
	return buf.Bytes(), err
}

func parseOwed(name string, data []byte) (run string, debts []notify.Debt, err error) {
	var h owedHeader
	torn, err := scan(name, bytes.NewReader(data), func(line int, text []byte) error {
		var err error
		if line == 1 {
			err = json.Unmarshal(text, &h)
			if err == nil && h.Format != format {
				err = fmt.Errorf("format %d is not known to this version of converge", h.Format)
			}
		} else {
			var d notify.Debt
			err = json.Unmarshal(text, &d)
			debts = append(debts, d)
		}
		if err != nil {
			return damaged(name, line, err.Error())
		}
		return nil
	})
	if err == nil && (torn || h.Format == 0 || len(debts) != h.Debts) {
		// It was renamed into place whole.
		err = damaged(name, len(debts)+1, "its end is missing")
	}
	if err != nil {
		return "", nil, err
	}
	return h.Run, debts, nil
}

// readOwed reads the snapshot; the error is [fs.ErrNotExist] if there is none.
func readOwed(root *os.Root) (run string, debts []notify.Debt, err error) {
	data, err := root.ReadFile("owed")
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, fs.ErrNotExist
	}
	if err != nil {
		return "", nil, fmt.Errorf("cannot read state: %w", err)
	}
	return parseOwed(root.Name()+"/owed", data)
}
