package pkgrepo

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ulikunitz/xz"
)

// index writes dists/SUITE: the lists of packages under their digests and under their names, then Release, and InRelease
// last (Debian's RepositoryFormat). apt fetches the files that InRelease names by digest (Acquire-By-Hash), so the old
// lists serve clients with the old InRelease until the next change.
func (f debs) index(r *repository, all []Package, archs []string) (bool, error) {
	dist := path.Join("deb/dists", r.o.Suite)
	lists, err := f.lists(all, archs)
	if err != nil {
		return false, err
	}
	old, err := r.read(path.Join(dist, "Release"))
	if err != nil {
		return false, err
	}
	release := func(at time.Time) []byte { return f.release(r, lists, archs, at) }
	text := release(r.now)
	if at, ok := releaseDate(old); ok && bytes.Equal(release(at), old) {
		text = old // only the date would change
	}
	changed := !bytes.Equal(text, old)
	keep := map[string]bool{}
	for _, l := range lists {
		hashed := path.Join(dist, path.Dir(l.name), "by-hash/SHA256", l.digest.sha256)
		keep[hashed] = true
		for _, name := range []string{hashed, path.Join(dist, l.name)} {
			if _, err := r.write(name, l.content); err != nil {
				return changed, err
			}
		}
	}
	if err := f.sign(r, dist, text); err != nil || !changed {
		return changed, err
	}
	for _, hashed := range releaseHashes(dist, old) {
		keep[hashed] = true
	}
	for _, arch := range archs {
		if err := r.removeOthers(path.Join(dist, "main/binary-"+arch, "by-hash"), keep); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// sign writes Release with its signatures, or removes those of a key that is no longer used. apt tries InRelease first.
func (debs) sign(r *repository, dist string, text []byte) error {
	files := map[string][]byte{"Release": text}
	order := []string{"Release.gpg", "Release", "InRelease"}
	if r.keys.pgp == nil {
		order = []string{"Release"}
	} else {
		var err error
		if files["Release.gpg"], err = r.keepSignature(path.Join(dist, "Release.gpg"), text); err != nil {
			return err
		}
		if files["InRelease"], err = r.keepClearSigned(path.Join(dist, "InRelease"), text); err != nil {
			return err
		}
	}
	for _, name := range order {
		if _, err := r.write(path.Join(dist, name), files[name]); err != nil {
			return err
		}
	}
	if r.keys.pgp != nil {
		return nil
	}
	for _, name := range []string{"InRelease", "Release.gpg"} {
		if old, err := r.read(path.Join(dist, name)); err != nil || old == nil {
			continue
		}
		if err := r.remove(path.Join(dist, name)); err != nil {
			return err
		}
	}
	return nil
}

// list is one file of an index.
type list struct {
	name    string // relative to the index's folder
	content []byte
	digest  digests
}

func newList(name string, content []byte) list {
	d, _, _ := digestOf(bytes.NewReader(content)) // from memory
	return list{name, content, d}
}

func (f debs) lists(all []Package, archs []string) ([]list, error) {
	var lists []list
	for _, arch := range archs {
		var b bytes.Buffer
		for _, p := range all {
			if p.Arch == arch || p.Arch == "all" {
				b.WriteString(f.paragraph(p) + "\n")
			}
		}
		name := "main/binary-" + arch + "/Packages"
		gz, err := compressGzip(b.Bytes())
		if err != nil {
			return nil, err
		}
		packed, err := compressXZ(b.Bytes())
		if err != nil {
			return nil, err
		}
		lists = append(lists, newList(name, b.Bytes()), newList(name+".gz", gz), newList(name+".xz", packed))
	}
	return lists, nil
}

// paragraph returns a package's entry in the list: its control file, and its path.
func (debs) paragraph(p Package) string {
	place := strings.TrimPrefix(debs{}.places(p, nil)[0], "deb/")
	control := strings.TrimRight(p.meta.(*debMeta).control, "\n")
	return fmt.Sprintf("%s\nFilename: %s\nSize: %d\nMD5sum: %s\nSHA256: %s\n", control, place, p.size, p.digest.md5, p.digest.sha256)
}

func (debs) release(r *repository, lists []list, archs []string, at time.Time) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "Origin: %s\nLabel: %s\nSuite: %s\nCodename: %s\n", r.o.Name, r.o.Name, r.o.Suite, r.o.Suite)
	fmt.Fprintf(&b, "Date: %s\nArchitectures: %s\nComponents: main\nAcquire-By-Hash: yes\n", at.UTC().Format(releaseTime), strings.Join(archs, " "))
	// Every list includes the packages for all architectures.
	b.WriteString("No-Support-for-Architecture-all: Packages\n")
	b.WriteString("MD5Sum:\n")
	for _, l := range lists {
		fmt.Fprintf(&b, " %s %d %s\n", l.digest.md5, len(l.content), l.name)
	}
	b.WriteString("SHA256:\n")
	for _, l := range lists {
		fmt.Fprintf(&b, " %s %d %s\n", l.digest.sha256, len(l.content), l.name)
	}
	return []byte(b.String())
}

const releaseTime = "Mon, 02 Jan 2006 15:04:05 UTC"

// releaseDate returns the date of a Release file.
func releaseDate(release []byte) (time.Time, bool) {
	_, rest, ok := bytes.Cut(release, []byte("\nDate: "))
	if !ok {
		return time.Time{}, false
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	at, err := time.Parse(releaseTime, string(line))
	return at, err == nil
}

// releaseHashes returns the files that a Release file names by digest.
func releaseHashes(dist string, release []byte) []string {
	_, sums, _ := bytes.Cut(release, []byte("\nSHA256:\n"))
	var names []string
	for line := range strings.Lines(string(sums)) {
		if fields := strings.Fields(line); len(fields) == 3 {
			names = append(names, path.Join(dist, path.Dir(fields[2]), "by-hash/SHA256", fields[0]))
		}
	}
	slices.Sort(names)
	return names
}

func compressGzip(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}

func compressXZ(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := xz.NewWriter(&out)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}
