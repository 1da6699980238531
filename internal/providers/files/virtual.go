package files

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// virtual reports whether a path is an interface of the kernel's. Only below
// /proc and /sys is it worth a look.
func (p *Provider) virtual(path string) bool {
	if !strings.HasPrefix(path, "/proc/") && !strings.HasPrefix(path, "/sys/") {
		return false
	}
	is, err := p.held.Virtual(path)
	return err == nil && is
}

// maxVirtual is how much, in bytes, is read of an interface and written to it:
// the kernel takes a page.
const maxVirtual = 64 << 10

// sameVirtual compares the content of an interface with the wanted one. The
// kernel ends lines and separates words as it likes.
func (p *Provider) sameVirtual(path string, want *resource.Blob) (bool, error) {
	live, err := p.held.ReadFile(path, maxVirtual)
	if err != nil {
		return false, err
	}
	words := bytes.Join(bytes.Fields(live), []byte(" "))
	if want.Size < 0 { // known by its digest: in one of the forms in which it can have been written
		for _, form := range [][]byte{live, bytes.TrimSuffix(live, []byte("\n")), words, append(bytes.Clone(words), '\n')} {
			if same, err := sameDigest(resource.BytesBlob(form), want); same || err != nil {
				return same, err
			}
		}
		return false, nil
	}
	content, err := virtualContent(want)
	return err == nil && bytes.Equal(words, bytes.Join(bytes.Fields(content), []byte(" "))), err
}

func virtualContent(want *resource.Blob) ([]byte, error) {
	r, err := want.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxVirtual+1))
	if err == nil && len(b) > maxVirtual {
		err = fmt.Errorf("it is longer than %d bytes", maxVirtual)
	}
	return b, err
}

// virtualClash refuses a state that an interface cannot have.
func (t target) virtualClash(c *fileChange) error {
	switch {
	case c.Want.IsAbsent() && !t.gone:
		return fmt.Errorf("cannot remove %q: it is an interface of the kernel's", t.path)
	case t.gone && !c.Want.IsAbsent():
		return fmt.Errorf("cannot create %q: the kernel has no such interface (is a module not loaded?)", t.path)
	case c.Want.Backup.Set:
		return fmt.Errorf("cannot back up %q: it is an interface of the kernel's", t.path)
	case strings.HasPrefix(t.path, "/proc/sys/") && (c.Differs("mode") || c.Differs("owner") || c.Differs("group")):
		return fmt.Errorf("cannot change mode or owner of %q: the kernel has settings keep theirs", t.path)
	}
	return nil
}

// writeVirtual writes to an interface of the kernel's.
func (c *change) writeVirtual(t target, perm fsys.Perm, blob *resource.Blob) error {
	if err := t.virtualClash(c.c); err != nil {
		return err
	}
	if (perm != fsys.Perm{Mode: t.info.Mode, UID: t.info.UID, GID: t.info.GID}) {
		if err := c.add(c.txn.Chperm(t.path, t.info, perm)); err != nil {
			return err
		}
	}
	if blob == nil || !c.c.Differs("content") {
		return nil
	}
	content, err := virtualContent(blob)
	if err != nil {
		return fmt.Errorf("cannot write %q: %w", t.path, err)
	}
	if err := c.keep(c.txn, t.path, t.info); err != nil {
		return err
	}
	return c.add(c.txn.WriteVirtual(t.path, t.info, content))
}
