package bundle

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// unpack unpacks a gzipped tar archive into a folder. It makes folders, regular
// files, and links that stay inside, and refuses everything else. Owners and times
// are not taken over, and of permissions only whether a file can be executed.
func unpack(to *os.Root, packed io.Reader) error {
	z, err := gzip.NewReader(packed)
	if err != nil {
		return fmt.Errorf("cannot unpack: %w", err)
	}
	u := &unpacking{to: to, left: maxUnpacked}
	archive := tar.NewReader(z)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return u.checkLinks()
		}
		if err != nil {
			return fmt.Errorf("cannot unpack: %w", err)
		}
		if u.entries++; u.entries > maxEntries {
			return fmt.Errorf("cannot unpack: the archive has more than %d entries", maxEntries)
		}
		if err := u.add(h, archive); err != nil {
			return fmt.Errorf("cannot unpack %q: %w", h.Name, err)
		}
	}
}

// unpacking is an archive that is being unpacked.
type unpacking struct {
	to      *os.Root
	left    int64 // bytes that may still come
	entries int
	links   []string
}

// add makes one entry of the archive.
func (u *unpacking) add(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader { // as git archive writes: a comment
		return nil
	}
	name := path.Clean(h.Name)
	if !filepath.IsLocal(name) {
		return errors.New("the path leads out of the archive")
	}
	if h.Typeflag == tar.TypeDir {
		return u.to.MkdirAll(name, 0o755)
	}
	if err := u.to.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeReg:
		return u.addFile(name, h.FileInfo().Mode(), content)
	case tar.TypeSymlink:
		u.links = append(u.links, name)
		return u.to.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return errors.New("it is a hard link; tar --hard-dereference packs it as a file")
	}
	return errors.New("it is neither a file nor a folder nor a symbolic link")
}

func (u *unpacking) addFile(name string, mode fs.FileMode, content io.Reader) error {
	perm := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		perm = 0o755
	}
	f, err := u.to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	n, err := io.CopyN(f, content, u.left+1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if u.left -= n; u.left < 0 && err == nil {
		err = fmt.Errorf("the files of the archive have more than %d bytes", maxUnpacked)
	}
	return errors.Join(err, f.Close())
}

// checkLinks refuses links that lead out of the folder, by whatever way: manifests
// are read by path, and a path must end in what the digest is about.
func (u *unpacking) checkLinks() error {
	for _, name := range u.links {
		if _, err := u.to.Stat(name); err != nil {
			return fmt.Errorf("cannot unpack %q: it is a link that leads to nothing in the archive", name)
		}
	}
	return nil
}
