package resources

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// pathPast is the past of a thing at a path, with its states decoded.
type pathPast struct {
	*resource.Past
	before, after Entry
}

// revertFile is Undo for the four kinds of the file system. It restores a thing
// of the former type.
func revertFile(past resource.Past, before, after Entry) ([]resource.RevertTarget, error) {
	p := pathPast{&past, before, after}
	below, err := p.revertBelow()
	if err != nil {
		return nil, err
	}
	us, err := p.revertPath()
	for i := range us {
		if err := p.completeTarget(&us[i]); err != nil {
			return nil, err
		}
	}
	return append(us, below...), err
}

// completeTarget adds to u the attributes that every restored thing has.
func (p *pathPast) completeTarget(u *resource.RevertTarget) error {
	for name, set := range map[string]resource.Opt[bool]{"follow": p.after.Follow, "sensitive": p.after.Sensitive} {
		if set.Set && !p.WasRemoved() {
			u.Want[name], u.Made[name] = cty.BoolVal(set.Value), cty.BoolVal(set.Value)
		}
	}
	want, err := resource.DecodeRecorded[Entry](cty.ObjectVal(u.Want))
	if err != nil {
		return err
	}
	made, err := resource.DecodeRecorded[Entry](cty.ObjectVal(u.Made))
	if err != nil {
		return err
	}
	if c := made.Content; c != nil && c.Sealed() == "" {
		digest, err := c.Digest()
		if err != nil {
			return err
		}
		u.Made["content"] = resource.BlobVal(resource.DigestBlob(digest, -1, c.Open)) // compared by its digest alone
	}
	if want.Content != nil {
		if (p.WasRemoved() || p.before.Type != p.after.Type) && !p.Written {
			hide(u, want.Mode.Value)
		}
		if err := checkKept(p.Past, want.Content); err != nil {
			return err
		}
	}
	if x := p.before.Xattrs; x.Set && !want.IsAbsent() {
		u.Want["xattrs"] = cty.StringVal(x.Value)
	}
	delete(u.Made, "xattrs")
	return nil
}

func (p *pathPast) revertPath() ([]resource.RevertTarget, error) {
	was, is := p.before.Type, p.after.Type
	if p.WasCreated() || was == is && !p.WasRemoved() {
		us, err := p.RevertAttrs(nil)
		for _, u := range us {
			u.Want["type"] = cty.StringVal(is)
			u.Made["type"] = cty.StringVal(is)
			if is == TypeDirectory && p.WasCreated() {
				u.Want["if_empty"] = cty.True
			}
			p.restoreGrants(u.Want)
			if _, replaced := u.Want["target"]; replaced && !p.WasCreated() { // the new link belongs to who made it
				maps.Copy(u.Want, resource.PickAttrs(resource.AttrsOf(p.Before), "owner", "group"))
			}
			for _, list := range []string{"differing", "undeclared"} { // the entries below, see there
				delete(u.Want, list)
				delete(u.Made, list)
			}
		}
		return slices.DeleteFunc(us, func(u resource.RevertTarget) bool { return len(u.Want) <= 2 }), err
	}
	want, err := thingOf(was, resource.AttrsOf(p.Before))
	if err != nil {
		return nil, err
	}
	want["path"] = p.Identity()["path"]
	if !p.WasRemoved() {
		want["force"] = cty.True
	}
	made := p.AsMade()
	made["type"] = cty.StringVal(is)
	if p.WasRemoved() {
		// Nothing of any type may exist there.
		made = absentEntry(was, want["path"])
	}
	u := resource.RevertTarget{Kind: was, Want: want, Made: made}
	if was == TypeFile && p.Kind.Name == "template" {
		u.Kind = "" // the kind template makes files, too
	}
	return []resource.RevertTarget{u}, nil
}

// restoreGrants wants the set-id bits back that a program lost when it changed hands.
func (p *pathPast) restoreGrants(want map[string]cty.Value) {
	_, owner := want["owner"]
	_, group := want["group"]
	mode, err := ParseMode(p.before.Mode.Value)
	if (owner || group) && p.before.Type == TypeFile && err == nil && mode.octal&0o6000 != 0 {
		want["mode"] = cty.StringVal(p.before.Mode.Value)
	}
}

// absentEntry is the state in which there is nothing at a path.
func absentEntry(typ string, path cty.Value) map[string]cty.Value {
	return map[string]cty.Value{"type": cty.StringVal(typ), "path": path, "ensure": cty.StringVal("absent")}
}

// thingOf selects the attributes that a thing of that type has.
func thingOf(typ string, m map[string]cty.Value) (map[string]cty.Value, error) {
	switch typ {
	case TypeFile:
		return resource.PickAttrs(m, "type", "path", "content", "mode", "owner", "group", "xattrs"), nil
	case TypeDirectory:
		return resource.PickAttrs(m, "type", "path", "mode", "owner", "group", "xattrs"), nil
	case TypeLink:
		return resource.PickAttrs(m, "type", "path", "target", "owner", "group"), nil
	default:
		return nil, resource.Lasting(fmt.Errorf("there was a %s, which cannot be made again", typ))
	}
}

