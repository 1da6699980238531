package pkgrepo

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
)

// index writes the database of each architecture, NAME.db and NAME.files, like repo-add. A database of pacman has one
// version of a package: the newest. The others are for pacman -U.
func (f arches) index(r *repository, all []Package, archs []string) (bool, error) {
	changed := false
	for _, arch := range archs {
		var newest []Package
		for i, p := range all { // in order, the newest last
			if goArch(p.Arch) != arch && p.Arch != "any" {
				continue
			}
			if i+1 < len(all) && all[i+1].Name == p.Name && all[i+1].Arch == p.Arch {
				continue
			}
			newest = append(newest, p)
		}
		c, err := f.database(r, newest, kernelArch(arch))
		if err != nil {
			return changed, err
		}
		changed = changed || c
	}
	return changed, r.signPackages(f, all, archs)
}

func (f arches) database(r *repository, all []Package, arch string) (bool, error) {
	dir := path.Join("arch", arch)
	changed := false
	if err := r.signPackages(f, all, []string{goArch(arch)}); err != nil {
		return false, err
	}
	for _, kind := range []string{"files", "db"} {
		content, err := f.archive(r, all, arch, kind == "files")
		if err != nil {
			return changed, err
		}
		for _, name := range []string{r.o.Name + "." + kind + ".tar.gz", r.o.Name + "." + kind} {
			name = path.Join(dir, name)
			if err := r.keepBeside(name, content); err != nil {
				return changed, err
			}
			c, err := r.write(name, content)
			if err != nil {
				return changed, err
			}
			changed = changed || c
		}
	}
	return changed, nil
}

// keepBeside writes NAME.sig, or removes it if no key signs.
func (r *repository) keepBeside(name string, content []byte) error {
	if r.keys.pgp == nil {
		old, err := r.read(name + ".sig")
		if err != nil || old == nil {
			return err
		}
		return r.remove(name + ".sig")
	}
	sig, err := r.keepBinarySignature(name+".sig", content)
	if err == nil {
		_, err = r.write(name+".sig", sig)
	}
	return err
}

// signPackages writes the signature of each package beside it: pacman requires one by default.
func (r *repository) signPackages(f family, all []Package, archs []string) error {
	for _, p := range all {
		if r.o.DryRun {
			return nil // a dry run may not have filed it
		}
		content, err := r.read(p.file)
		if err != nil {
			return err
		}
		for _, place := range f.places(p, archs) {
			if err := r.keepBeside(place, content); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f arches) archive(r *repository, all []Package, arch string, withFiles bool) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	t := tar.NewWriter(z)
	for _, p := range all {
		m := p.meta.(*archMeta)
		seconds, _ := strconv.ParseInt(m.info.one("builddate"), 10, 64)
		at := time.Unix(max(0, min(seconds, 1<<33)), 0)
		folder := p.Name + "-" + p.Version + "/"
		desc, err := f.describe(r, p, arch)
		if err == nil {
			err = t.WriteHeader(&tar.Header{Name: folder, Typeflag: tar.TypeDir, Mode: 0o755, ModTime: at, Uname: "root", Gname: "root"})
		}
		if err == nil {
			err = addText(t, folder+"desc", desc, at)
		}
		if err == nil && withFiles {
			err = addText(t, folder+"files", "%FILES%\n"+strings.Join(m.files, "\n")+"\n", at)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}

func addText(t *tar.Writer, name, text string, at time.Time) error {
	err := t.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text)), ModTime: at, Uname: "root", Gname: "root"})
	if err == nil {
		_, err = io.WriteString(t, text)
	}
	return err
}

// describe returns a desc file: paragraphs of %NAME% and values.
func (f arches) describe(r *repository, p Package, arch string) (string, error) {
	info := p.meta.(*archMeta).info
	place := path.Join("arch", arch, path.Base(f.places(p, []string{goArch(arch)})[0]))
	var signature []string
	if r.keys.pgp != nil && !r.o.DryRun {
		sig, err := r.read(place + ".sig")
		if err != nil {
			return "", err
		}
		signature = []string{base64.StdEncoding.EncodeToString(sig)}
	}
	var b strings.Builder
	for _, field := range []struct {
		name   string
		values []string
	}{
		{"FILENAME", []string{path.Base(place)}}, {"NAME", []string{p.Name}}, {"BASE", info["pkgbase"]}, {"VERSION", []string{p.Version}},
		{"DESC", info["pkgdesc"]}, {"GROUPS", info["group"]}, {"CSIZE", []string{strconv.FormatInt(p.size, 10)}}, {"ISIZE", info["size"]},
		{"MD5SUM", []string{p.digest.md5}}, {"SHA256SUM", []string{p.digest.sha256}}, {"PGPSIG", signature},
		{"URL", info["url"]}, {"LICENSE", info["license"]}, {"ARCH", []string{p.Arch}}, {"BUILDDATE", info["builddate"]}, {"PACKAGER", info["packager"]},
		{"REPLACES", info["replaces"]}, {"CONFLICTS", info["conflict"]}, {"PROVIDES", info["provides"]},
		{"DEPENDS", info["depend"]}, {"OPTDEPENDS", info["optdepend"]}, {"MAKEDEPENDS", info["makedepend"]}, {"CHECKDEPENDS", info["checkdepend"]},
	} {
		if len(field.values) > 0 {
			fmt.Fprintf(&b, "%%%s%%\n%s\n\n", field.name, strings.Join(field.values, "\n"))
		}
	}
	return b.String(), nil
}
