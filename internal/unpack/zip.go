package unpack

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// maxTarget bounds the text of a link in bytes, as the kernel does (PATH_MAX).
const maxTarget = 4096

func (a *Archive) eachOfZip(add func(e rawEntry, content io.Reader) error) error {
	for _, f := range a.zip.File {
		e, content, err := ofZip(f)
		if err != nil {
			return fmt.Errorf("cannot unpack %q: %w", f.Name, err)
		}
		err = add(e, content)
		if content != nil {
			err = errors.Join(err, content.Close())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func ofZip(f *zip.File) (rawEntry, io.ReadCloser, error) {
	e := rawEntry{Entry: Entry{
		Path: f.Name, Type: File, Mode: f.Mode().Perm(), NoMode: !hasMode(f),
		MTime: f.Modified, Size: int64(min(f.UncompressedSize64, 1<<62)), //nolint:gosec // see there
	}}
	switch mode := f.Mode(); {
	case f.Flags&1 != 0: // APPNOTE.TXT 4.4.4
		e.refused = "it is encrypted"
		return e, nil, nil
	case mode.IsDir() || strings.HasSuffix(f.Name, "/"):
		e.Type, e.Size = Folder, 0
		return e, nil, nil
	case mode&fs.ModeSymlink == 0 && !mode.IsRegular():
		e.refused = "it is neither a file nor a folder nor a symbolic link"
		return e, nil, nil
	}
	r, err := f.Open()
	if err != nil || f.Mode()&fs.ModeSymlink == 0 {
		return e, r, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxTarget+1))
	if err == nil && len(text) > maxTarget {
		err = errors.New("it is a link with too long a text")
	}
	e.Type, e.Size, e.Target = Link, 0, string(text)
	return e, nil, err
}

// hasMode reports whether an entry contains permissions. A Unix program writes a whole mode, including the type, or 0;
// for other systems, package zip derives the permissions of those that it knows.
func hasMode(f *zip.File) bool {
	const unix, macOS = 3, 19 // APPNOTE.TXT 4.4.2
	if by := f.CreatorVersion >> 8; by == unix || by == macOS {
		return f.ExternalAttrs>>16 != 0
	}
	return f.Mode().Perm() != 0
}
