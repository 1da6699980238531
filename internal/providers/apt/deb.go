package apt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

// deb is the control data of a package file.
type deb struct{ name, version, arch string }

// debs caches the data of package files, by path, until the file changes.
type debs struct {
	mu   sync.Mutex
	seen map[string]struct {
		stamp string
		deb   deb
	}
}

// readDeb reads a package file. A missing file is [resource.ErrMissing]: something may yet put it there.
func (h *host) readDeb(ctx context.Context, file string) (deb, error) {
	if h.Root != "" {
		return deb{}, errors.New("a package file cannot be installed into a tree under a root: its own apt does not see the file")
	}
	file = resource.DecodeBytes(file)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return deb{}, fmt.Errorf("package file %q %w", file, resource.ErrMissing)
	}
	if err != nil {
		return deb{}, fmt.Errorf("cannot read the package file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return deb{}, fmt.Errorf("cannot read the package file: %s is not a regular file", file)
	}
	stamp := fileStamp(info)
	h.debs.mu.Lock()
	known, ok := h.debs.seen[file]
	h.debs.mu.Unlock()
	if ok && known.stamp == stamp {
		return known.deb, nil
	}
	d, err := h.askDeb(ctx, file) // no lock is held meanwhile
	if err != nil {
		return deb{}, fmt.Errorf("cannot read package file %q: %w", file, err)
	}
	h.debs.mu.Lock()
	defer h.debs.mu.Unlock()
	if h.debs.seen == nil {
		h.debs.seen = map[string]struct {
			stamp string
			deb   deb
		}{}
	}
	h.debs.seen[file] = struct {
		stamp string
		deb   deb
	}{stamp, d}
	return d, nil
}

// askDeb asks dpkg-deb about a package file.
func (h *host) askDeb(ctx context.Context, file string) (deb, error) {
	res, err := h.Run(ctx, tool.Command{Argv: []string{"dpkg-deb", "-f", file, "Package", "Version", "Architecture"}})
	if err != nil {
		return deb{}, err
	}
	if res.Status != 0 {
		return deb{}, errors.New(strings.TrimPrefix(tool.LastLines(res.Stderr, 1), "dpkg-deb: error: "))
	}
	return parseDeb(res.Stdout)
}

func parseDeb(out string) (deb, error) {
	var d deb
	for line := range strings.Lines(out) {
		field, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch field {
		case "Package":
			d.name = value
		case "Version":
			d.version = value
		case "Architecture":
			d.arch = value
		}
	}
	if d.name == "" || d.version == "" {
		return d, errors.New("it names no package or no version")
	}
	return d, nil
}
