package resources

import (
	"errors"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// parseSize reads a number of bytes: "1048576", "64MiB", "2GiB".
func parseSize(s string) (int64, error) {
	digits, unit := s, int64(1)
	for suffix, n := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if d, ok := strings.CutSuffix(s, suffix); ok {
			digits, unit = d, n
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || n > 1<<62/unit {
		return 0, errors.New(`must be a number of bytes, like "1048576", "64MiB" or "2GiB"`)
	}
	return n * unit, nil
}

func checkSize(v cty.Value) error {
	_, err := parseSize(v.AsString())
	return err
}

// SizeLimit returns the largest allowed size in bytes of a fetched content; 0: no
// limit declared.
func (f *FileSource) SizeLimit() int64 {
	n, err := parseSize(f.MaxSize.Value)
	if err != nil {
		return 0
	}
	return n
}
