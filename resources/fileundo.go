package resources

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// revertFile is Undo for the four kinds of the file system. It restores a thing
// of the former type.
func revertFile(p resource.Past) ([]resource.Undone, error) {
	below, err := revertBelow(&p)
	if err != nil {
		return nil, err
	}
	us, err := revertPath(&p)
	for i := range us {
		u := &us[i]
		for _, name := range []string{"follow", "sensitive"} {
			if v := resource.GetAttr(p.After, name); v != cty.NilVal && !p.WasRemoved() {
				u.Want[name], u.Made[name] = v, v
			}
		}
		if c := resource.AsBlob(u.Made["content"]); c != nil && c.Sealed() == "" {
			digest, err := c.Digest()
			if err != nil {
				return nil, err
			}
			u.Made["content"] = resource.BlobVal(resource.DigestBlob(digest, -1, c.Open)) // compared by its digest alone
		}
		if c := resource.AsBlob(u.Want["content"]); c != nil {
			hide(u)
			if err := readable(c); err != nil {
				return nil, err
			}
		}
	}
	for i := range us {
		if v := resource.GetAttr(p.Before, "xattrs"); v != cty.NilVal && !resource.WantsAbsent(cty.ObjectVal(us[i].Want)) {
			us[i].Want["xattrs"] = v
		}
		delete(us[i].Made, "xattrs")
	}
	return append(us, below...), err
}

func revertPath(p *resource.Past) ([]resource.Undone, error) {
	was, is := resource.StringAttr(p.Before, "type"), resource.StringAttr(p.After, "type")
	if p.WasCreated() || was == is && !p.WasRemoved() {
		us, err := p.RevertAttrs(nil)
		for _, u := range us {
			u.Want["type"] = cty.StringVal(is)
			u.Made["type"] = cty.StringVal(is)
			if is == TypeDirectory && p.WasCreated() {
				u.Want["if_empty"] = cty.True
			}
			for _, list := range []string{"differing", "undeclared"} { // what is below, see there
				delete(u.Want, list)
				delete(u.Made, list)
			}
		}
		return slices.DeleteFunc(us, func(u resource.Undone) bool { return len(u.Want) <= 2 }), err
	}
	want, err := thingOf(resource.AttrsOf(p.Before))
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
		// Nothing at all may exist there, whatever type the removed thing had.
		made = map[string]cty.Value{"path": want["path"], "ensure": cty.StringVal("absent"), "type": want["type"]}
	}
	return []resource.Undone{{Kind: was, Want: want, Made: made}}, nil
}

// thingOf picks the attributes that a thing of that type has.
func thingOf(m map[string]cty.Value) (map[string]cty.Value, error) {
	switch typ := resource.StringAttr(cty.ObjectVal(m), "type"); typ {
	case TypeFile:
		return resource.PickAttrs(m, "type", "path", "content", "mode", "owner", "group", "xattrs"), nil
	case TypeDirectory:
		return resource.PickAttrs(m, "type", "path", "mode", "owner", "group", "xattrs"), nil
	case TypeLink:
		return resource.PickAttrs(m, "type", "path", "target"), nil
	default:
		return nil, fmt.Errorf("there was a %s, which cannot be made again", typ)
	}
}

// hide keeps a content from being shown that not everybody may read: whether
// it was called sensitive is not known of what was removed.
func hide(u *resource.Undone) {
	mode, err := ParseMode(resource.StringAttr(cty.ObjectVal(u.Want), "mode"))
	if err == nil && mode.Apply(0, false)&0o004 == 0 {
		u.Want["sensitive"] = cty.True
	}
}

// readable reports whether the content is still there to be put back.
func readable(b *resource.Blob) error {
	r, err := b.Open()
	if err != nil {
		return fmt.Errorf("cannot put its old content back: %w", err)
	}
	return r.Close()
}

// listed is a line of "below", see internal/providers/files.
type listed struct{ Path, Type, Mode, Owner, Group, Target, Digest, Xattrs string }

// revertBelow puts back what went with a directory, or was given other permissions.
func revertBelow(p *resource.Past) ([]resource.Undone, error) {
	list := resource.AsBlob(resource.GetAttr(p.Before, "below"))
	if list == nil {
		return nil, nil
	}
	r, err := list.Open()
	if err != nil {
		return nil, fmt.Errorf("cannot tell what lay in it: %w", err)
	}
	defer r.Close()
	var out []resource.Undone
	differing := resource.StringsAttr(p.Before, "differing")
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e listed
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("cannot tell what lay in it: %w", err)
		}
		u, err := revertEntry(p, e, !p.WasRemoved() && slices.Contains(differing, e.Path))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Path, err)
		}
		out = append(out, u)
	}
	return out, lines.Err()
}

// revertEntry is what to want of one listed path; perms: only its permissions were
// changed.
func revertEntry(p *resource.Past, e listed, perms bool) (resource.Undone, error) {
	m := map[string]cty.Value{}
	for name, s := range map[string]string{"type": e.Type, "path": e.Path, "mode": e.Mode, "owner": e.Owner, "group": e.Group, "target": e.Target, "xattrs": e.Xattrs} {
		if s != "" {
			m[name] = cty.StringVal(s)
		}
	}
	want, err := thingOf(m)
	if err != nil {
		return resource.Undone{}, err
	}
	u := resource.Undone{Kind: e.Type, Name: e.Path, Want: want}
	if perms {
		u.Made = resource.PickAttrs(want, "type", "path")
		maps.Copy(u.Made, resource.PickAttrs(resource.AttrsOf(p.After), "owner", "group"))
		if e.Type == TypeDirectory {
			maps.Copy(u.Made, resource.PickAttrs(resource.AttrsOf(p.After), "mode"))
		}
		return u, nil
	}
	u.Made = map[string]cty.Value{"type": want["type"], "path": want["path"], "ensure": cty.StringVal("absent")}
	if e.Type == TypeFile {
		content, err := p.Content(e.Digest)
		if err == nil {
			err = readable(content)
		}
		if err != nil {
			return u, err
		}
		want["content"] = resource.BlobVal(content)
		hide(&u)
	}
	return u, nil
}
