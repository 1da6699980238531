package resources

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Place are the attributes of every kind of thing at a path.
type Place struct {
	Type   string               `attr:"type"` // see [TypeFile]; an observed one may be of another type
	Path   resource.Text        `attr:"path"`
	Ensure resource.Opt[string] `attr:"ensure"`
}

// IsAbsent reports whether nothing should be at the path.
func (p *Place) IsAbsent() bool { return p.Ensure.Value == "absent" }

// Permissions are the attributes of every kind with an owner and a mode.
type Permissions struct {
	Mode   resource.Opt[string] `attr:"mode"`
	Owner  resource.Opt[string] `attr:"owner"`
	Group  resource.Opt[string] `attr:"group"`
	Xattrs resource.Opt[string] `attr:"xattrs"`
}

// Contents are the attributes of every kind with a content: the content, and how a change treats it.
type Contents struct {
	Content   *resource.Blob       `attr:"content"`
	OnEdit    resource.Opt[string] `attr:"on_edit"`
	Backup    resource.Opt[string] `attr:"backup"`
	Sensitive resource.Opt[bool]   `attr:"sensitive"`
}

// FileOptions are further attributes that file and template share.
type FileOptions struct {
	Contents
	Verify  resource.Opt[[]string] `attr:"verify"`
	Follow  resource.Opt[bool]     `attr:"follow"`
	Initial resource.Opt[bool]     `attr:"initial"` // the content is only for a new file
}

// FileSource are the attributes that determine the source of a file's content. A wanted file has them only if the
// content is fetched.
type FileSource struct {
	Source  resource.Opt[string] `attr:"source"`
	SHA256  resource.Opt[string] `attr:"sha256"`
	MaxSize resource.Opt[string] `attr:"max_size"`
}

// FileWant is the struct of the kind file.
type FileWant struct {
	Place
	Permissions
	FileOptions
	FileSource
	Force resource.Opt[bool] `attr:"force"`
}

// TemplateWant is the struct of the kind template. A wanted template lacks the attributes from which its content was
// rendered.
type TemplateWant struct {
	Place
	Permissions
	FileOptions
	Source resource.Opt[string] `attr:"source"`
	Inline resource.Opt[string] `attr:"inline"`
	Vars   cty.Value            `attr:"vars"`
	Force  resource.Opt[bool]   `attr:"force"`
}

// DirectoryOptions are the attributes that only a directory has.
type DirectoryOptions struct {
	Parents    resource.Opt[bool]     `attr:"parents"`
	Recurse    resource.Opt[bool]     `attr:"recurse"`
	Purge      resource.Opt[bool]     `attr:"purge"`
	IfEmpty    resource.Opt[bool]     `attr:"if_empty"`
	Differing  resource.Opt[[]string] `attr:"differing"`
	Undeclared resource.Opt[[]string] `attr:"undeclared"`
}

// DirectoryWant is the struct of the kind directory.
type DirectoryWant struct {
	Place
	Permissions
	DirectoryOptions
}

// LinkWant is the struct of the kind link.
type LinkWant struct {
	Place
	Target resource.Text        `attr:"target"`
	Owner  resource.Opt[string] `attr:"owner"`
	Group  resource.Opt[string] `attr:"group"`
	Force  resource.Opt[bool]   `attr:"force"`
}

// Entry is a wanted thing of any of these kinds, for code that serves them all.
type Entry struct {
	Place
	Permissions
	FileOptions
	FileSource
	DirectoryOptions
	Made
	Target resource.Text      `attr:"target"`
	Force  resource.Opt[bool] `attr:"force"`
	Copied resource.Opt[bool] `attr:"copied"` // it belongs to a tree

	Below *resource.Blob `attr:"below,recorded"` // the entries below a directory: lines of JSON, each a [Listed]
}

// Listed is what undoing a change needs of one path: in a listing, of one below a directory.
type Listed struct {
	Path   string `json:"path"`
	Type   string `json:"type"`
	Mode   string `json:"mode,omitempty"` // a link has none
	Owner  string `json:"owner"`
	Group  string `json:"group"`
	Target string `json:"target,omitempty"` // of a link
	Digest string `json:"digest,omitempty"` // of a file whose content is removed and kept
	Xattrs string `json:"xattrs,omitempty"` // extended attributes of removed entries
	Links  uint64 `json:"links,omitempty"`  // names of a removed file, if it has several

	// Ungranted is set for a program that loses its set-id bits with its owner, as recurse changes it.
	Ungranted bool `json:"ungranted,omitempty"`
}

// CopyTo replaces everything that is listed in an entry, except its path.
func (l *Listed) CopyTo(out *Entry) {
	out.Type, out.Target = l.Type, resource.Text(l.Target)
	out.Permissions = Permissions{
		Mode: resource.NonEmpty(l.Mode), Owner: resource.NonEmpty(l.Owner), Group: resource.NonEmpty(l.Group), Xattrs: resource.NonEmpty(l.Xattrs),
	}
}

// Values of the attribute "type", which distinguishes the four kinds of the file system for the one provider that
// serves them all.
const (
	TypeFile      = "file"
	TypeDirectory = "directory"
	TypeLink      = "link"

	// TypeAny is the type of an entry of a tree that should be absent, of any type.
	TypeAny = "any"
)

// ParkedSuffix is added to the path of an edited file that is kept
// (on_edit = "keep"): converge writes its own content under that name.
const ParkedSuffix = ".converge-new"

