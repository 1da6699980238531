package pack

import (
	"archive/tar"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// mendArch writes a package of Arch Linux again as pacman should have it. nfpm
// defines the functions of .INSTALL by bash's keyword, which fails where pacman
// runs another sh, and puts what describes the package at the end, where pacman
// has to unpack all to find it. All is root's until giveOwners: pacman looks no
// names up when it unpacks.
func mendArch(whole []byte, w io.Writer) error {
	packed, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	to := tar.NewWriter(packed)
	for _, describes := range []bool{true, false} {
		if err = mendEntries(whole, to, describes); err != nil {
			break
		}
	}
	return errors.Join(err, to.Close(), packed.Close())
}

// mendEntries copies the entries that describe the package, or its files.
func mendEntries(whole []byte, to *tar.Writer, describing bool) error {
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
			err = mendEntry(from, h, to)
		}
		if err != nil {
			return fmt.Errorf("cannot mend what nfpm wrote: %w", err)
		}
	}
}

func mendEntry(from io.Reader, h *tar.Header, to *tar.Writer) error {
	content := from
	if h.Name == ".INSTALL" {
		text, err := io.ReadAll(from)
		if err != nil {
			return err
		}
		text = posixFunctions(text)
		h.Size, content = int64(len(text)), bytes.NewReader(text)
	}
	if cmp.Or(h.Uname, "root") != "root" || cmp.Or(h.Gname, "root") != "root" {
		h.Mode &^= 0o6000 // until giveOwners, the file is root's
	}
	h.Uname, h.Gname = "root", "root"
	if h.Typeflag == tar.TypeSymlink {
		h.Mode = 0o777
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

// giveOwners returns the steps that give files of an Arch package to their owners.
// A change of the owner takes setuid and setgid away, so the mode is set again.
func (p Package) giveOwners() string {
	var b strings.Builder
	for _, f := range p.Files {
		owner, group := cmp.Or(f.Owner, "root"), cmp.Or(f.Group, "root")
		if owner == "root" && group == "root" {
			continue
		}
		path := "'" + strings.ReplaceAll(f.Path, "'", `'\''`) + "'"
		fmt.Fprintf(&b, "chown -h %s:%s %s\n", owner, group, path)
		if f.Mode > 0o777 {
			fmt.Fprintf(&b, "chmod %o %s\n", f.Mode, path)
		}
	}
	return b.String()
}
