package pack

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/apk"
	"github.com/goreleaser/nfpm/v2/arch"
	"github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	"github.com/goreleaser/nfpm/v2/rpm"
)

// Build writes p in a format. The same p makes the same bytes.
func Build(ctx context.Context, p Package, format string, w io.Writer) error {
	p = p.withDefaults()
	if err := p.check(format); err != nil {
		return err
	}
	stage, err := newStage(p.MTime)
	if err != nil {
		return fmt.Errorf("cannot build %s: %w", p.Name, err)
	}
	defer stage.remove()
	info, err := p.describe(format, stage)
	if err == nil {
		err = write(ctx, p, format, info, w)
	}
	if err != nil {
		return fmt.Errorf("cannot build %s as %s: %w", p.Name, format, err)
	}
	return nil
}

// write writes the package with nfpm.
func write(ctx context.Context, p Package, format string, info *nfpm.Info, w io.Writer) error {
	w = stoppable{ctx, w}
	switch format {
	case Deb:
		return deb.Default.Package(info, w)
	case RPM:
		return rpm.DefaultRPM.Package(info, w)
	case APK:
		return apk.Default.Package(info, w)
	}
	var whole bytes.Buffer
	if err := arch.Default.Package(info, stoppable{ctx, &whole}); err != nil {
		return err
	}
	return archFiles(p.Files).mend(whole.Bytes(), w)
}

// stoppable is a writer that fails after the end of its context.
type stoppable struct {
	ctx context.Context
	w   io.Writer
}

func (s stoppable) Write(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(b)
}

// withDefaults returns p with all fields set that a format needs.
func (p Package) withDefaults() Package {
	p.Release = cmp.Or(p.Release, "1")
	p.Arch = cmp.Or(p.Arch, "all")
	p.Summary = cmp.Or(p.Summary, p.Name)
	p.Maintainer = cmp.Or(p.Maintainer, "Unknown <unknown@localhost>")
	p.Section = cmp.Or(p.Section, "misc")
	if p.MTime.IsZero() {
		p.MTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		if len(p.Changelog) > 0 {
			p.MTime = p.Changelog[0].Time
		}
	}
	p.MTime = p.MTime.UTC().Truncate(time.Second)
	return p
}

// describe returns the description that nfpm writes.
func (p Package) describe(format string, stage *stage) (*nfpm.Info, error) {
	version, err := versionOf(p.Version, format)
	if err != nil {
		return nil, err
	}
	relations, err := p.relationsOf(format)
	if err != nil {
		return nil, err
	}
	info := &nfpm.Info{
		Overridables: relations, Name: p.Name, Arch: p.Arch, Platform: "linux",
		Epoch: p.Epoch, Version: version, VersionSchema: "none", Release: p.Release,
		Section: p.Section, Priority: p.Priority, Maintainer: p.Maintainer, Vendor: p.Vendor,
		Description: p.describeFor(format), Homepage: p.Homepage, License: p.License,
		DisableGlobbing: true, MTime: p.MTime,
	}
	info.RPM.Summary, info.RPM.BuildHost = p.Summary, "localhost"
	info.ArchLinux.Packager = p.Maintainer
	if len(p.Users) > 0 {
		info.Deb.Predepends = []string{"passwd"} // the users are made before anything is unpacked
	}
	if err := p.addFiles(info, format, stage); err != nil {
		return nil, err
	}
	if err := p.addScripts(info, format, stage); err != nil {
		return nil, err
	}
	return info, p.addChangelog(info, format, stage)
}

// describeFor returns the description in the form of a format: in a deb it begins with the summary.
func (p Package) describeFor(format string) string {
	switch {
	case format == RPM:
		return cmp.Or(p.Description, p.Summary)
	case format == Deb && p.Description != "":
		return p.Summary + "\n" + p.Description
	}
	return p.Summary
}

// addFiles adds the files; it stages those that are not files of this machine.
func (p Package) addFiles(info *nfpm.Info, format string, stage *stage) error {
	all := slices.Clone(p.Files)
	for _, u := range p.Units {
		all = append(all, File{Path: unitDir + u.Name, Content: u.Content})
	}
	if format == Deb && len(p.Changelog) > 0 {
		all = append(all, p.debChangelog())
	}
	for _, f := range all {
		c := &files.Content{Destination: f.Path, FileInfo: &files.ContentFileInfo{
			Owner: f.Owner, Group: f.Group, Mode: os.FileMode(f.Mode), MTime: p.MTime,
		}}
		var err error
		switch f.Type {
		case Dir:
			c.Type, c.FileInfo.Mode = files.TypeDir, cmp.Or(c.FileInfo.Mode, 0o755)
		case Link:
			c.Type, c.Source, c.FileInfo.Mode = files.TypeSymlink, f.Target, 0o777
		default:
			c.Type, c.FileInfo.Mode = typeOf(f), cmp.Or(c.FileInfo.Mode, 0o644)
			c.Source, err = stage.source(f)
		}
		if err != nil {
			return err
		}
		info.Contents = append(info.Contents, c)
	}
	return p.keepParents(info, format)
}

// keepParents declares the folders that nfpm would give to the owner of a file in them: /etc/app belongs to root,
// regardless of the owner of /etc/app/app.ini.
func (p Package) keepParents(info *nfpm.Info, format string) error {
	if format == Arch {
		format = "archlinux"
	}
	all, err := files.PrepareForPackager(info.Contents, 0, format, true, p.MTime)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Type == files.TypeImplicitDir && (c.FileInfo.Owner != "root" || c.FileInfo.Group != "root") {
			info.Contents = append(info.Contents, &files.Content{
				Destination: c.Destination, Type: files.TypeDir, FileInfo: &files.ContentFileInfo{Mode: 0o755, MTime: p.MTime},
			})
		}
	}
	return nil
}

// typeOf returns nfpm's name for the type of a file with a content.
func typeOf(f File) string {
	switch {
	case f.Type != Config:
		return files.TypeFile
	case f.Replace:
		return files.TypeConfig
	}
	return files.TypeConfigNoReplace
}
