package pacman

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"converge/internal/providers/packages/tool"
)

// maxSync bounds the bytes of a repository's database, packed and unpacked: Arch's largest has 8 and 60 MB.
const maxSync = 512 << 20

// databases returns the folder of the repositories' databases in use, as a path in the tree.
func (m index) databases(c *conf) string {
	if own := m.standin.Now().Cache; own != "" {
		return path.Join(own, "sync")
	}
	return c.syncDir()
}

// readSync reads the offers of the repositories, in the order of pacman's preference. A database that was not fetched
// yet offers nothing.
func (m index) readSync(ctx context.Context) ([]entry, error) {
	c, err := m.readConf()
	if err != nil {
		return nil, err
	}
	var out []entry
	for _, repo := range c.repos {
		file := path.Join(m.databases(c), repo+".db")
		data, err := m.Tree.ReadFile(file, maxSync)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && !isGzip(data) {
			data, err = m.repack(ctx, file)
		}
		var entries []entry
		if err == nil {
			entries, err = readSyncDB(ctx, data)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read the database of repository %s: %w", repo, err)
		}
		for i := range entries {
			entries[i].repo = repo
		}
		out = append(out, entries...)
	}
	return out, nil
}

func isGzip(data []byte) bool { return bytes.HasPrefix(data, []byte{0x1f, 0x8b}) }

// repack unpacks a database with another compression by the program of pacman's own library.
func (m index) repack(ctx context.Context, file string) ([]byte, error) {
	res, err := m.Run(ctx, tool.Command{Argv: []string{"bsdtar", "-cf", "-", "--format", "ustar", "@" + file}})
	if err != nil {
		return nil, err
	}
	if res.Status != 0 {
		return nil, errors.New(strings.TrimSpace(res.Stderr))
	}
	return []byte(res.Stdout), nil
}

// readSyncDB reads the descriptions in a database: a tar archive of NAME-VERSION/desc, with or without gzip.
func readSyncDB(ctx context.Context, data []byte) ([]entry, error) {
	var r io.Reader = bytes.NewReader(data)
	if isGzip(data) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		r = z
	}
	archive := tar.NewReader(io.LimitReader(r, maxSync))
	var out []entry
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if path.Base(h.Name) != "desc" {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(archive, maxDesc))
		if err != nil {
			return nil, err
		}
		if e := readEntry(text); e.name != "" && e.version != "" {
			out = append(out, e)
		}
	}
}
