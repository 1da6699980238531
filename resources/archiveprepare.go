package resources

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

func prepareArchive(in resource.Input, w *ArchiveWant) error {
	w.Path = w.Path.Canonical()
	if w.Path == "/" {
		return attrError("path", "must not be the root directory")
	}
	if w.Link.Set {
		w.Link.Value = w.Link.Value.Canonical()
	}
	if link := string(w.Link.Value); link == string(w.Path) || strings.HasPrefix(string(w.Path), link+"/") && link != "" {
		return attrError("link", "must not be the path, nor a folder above it")
	}
	if w.IsAbsent() {
		*w = ArchiveWant{Path: w.Path, Ensure: w.Ensure, Link: w.Link}
		return nil
	}
	w.Ensure = resource.Opt[string]{} // being declared says so
	if !w.Source.Set {
		return errors.New("needs source, the archive that it unpacks")
	}
	if _, err := ExcludeOf(w.Exclude.Value); err != nil {
		return err
	}
	f := FileWant{FileSource: w.FileSource}
	if err := f.readContent(in); err != nil {
		return err
	}
	w.Archive, w.FileSource = f.Content, f.FileSource
	digest, err := w.Archive.Digest()
	if err != nil {
		return &resource.AttrError{Attr: "source", Err: err}
	}
	w.Version = resource.Some(versionOfArchive(digest, w.Strip.Value, w.Exclude.Value))
	w.Differing = resource.Some([]string{})
	return nil
}

// ExcludeOf returns whether the patterns leave out a path. A folder that is left out is
// left out with all that is in it; the caller asks for each folder.
func ExcludeOf(patterns []string) (func(p string) bool, error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	return parseExclude(patterns)
}

// versionDigits is how many digits of a digest name a version.
const versionDigits = 12

// versionOfArchive names the selection of entries that is unpacked.
func versionOfArchive(digest string, strip int64, exclude []string) string {
	version := digest[:min(versionDigits, len(digest))]
	if strip == 0 && len(exclude) == 0 {
		return version
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q", strip, exclude))
	return version + "-" + hex.EncodeToString(sum[:3])
}

// archiveLinks returns the keys that an archive provides and needs. A thing below it
// needs it as it needs a directory.
func archiveLinks(w ArchiveWant) resource.Links {
	key := "path:" + string(w.Path)
	l := resource.Links{Provides: []string{key}}
	if w.Link.Set {
		l.Provides = append(l.Provides, "path:"+string(w.Link.Value))
	}
	l.Folders = []string{string(w.Path)}
	if w.IsAbsent() {
		return goneLinks(l, string(w.Path), TypeDirectory)
	}
	for _, p := range []resource.Text{w.Path, w.Link.Value} {
		if dir := path.Dir(string(p)); p != "" && dir != "/" && !strings.HasPrefix(dir+"/", string(w.Path)+"/") {
			l.Needs = append(l.Needs, needsOfPath("path:"+dir, "it lies in that directory")...)
		}
	}
	addNeed(&l, "user:", w.Owner.Value, "it belongs to that user")
	addNeed(&l, "group:", w.Group.Value, "it belongs to that group")
	return l
}

// archiveContradictions finds things that are declared where an archive replaces
// everything, and that cannot be taken along.
func archiveContradictions(rs []*resource.Resource) (diags hcl.Diagnostics) {
	for _, a := range rs {
		if a.Kind.Name != "archive" || a.Off || resource.WantsAbsent(a.Want) {
			continue
		}
		want := resource.Must[ArchiveWant](a.Want)
		for _, r := range rs {
			if r == a || r.Off || r.Kind.Links == nil || resource.WantsAbsent(r.Want) {
				continue
			}
			if d := archiveContradiction(a, want, r); d != nil {
				diags = append(diags, d)
			}
		}
	}
	return diags
}

func archiveContradiction(a *resource.Resource, want ArchiveWant, r *resource.Resource) *hcl.Diagnostic {
	for _, key := range r.Kind.Links(r.Want).Provides {
		p, ok := strings.CutPrefix(key, "path:")
		if !ok {
			if p, _, ok = resource.CutPartKey(key); !ok {
				continue
			}
		}
		link := string(want.Link.Value)
		switch {
		case strings.HasSuffix(p, "/"): // on the way to something
		case link != "" && (p == link || strings.HasPrefix(p, link+"/")):
			return archiveDiagnostic(a, r, fmt.Sprintf("%s declares %s, which is in the version that the link %s of %s leads to; another version would not have it.",
				r.Addr, strconv.Quote(p), strconv.Quote(link), a.Addr), "declare it outside of the versions, or unpack without link")
		case link == "" && strings.HasPrefix(p, string(want.Path)+"/") && (r.Kind.Name == "archive" || r.Kind.Name == "mount" || r.Kind.Name == "swap"):
			return archiveDiagnostic(a, r, fmt.Sprintf("%s is at %s, below %s, which %s replaces as a whole.", r.Addr, strconv.Quote(p), strconv.Quote(string(want.Path)), a.Addr),
				"put it beside that folder")
		}
	}
	return nil
}

func archiveDiagnostic(a, r *resource.Resource, what, hint string) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Contradiction", Subject: r.Range.Ptr(),
		Detail: fmt.Sprintf("%s %s is declared at %s:%d; %s.", what, a.Addr, a.Range.Filename, a.Range.Start.Line, hint),
	}
}
