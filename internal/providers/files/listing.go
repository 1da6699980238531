package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// lister records entries, alone and below a directory.
type lister struct{ *base }

// recordEntry returns the record of a path, with the target of a link.
func (l lister) recordEntry(at location) (resources.Listed, error) {
	e := l.recordAccess(at.path, at.info)
	if at.info.Type != fsys.Symlink {
		return e, nil
	}
	text, err := l.held.Readlink(at.path)
	e.Target = resource.EncodeBytes(text)
	return e, err
}

// recordAccess returns the record of a path with its type, mode and owner.
func (l lister) recordAccess(path string, info fsys.Info) resources.Listed {
	accounts := l.access.accounts
	e := resources.Listed{
		Path: resource.EncodeBytes(path), Type: typeName(info.Type), Mode: resources.FormatMode(info.Mode),
		Owner: accounts.UserName(info.UID), Group: accounts.GroupName(info.GID),
	}
	if info.Type == fsys.Symlink {
		e.Mode = ""
	}
	return e
}

// recordRemoved returns the record of an entry that is removed with a directory.
func (l lister) recordRemoved(e fsys.Entry) (resources.Listed, error) {
	out := l.recordAccess(e.Path, e.Info)
	list, err := e.Xattrs()
	if err != nil {
		return out, err
	}
	out.Xattrs, out.Links = formatXattrs(list), severalNames(e.Info)
	switch e.Type {
	case fsys.Symlink:
		text, err := e.Readlink()
		out.Target = resource.EncodeBytes(text)
		return out, err
	case fsys.Regular:
		f, err := e.Open()
		if err != nil {
			return out, err
		}
		defer f.Close()
		out.Digest, err = readDigest(f)
		return out, err
	}
	return out, nil
}

func readDigest(r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}

// recordRecursed returns the record of an entry that recurse changes.
func (l lister) recordRecursed(ctx context.Context, want *resources.Permissions, e fsys.Entry) resources.Listed {
	out, from := l.recordAccess(e.Path, e.Info), permissionsOf(e.Info)
	if e.Type == fsys.Regular && from.Mode&setID != 0 {
		to, err := l.access.resolve(ctx, want, from, false)
		out.Ungranted = err == nil && losesGrants(from, to)
	}
	return out
}

// listBelow returns the records, one JSON object a line, of the entries below its directory that a change affects. It
// reaches them through open directories.
func (l lister) listBelow(ctx context.Context, c *change) ([]byte, error) {
	var lines bytes.Buffer
	selects := selectBelow(c)
	err := l.fs.Walk(ctx, c.request.path, func(e fsys.Entry) error {
		is, gone := selects(e.Path)
		if !is {
			return nil
		}
		line, err := l.recordRecursed(ctx, &c.request.Permissions, e), error(nil)
		if gone {
			line, err = l.recordRemoved(e)
		}
		if err == nil {
			err = json.NewEncoder(&lines).Encode(line)
		}
		if isMissing(err) {
			return nil // removed since it was listed
		}
		return err
	})
	if err != nil && !isMissing(err) {
		return nil, fmt.Errorf("cannot list what goes: %w", err)
	}
	return lines.Bytes(), nil
}

// selectBelow selects the entries below its directory that a change affects: a removal removes all of them, recurse
// and purge concern the observed ones.
func selectBelow(c *change) func(path string) (is, gone bool) {
	if c.Action == resource.Delete {
		return func(string) (is, gone bool) { return true, true }
	}
	listed := map[string]bool{} // path → with its content
	for _, at := range decodePaths(c.seen.Differing) {
		listed[at] = false
	}
	for _, at := range decodePaths(c.seen.Undeclared) {
		listed[at] = true
	}
	return func(path string) (is, gone bool) {
		for at := path; ; at = parentOf(at) {
			gone, is := listed[at]
			if is && (at == path || gone) || at == "/" {
				return is, gone
			}
		}
	}
}
