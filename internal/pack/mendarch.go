package pack

import (
	"archive/tar"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// archFiles are the files of a package of Arch Linux.
type archFiles []File

// mend rewrites a package of Arch Linux in the form that pacman needs. nfpm defines the functions of .INSTALL with
// bash's keyword, which fails where pacman runs another sh, and puts the package's description at the end, where pacman
// only finds it after unpacking everything. All files belong to root until giveOwners runs, because pacman does not look
// up names when it unpacks, and nfpm names no owners.
func (all archFiles) mend(whole []byte, w io.Writer) error {
	packed, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	to := tar.NewWriter(packed)
	for _, describes := range []bool{true, false} {
		if err = all.mendEntries(whole, to, describes); err != nil {
			break
		}
	}
	return errors.Join(err, to.Close(), packed.Close())
}

// mendEntries copies either the entries that describe the package, or its files.
func (all archFiles) mendEntries(whole []byte, to *tar.Writer, describing bool) error {
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
			err = all.mendEntry(from, h, to)
		}
		if err != nil {
			return fmt.Errorf("cannot mend what nfpm wrote: %w", err)
		}
	}
}

func (all archFiles) mendEntry(from io.Reader, h *tar.Header, to *tar.Writer) error {
	content := from
	if h.Name == ".INSTALL" {
		text, err := io.ReadAll(from)
		if err != nil {
			return err
		}
		text = posixFunctions(text)
		h.Size, content = int64(len(text)), bytes.NewReader(text)
	}
	if h.Typeflag == tar.TypeReg && all.givesAway("/"+strings.Trim(h.Name, "/")) {
		h.Mode &^= 0o6000 // until giveOwners, the file belongs to root
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

// givesAway reports whether a file gets an owner or group other than root.
func (all archFiles) givesAway(path string) bool {
	return slices.ContainsFunc(all, func(f File) bool {
		owner, group := f.ownerAndGroup()
		return f.Path == path && (owner != "root" || group != "root")
	})
}

// posixFunctions returns nfpm's functions without the keyword.
func posixFunctions(text []byte) []byte {
	for _, name := range []string{"pre_install", "post_install", "pre_upgrade", "post_upgrade", "pre_remove", "post_remove"} {
		text = bytes.ReplaceAll(text, []byte("function "+name+"() {"), []byte(name+"() {"))
	}
	return text
}

// giveOwners returns the steps that set the owners of files in an Arch package. A change of the owner clears setuid and
// setgid of a file, so the mode is set again; folders keep theirs.
//
// No link is followed. In a folder of root, no other user can put a link. In one of another user, find descends without
// following links, and chown works in the folder that find holds open: a path could be redirected by that user's links.
func (all archFiles) giveOwners() string {
	var b strings.Builder
	for _, f := range all {
		owner, group := f.ownerAndGroup()
		if owner == "root" && group == "root" {
			continue
		}
		at := quoteWord(f.Path)
		if top := all.othersFolder(f.Path); top != "" {
			b.WriteString(giveBelow(top, f.Path, owner+":"+group))
			continue
		}
		fmt.Fprintf(&b, "chown -h %s:%s %s\n", owner, group, at)
		if f.Type != Dir && f.Type != Link && f.Mode > 0o777 {
			fmt.Fprintf(&b, "[ -L %s ] || chmod %o %s\n", at, f.Mode, at)
		}
	}
	return b.String()
}

// giveBelow sets the owner of a file below a folder of another user. The folder itself is in one of root, so that root
// controls its path, even if it is a link.
func giveBelow(top, file, owner string) string {
	steps := strings.Split(strings.TrimPrefix(file, top+"/"), "/")
	on := strings.Builder{} // it skips all folders except those on the path
	at := top
	for _, step := range steps[:len(steps)-1] {
		at += "/" + step
		on.WriteString(" ! -path " + quoteWord(escapeGlob(at)))
	}
	return fmt.Sprintf("find %s -mindepth 1 -maxdepth %d -path %s -execdir chown -h %s '{}' \\; -prune -o%s -prune\n",
		quoteWord(top+"/"), len(steps), quoteWord(escapeGlob(file)), owner, on.String())
}

// othersFolder returns the outermost parent of a path that the package gives to a user other than root; "" if there is
// none.
func (all archFiles) othersFolder(file string) string {
	top := ""
	for _, f := range all {
		if owner, group := f.ownerAndGroup(); f.Type != Dir || owner == "root" && (group == "root" || f.Mode&0o020 == 0) && f.Mode&0o002 == 0 {
			continue
		}
		if strings.HasPrefix(file, f.Path+"/") && (top == "" || len(f.Path) < len(top)) {
			top = f.Path
		}
	}
	return top
}

func (f File) ownerAndGroup() (owner, group string) {
	return cmp.Or(f.Owner, "root"), cmp.Or(f.Group, "root")
}

// quoteWord returns a text as a single word of a script.
func quoteWord(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// escapeGlob returns a pattern that matches only that text.
func escapeGlob(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(text)
}

// checkSetuid refuses files whose mode a script cannot set safely: a mode is set by a path, in which the owner of a
// folder can put a link to another program.
func (all archFiles) checkSetuid() error {
	for _, f := range all {
		owner, group := f.ownerAndGroup()
		if f.Type == Dir || f.Mode <= 0o777 || owner == "root" && group == "root" {
			continue
		}
		if top := all.othersFolder(f.Path); top != "" {
			return fmt.Errorf("%s has the mode %o, and %s above it is writable for others than root, who could have another file take that mode; put it into a folder of root's", f.Path, f.Mode, top)
		}
	}
	return nil
}