// checkPath demands a path in the sense of DESIGN: absolute and clean.
func checkPath(v cty.Value) error {
	p := v.AsString()
	switch {
	case p == "~" || strings.HasPrefix(p, "~/"):
		return errors.New("must be an absolute path, and ~ is not expanded: " + strconv.Quote("/root"+p[1:]) + " for root")
	case !strings.HasPrefix(p, "/"):
		return errors.New("must be an absolute path, which begins with a slash")
	case strings.ContainsRune(p, 0):
		return errors.New("must not contain a NUL byte")
	case path.Clean(p) != p:
		return errors.New("must be a clean path: " + strconv.Quote(path.Clean(p)))
	}
	return nil
}

func checkName(v cty.Value) error {
	s := v.AsString()
	if user, group, ok := strings.Cut(s, ":"); ok && user != "" && group != "" && !strings.ContainsAny(s, "/\n\x00") {
		return fmt.Errorf("must be a name or a number alone. The owner and the group are two attributes: owner = %q and group = %q", user, group)
	}
	return require(s != "" && !strings.ContainsAny(s, ":/\n\x00"), "must be a name or a number")
}

// pathLinks returns the keys that a path provides and needs. Keys of ancestors are slices of the one key: sites have
// many paths, and few of them are short.
func pathLinks(want Entry) resource.Links {
	p := string(want.Path)
	key := "path:" + p
	l := resource.Links{Provides: []string{key}}
	typ := want.Type
	if want.IsAbsent() {
		l.NoLink = typ == TypeLink
		if typ != TypeDirectory {
			l.Whole = l.Provides[:1:1]
		}
		l.Provides = append(l.Provides, want.besides(key)...)
		if unit := UnitOf(p); unit != "" {
			l.Shares = append(l.Shares, "gone unit:"+unit)
			if typ != TypeDirectory && (path.Base(p) == unit || path.Dir(p) == "/etc/init.d") { // not a drop-in
				l.Ends = []string{"unit:" + unit}
			}
		}
		return linkManagerFile(goneLinks(l, p, typ), p, nil)
	}
	l.Follows = typ == TypeDirectory || want.Follow.Value
	l.Leads = string(want.Target)
	if typ == TypeLink || want.Content != nil {
		l.Whole = l.Provides[:1:1]
	}
	l.Needs = make([]resource.Need, 0, strings.Count(key, "/")) // a directory for each but the root, and one of onTheWay
	for i := strings.LastIndexByte(key, '/'); i > len("path:"); i = strings.LastIndexByte(key[:i], '/') {
		l.Needs = append(l.Needs, resource.Need{Key: key[:i], Reason: "it lies in that directory"})
	}
	l = onTheWay(l, key, want.Parents.Value && typ == TypeDirectory)
	addNeed(&l, "user:", want.Owner.Value, "it belongs to that user")
	addNeed(&l, "group:", want.Group.Value, "it belongs to that group")
	l.Provides = append(l.Provides, want.besides(key)...)
	needCheck(&l, want.Verify.Value)
	l = linkManagerFile(l, p, want.Content)
	if unit := UnitOf(p); unit != "" && typ != TypeDirectory {
		if isDropIn(p) { // it makes no unit
			l.Shares = append(l.Shares, "unit:"+unit)
		} else {
			l.Provides = append(l.Provides, "unit:"+unit)
			l.Names = unitAlias(unit, l.Leads)
		}
	}
	return l
}

// needCheck orders the program that checks a new content before it.
func needCheck(l *resource.Links, verify []string) {
	if len(verify) > 0 && strings.HasPrefix(verify[0], "/") {
		l.Needs = append(l.Needs, resource.Need{Key: "path:" + resource.CanonicalPath(verify[0]), Reason: "that checks it", Soft: true})
	}
}

// onTheWay connects the content of an undeclared folder to the directory whose parents = true makes that folder. The
// key of such a folder ends in a slash, so that it is never mistaken for a declared one.
func onTheWay(l resource.Links, key string, parents bool) resource.Links {
	i := strings.LastIndexByte(key, '/')
	if i == len("path:") {
		return l // it is in the root
	}
	if !parents {
		l.Needs = append(l.Needs, resource.Need{Key: key[:i+1], Reason: "it makes that directory on the way"})
		return l
	}
	for ; i > len("path:"); i = strings.LastIndexByte(key[:i], '/') {
		l.Provides = append(l.Provides, key[:i+1])
	}
	return l
}

// besides are the keys of files that converge itself puts beside a file: a directory with purge must not treat them as
// undeclared.
func (f *Contents) besides(key string) (keys []string) {
	if suffix := f.Backup.Value; suffix != "" {
		keys = append(keys, resource.CanonicalPath(key+suffix))
	}
	if f.OnEdit.Value == "keep" {
		keys = append(keys, key+ParkedSuffix)
	}
	return keys
}

// goneLinks reverses the order for removals: a directory is removed after all declared removals in it.
func goneLinks(l resource.Links, p, typ string) resource.Links {
	l.Provides = append(l.Provides, pathKeys("gone in:", p)[1:]...)
	for _, key := range pathKeys(unpacksKey, p)[1:] {
		l.Needs = append(l.Needs, resource.Need{Key: key, Reason: "that unpacks an archive around it"})
	}
	if typ == TypeDirectory {
		l.Needs = append(l.Needs, resource.Need{Key: "gone in:" + p, Reason: "it is removed after what lies in it", Removal: true})
	}
	return l
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// Purges reports whether a resource removes undeclared entries from its folder.
func Purges(r *resource.Resource) bool {
	if r.Kind.Name != "directory" && r.Kind.Name != "tree" || r.WantsAbsent() {
		return false
	}
	return resource.Must[Entry](r.Want).Purge.Value
}
