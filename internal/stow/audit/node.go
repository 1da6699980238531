package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"syscall"
)

// node is one entry of an image.
type node struct {
	path string
	kind byte   // 'f' a regular file, 'd' a directory, 'l' a symbolic link, 'o' anything else
	mode uint32 // permissions, 07777
	link string // a link's text
	size int64  // of a file
	sum  [sha256.Size]byte
}

// newNode accepts names of any bytes: package fs requires UTF-8.
func newNode(root *os.Root, path string) (*node, error) {
	n := &node{path: path, kind: 'o'}
	info, err := root.Lstat(path)
	if err != nil {
		return nil, err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		n.mode = st.Mode & 0o7777
	}
	switch info.Mode().Type() {
	case 0:
		n.kind, n.size = 'f', info.Size()
	case fs.ModeDir:
		n.kind = 'd'
	case fs.ModeSymlink:
		n.kind = 'l'
		n.link, err = root.Readlink(path)
	}
	return n, err
}

// String returns a line of the listing.
func (n *node) String() string {
	path := strconv.Quote(n.path)
	switch n.kind {
	case 'f':
		return fmt.Sprintf("f %04o %s %x\n", n.mode, path, n.sum)
	case 'l':
		return fmt.Sprintf("l %s %s\n", path, strconv.Quote(n.link))
	}
	return fmt.Sprintf("%c %04o %s\n", n.kind, n.mode, path)
}

func sumUp(all []*node) Summary {
	slices.SortFunc(all, func(a, b *node) int { return cmp.Compare(a.path, b.path) })
	h := sha256.New()
	var s Summary
	for _, n := range all {
		io.WriteString(h, n.String()) //nolint:errcheck // a hash takes everything
		if n.kind != 'd' {
			s.Files++
		}
		s.Bytes += n.size
	}
	s.Digest = hex.EncodeToString(h.Sum(nil))
	return s
}

// reader hashes one file after the other.
type reader struct {
	open opener
	hash hash.Hash
	buf  []byte
}

func (r *reader) hashFile(ctx context.Context, n *node) error {
	f, err := r.open(n.path)
	if err != nil {
		return err
	}
	defer f.Close()
	r.hash.Reset()
	var size int64
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		read, err := f.Read(r.buf)
		r.hash.Write(r.buf[:read])
		if size += int64(read); size > n.size || err == io.EOF && size != n.size { //nolint:errorlint // Read returns it bare
			return fmt.Errorf("%q changed while it was read", n.path)
		}
		if err == io.EOF { //nolint:errorlint // Read returns it bare
			r.hash.Sum(n.sum[:0])
			return nil
		}
		if err != nil {
			return err
		}
	}
}
