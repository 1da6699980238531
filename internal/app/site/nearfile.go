package site

import (
	"errors"
	"io/fs"

	"converge/internal/app/exit"
	"converge/internal/manifest"
)

// HintNear adds to an error about a missing file the file that paths probably meant.
func HintNear(err error, paths ...string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var hints []string
	for _, path := range paths {
		if near := manifest.NearFile(path); near != "" {
			hints = append(hints, "did you mean "+near+"?")
		}
	}
	if len(hints) == 0 {
		return err
	}
	return exit.With(exit.Failure, err, hints...)
}
