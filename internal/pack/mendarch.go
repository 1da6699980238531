package pack

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// mendArch writes a package of Arch Linux again as pacman should have it. nfpm
// defines the functions of .INSTALL by bash's keyword, which fails where pacman
// runs another sh, leaves all regular files and links to root, and puts what
// describes the package at the end, where pacman has to unpack all to find it.
func mendArch(whole []byte, p Package, w io.Writer) error {
	packed, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	to := tar.NewWriter(packed)
	for _, describes := range []bool{true, false} {
		if err = mendEntries(whole, p.owners(), to, describes); err != nil {
			break
		}
	}
	return errors.Join(err, to.Close(), packed.Close())
}

// mendEntries copies the entries that describe the package, or its files.
func mendEntries(whole []byte, owners map[string]File, to *tar.Writer, describing bool) error {
	unpacked, err := zstd.NewReader(bytes.NewReader(whole))
	if err != nil {
		return err
	}
	defer unpacked.Close()
	from := tar.NewReader(unpacked)
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && strings.HasPrefix(h.Name, ".") == describing {
			err = mendEntry(from, h, owners, to)
		}
		if err != nil {
			return fmt.Errorf("cannot mend what nfpm wrote: %w", err)
		}
	}
}

func mendEntry(from io.Reader, h *tar.Header, owners map[string]File, to *tar.Writer) error {
	content := from
	if h.Name == ".INSTALL" {
		text, err := io.ReadAll(from)
		if err != nil {
			return err
		}
		text = posixFunctions(text)
		h.Size, content = int64(len(text)), bytes.NewReader(text)
	}
	h.Uname, h.Gname = "root", "root"
	if h.Typeflag == tar.TypeSymlink {
		h.Mode = 0o777
	}
	if f, ok := owners[h.Name]; ok {
		h.Uname, h.Gname = f.Owner, f.Group
	}
	if err := to.WriteHeader(h); err != nil {
		return err
	}
	_, err := io.Copy(to, content)
	return err
}

// posixFunctions returns the functions that nfpm wrote without the keyword.
func posixFunctions(text []byte) []byte {
	for _, name := range []string{"pre_install", "post_install", "pre_upgrade", "post_upgrade", "pre_remove", "post_remove"} {
		text = bytes.ReplaceAll(text, []byte("function "+name+"() {"), []byte(name+"() {"))
	}
	return text
}

// owners returns the files by their names in an archive.
func (p Package) owners() map[string]File {
	all := map[string]File{}
	for _, f := range p.Files {
		name := f.Path[1:]
		if f.Type == Dir {
			name += "/"
		}
		f.Owner, f.Group = orRoot(f.Owner), orRoot(f.Group)
		all[name] = f
	}
	return all
}

func orRoot(name string) string {
	if name == "" {
		return "root"
	}
	return name
}
