package resources

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
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
	w.Ensure = resource.Opt[string]{} // a declaration implies it
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

// ExcludeOf returns a function that reports whether the patterns exclude a path. An excluded folder excludes all its
// contents; the caller asks for each folder.
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

// unpacksKey is the prefix of a key for things that are to be absent in an archive's folder: they come after it,
// because it may add them.
const unpacksKey = "unpacks:"

// archiveLinks returns the keys that an archive provides and needs. A thing below it needs it like a directory.
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
	l.Provides = append(l.Provides, unpacksKey+string(w.Path))
	for _, p := range []resource.Text{w.Path, w.Link.Value} {
		if dir := path.Dir(string(p)); p != "" && dir != "/" && !strings.HasPrefix(dir+"/", string(w.Path)+"/") {
			l.Needs = append(l.Needs, needsOfPath("path:"+dir, "it lies in that directory")...)
		}
	}
	addNeed(&l, "user:", w.Owner.Value, "it belongs to that user")
	addNeed(&l, "group:", w.Group.Value, "it belongs to that group")
	return l
}

// archiveContradictions finds declared things at places where an archive replaces everything and cannot keep them.
func archiveContradictions(rs []*resource.Resource) (diags hcl.Diagnostics) {
	archives := slices.DeleteFunc(slices.Clone(rs), func(r *resource.Resource) bool {
		return r.Kind.Name != "archive" || r.Off || r.WantsAbsent()
	})
	if len(archives) == 0 {
		return nil
	}
	wants, roots := make([]ArchiveWant, len(archives)), map[string]bool{}
	for i, a := range archives {
		wants[i] = resource.Must[ArchiveWant](a.Want)
		if roots[string(wants[i].Path)] = true; wants[i].Link.Set {
			roots[string(wants[i].Link.Value)] = true
		}
	}
	paths := listPlaces(rs, roots)
	for i, a := range archives {
		want := wants[i]
		known := map[*resource.Resource]bool{a: true}
		for _, p := range paths.below(string(want.Link.Value)) {
			if !known[p.r] {
				known[p.r] = true
				diags = append(diags, archiveDiagnostic(a, p.r, fmt.Sprintf("%s declares %s, which is in the version that the link %s of %s leads to; another version would not have it.",
					p.r.Addr, strconv.Quote(p.path), strconv.Quote(string(want.Link.Value)), a.Addr), "declare it outside of the versions, or unpack without link"))
			}
		}
		if want.Link.Set {
			continue
		}
		for _, p := range paths.below(string(want.Path)) {
			if kind := p.r.Kind.Name; !known[p.r] && p.path != string(want.Path) && (kind == "archive" || kind == "mount" || kind == "swap") {
				known[p.r] = true
				diags = append(diags, archiveDiagnostic(a, p.r, fmt.Sprintf("%s is at %s, below %s, which %s replaces as a whole.",
					p.r.Addr, strconv.Quote(p.path), strconv.Quote(string(want.Path)), a.Addr), "put it beside that folder"))
			}
		}
	}
	return diags
}

// place is a path at which a resource has something.
type place struct {
	path string
	r    *resource.Resource
}

// places are sorted by path, component by component.
type places []place

// listPlaces lists the places at or below one of the roots where resources want something to exist.
func listPlaces(rs []*resource.Resource, roots map[string]bool) (out places) {
	shortest := shortestOf(roots)
	for _, r := range rs {
		if r.Off || r.Kind.Links == nil {
			continue
		}
		for _, key := range r.Links().Provides {
			p, ok := strings.CutPrefix(key, "path:")
			if !ok {
				p, _, ok = resource.CutPartKey(key)
			}
			if !ok || strings.HasSuffix(p, "/") { // it is on the way to something else
				continue
			}
			if isBelowAny(p, roots, shortest) && !r.WantsAbsent() {
				out = append(out, place{p, r})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b place) int { return comparePaths(a.path, b.path) })
	return out
}

// shortestOf is the length of the shortest of the paths.
func shortestOf(roots map[string]bool) int {
	least := math.MaxInt
	for root := range roots {
		least = min(least, len(root))
	}
	return least
}

// isBelowAny reports whether a path is one of the roots, or below one. shortest is the length of the shortest root.
func isBelowAny(p string, roots map[string]bool, shortest int) bool {
	for len(p) >= shortest {
		if roots[p] {
			return true
		}
		i := strings.LastIndexByte(p, '/')
		if i <= 0 {
			return false
		}
		p = p[:i]
	}
	return false
}

// comparePaths orders paths so that a folder comes before its content.
func comparePaths(a, b string) int {
	for i := range min(len(a), len(b)) {
		switch {
		case a[i] == b[i]:
		case a[i] == '/':
			return -1
		case b[i] == '/':
			return 1
		default:
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// below returns the entries at and below a path; "": none.
func (ps places) below(dir string) places {
	if dir == "" {
		return nil
	}
	from, _ := slices.BinarySearchFunc(ps, dir, func(p place, dir string) int { return comparePaths(p.path, dir) })
	to := from
	for to < len(ps) && (ps[to].path == dir || strings.HasPrefix(ps[to].path, dir+"/")) {
		to++
	}
	return ps[from:to]
}

func archiveDiagnostic(a, r *resource.Resource, what, hint string) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Contradiction", Subject: r.Range.Ptr(),
		Detail: fmt.Sprintf("%s %s is declared at %s:%d; %s.", what, a.Addr, a.Range.Filename, a.Range.Start.Line, hint),
	}
}