// canBeMade reports whether a rollback can create an entry of that type: not a pipe, a socket or a device.
func canBeMade(typ string) bool { return typ == TypeFile || typ == TypeDirectory || typ == TypeLink }

// leftOfPath is Leaves for the kinds of the file system. It names the entries below a directory that a rollback cannot
// make again as they were.
func leftOfPath(p resource.Past) []string {
	if !resource.ListsBelow(p.Before) {
		return nil
	}
	before, err := resource.DecodeRecorded[Entry](p.Before)
	if err != nil {
		return nil // Revert returns it
	}
	var out []string
	_ = eachListed(before.Below, func(e Listed) error { // Revert returns the error
		if lost := DescribeUnmakeable(e); lost != "" {
			out = append(out, lost)
		}
		return nil
	})
	return out
}

// DescribeUnmakeable names what a rollback cannot make again of a removed entry; "": it makes all of it.
func DescribeUnmakeable(e Listed) string {
	switch {
	case !canBeMade(e.Type):
		return fmt.Sprintf("the %s %s", e.Type, e.Path)
	case e.Links > 1:
		return "the hard links of " + e.Path
	}
	return ""
}

// eachListed visits the entries of a list of what was below a directory.
func eachListed(below *resource.Blob, visit func(Listed) error) error {
	r, err := below.Open()
	if err != nil {
		return fmt.Errorf("cannot tell what lay in it: %w", err)
	}
	defer r.Close()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e Listed
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("cannot tell what lay in it: %w", err)
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return lines.Err()
}

// hide keeps a content that not everybody may read from being shown. For a removed thing that converge has not written
// it is not known whether the content is sensitive. For a changed thing it is, and the change has shown it.
func hide(u *resource.RevertTarget, mode string) {
	if content := resource.AsBlob(u.Want["content"]); content != nil && content.Same(resource.BytesBlob(nil)) { // as of a file with only its mode declared
		return
	}
	m, err := ParseMode(mode)
	if err == nil && m.Apply(0, false)&0o004 == 0 {
		u.Want["sensitive"], u.Presumed = cty.True, true
	}
}

// findContent returns an old content by its digest. A content that is not kept is an error, unless it may still be in
// place.
func findContent(p *resource.Past, digest string) (*resource.Blob, error) {
	content, err := p.Content(digest)
	if err == nil {
		err = checkKept(p, content)
	} else if p.Unfinished {
		return resource.DigestBlob(digest, -1, func() (io.ReadCloser, error) { return nil, err }), nil
	}
	return content, err
}

// checkKept returns an error if an old content is not kept, unless it may still be in place.
func checkKept(p *resource.Past, content *resource.Blob) error {
	if p.Unfinished {
		return nil
	}
	return content.CheckReadable()
}

// revertBelow puts back entries that were removed with a directory, or whose permissions were changed.
func (p *pathPast) revertBelow() ([]resource.RevertTarget, error) {
	if p.before.Below == nil {
		return nil, nil
	}
	var out []resource.RevertTarget
	onlyGiven := map[string]bool{} // other permissions
	if !p.WasRemoved() {
		for _, path := range p.before.Differing.Value {
			onlyGiven[path] = true
		}
	}
	err := eachListed(p.before.Below, func(e Listed) error {
		if !canBeMade(e.Type) {
			return nil // leftOfPath names it
		}
		u, err := p.revertEntry(e, onlyGiven[e.Path])
		if err != nil {
			return fmt.Errorf("%s: %w", e.Path, err)
		}
		out = append(out, u)
		return nil
	})
	return out, err
}

// revertEntry is the target for one listed path; perms means that only its permissions were changed.
func (p *pathPast) revertEntry(e Listed, perms bool) (resource.RevertTarget, error) {
	was := Entry{Place: Place{Path: resource.Text(e.Path)}}
	e.CopyTo(&was)
	want, err := thingOf(e.Type, resource.EncodeAttrs(was))
	if err != nil {
		return resource.RevertTarget{}, err
	}
	u := resource.RevertTarget{Kind: e.Type, Name: e.Path, Want: want}
	if perms {
		u.Made = resource.PickAttrs(want, "type", "path")
		maps.Copy(u.Made, resource.PickAttrs(resource.AttrsOf(p.After), "owner", "group"))
		if mode := RecursedMode(p.after.Mode.Value, e); mode != "" {
			u.Made["mode"] = cty.StringVal(mode)
		}
		return u, nil
	}
	u.Made = absentEntry(e.Type, want["path"])
	if e.Type == TypeFile {
		content, err := findContent(p.Past, e.Digest)
		if err != nil {
			return u, err
		}
		want["content"] = resource.BlobVal(content)
		hide(&u, e.Mode)
	}
	return u, nil
}
