package ignore

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// maxList bounds a list, in bytes.
const maxList = 1 << 20

// host reads from the machine.
type host struct {
	ctx    context.Context // the planner asks without one
	target string
}

// Host reads lists by their paths on this machine, as long as ctx lasts.
// Relative ones are from target.
func Host(ctx context.Context, target string) Reader { return host{ctx, target} }

// ReadList reads the file at path; links are followed.
func (h host) ReadList(path string) ([]byte, error) {
	if err := h.ctx.Err(); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(path, "/") {
		// Not cleaned: the target may be a link, and "link/.." is not here.
		path = h.target + "/" + path
	}
	// A pipe of that name must not make anybody wait.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxList+1))
	if err == nil && len(text) > maxList {
		err = fmt.Errorf("it is longer than %d bytes", maxList)
	}
	return text, err
}
