package pack

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"strings"
	"time"

	"github.com/goreleaser/nfpm/v2"
	"go.yaml.in/yaml/v3"
)

// addChangelog adds the changelog if the format supports it. A deb contains it as a file, see debChangelog; pacman and
// apk do not support one.
func (p Package) addChangelog(info *nfpm.Info, format string, stage *stage) error {
	if format != RPM || len(p.Changelog) == 0 {
		return nil
	}
	type note struct {
		Note string `yaml:"note"`
	}
	type entry struct {
		Semver   string    `yaml:"semver"`
		Date     time.Time `yaml:"date"`
		Packager string    `yaml:"packager"`
		Changes  []note    `yaml:"changes"`
	}
	var all []entry
	for _, c := range p.Changelog {
		e := entry{Semver: c.Version, Date: c.Time.UTC(), Packager: cmp.Or(c.Author, p.Maintainer)}
		for _, n := range c.Notes {
			e.Changes = append(e.Changes, note{n})
		}
		all = append(all, e)
	}
	text, err := yaml.Marshal(all)
	if err == nil {
		info.Changelog, err = stage.add(text)
	}
	return err
}

// debChangelog returns the file with a deb's changelog, in the format of deb-changelog(5).
func (p Package) debChangelog() File {
	var text strings.Builder
	for i, c := range p.Changelog {
		if i > 0 {
			text.WriteString("\n")
		}
		fmt.Fprintf(&text, "%s (%s) stable; urgency=medium\n\n", p.Name, c.Version)
		for _, n := range c.Notes {
			fmt.Fprintf(&text, "  * %s\n", strings.ReplaceAll(strings.TrimSpace(n), "\n", "\n    "))
		}
		fmt.Fprintf(&text, "\n -- %s  %s\n", cmp.Or(c.Author, p.Maintainer), c.Time.UTC().Format(time.RFC1123Z))
	}
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level exists
	_, _ = w.Write([]byte(text.String()))                      // into memory
	_ = w.Close()
	return File{Path: "/usr/share/doc/" + p.Name + "/changelog.Debian.gz", Content: packed.Bytes()}
}
