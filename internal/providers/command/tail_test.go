package command

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadTail(t *testing.T) {
	long := strings.Repeat("0123456789abcde\n", 3*maxOutput/16)
	for _, tt := range []struct {
		name, in, want string
	}{
		{"nothing", "", ""},
		{"short", "a\nb", "a\nb"},
		{"just fits", long[:maxOutput], long[:maxOutput]},
		{"one byte too many", "x" + long[:maxOutput], "[…]\n" + long[16:maxOutput]},
		{"long", long, "[…]\n" + long[len(long)-maxOutput+16:]},
		{"one line without end", strings.Repeat("x", 3*maxOutput), "[…]\n" + strings.Repeat("x", maxOutput)},
	} {
		for how, r := range map[string]io.Reader{
			"whole":     bytes.NewReader([]byte(tt.in)),
			"in pieces": iotest.HalfReader(strings.NewReader(tt.in)),
			"broken":    io.MultiReader(strings.NewReader(tt.in), iotest.ErrReader(errors.New("deadline"))),
		} {
			if got := readTail(r); got != tt.want {
				t.Errorf("%s, %s: got %d bytes, want %d", tt.name, how, len(got), len(tt.want))
			}
		}
	}
}
