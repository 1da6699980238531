package resources

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// revertFile is Undo for the four kinds of the file system. It restores a thing
// of the former type.
func revertFile(p Past) ([]Undone, error) {
	below, err := p.below()
	if err != nil {
		return nil, err
	}
	us, err := p.revertPath()
	for i := range us {
		u := &us[i]
		for _, name := range []string{"follow", "sensitive"} {
			if v := GetAttr(p.After, name); v != cty.NilVal && !p.removed() {
				u.Want[name], u.Made[name] = v, v
			}
		}
		if c := AsBlob(u.Made["content"]); c != nil && c.Sealed() == "" {
			digest, err := c.Digest()
			if err != nil {
				return nil, err
			}
			u.Made["content"] = BlobVal(DigestBlob(digest, -1, c.Open)) // compared by its digest alone
		}
		if c := AsBlob(u.Want["content"]); c != nil {
			hide(u)
			if err := readable(c); err != nil {
				return nil, err
			}
		}
	}
	for i := range us {
		if v := GetAttr(p.Before, "xattrs"); v != cty.NilVal && !wantsAbsent(cty.ObjectVal(us[i].Want)) {
			us[i].Want["xattrs"] = v
		}
		delete(us[i].Made, "xattrs")
	}
	return append(us, below...), err
}

func (p *Past) revertPath() ([]Undone, error) {
	was, is := StringAttr(p.Before, "type"), StringAttr(p.After, "type")
	if p.created() || was == is && !p.removed() {
		us, err := p.revert(nil)
		for _, u := range us {
			u.Want["type"] = cty.StringVal(is)
			u.Made["type"] = cty.StringVal(is)
			if is == TypeDirectory && p.created() {
				u.Want["if_empty"] = cty.True
			}
			for _, list := range []string{"differing", "undeclared"} { // what is below, see there
				delete(u.Want, list)
				delete(u.Made, list)
			}
		}
		return slices.DeleteFunc(us, func(u Undone) bool { return len(u.Want) <= 2 }), err
	}
	want, err := thingOf(attrsOf(p.Before))
	if err != nil {
		return nil, err
	}
	want["path"] = p.identity()["path"]
	if !p.removed() {
		want["force"] = cty.True
	}
	made := p.made()
	made["type"] = cty.StringVal(is)
	if p.removed() {
		// Nothing at all may exist there, whatever type the removed thing had.
		made = map[string]cty.Value{"path": want["path"], "ensure": cty.StringVal("absent"), "type": want["type"]}
	}
	return []Undone{{Kind: was, Want: want, Made: made}}, nil
}

// thingOf picks the attributes that a thing of that type has.
func thingOf(m map[string]cty.Value) (map[string]cty.Value, error) {
	switch typ := StringAttr(cty.ObjectVal(m), "type"); typ {
	case TypeFile:
		return only(m, "type", "path", "content", "mode", "owner", "group", "xattrs"), nil
	case TypeDirectory:
		return only(m, "type", "path", "mode", "owner", "group", "xattrs"), nil
	case TypeLink:
		return only(m, "type", "path", "target"), nil
	default:
		return nil, fmt.Errorf("there was a %s, which cannot be made again", typ)
	}
}

// hide keeps a content from being shown that not everybody may read: whether
// it was called sensitive is not known of what was removed.
func hide(u *Undone) {
	mode, err := ParseMode(StringAttr(cty.ObjectVal(u.Want), "mode"))
	if err == nil && mode.Apply(0, false)&0o004 == 0 {
		u.Want["sensitive"] = cty.True
	}
}

// readable reports whether the content is still there to be put back.
func readable(b *Blob) error {
	r, err := b.Open()
	if err != nil {
		return fmt.Errorf("cannot put its old content back: %w", err)
	}
	return r.Close()
}

// listed is a line of "below", see internal/providers/files.
type listed struct{ Path, Type, Mode, Owner, Group, Target, Digest, Xattrs string }

// below puts back what went with a directory, or was given other permissions.
func (p *Past) below() ([]Undone, error) {
	list := AsBlob(GetAttr(p.Before, "below"))
	if list == nil {
		return nil, nil
	}
	r, err := list.Open()
	if err != nil {
		return nil, fmt.Errorf("cannot tell what lay in it: %w", err)
	}
	defer r.Close()
	var out []Undone
	differing := StringsAttr(p.Before, "differing")
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e listed
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("cannot tell what lay in it: %w", err)
		}
		u, err := p.entry(e, !p.removed() && slices.Contains(differing, e.Path))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Path, err)
		}
		out = append(out, u)
	}
	return out, lines.Err()
}

// entry is what to want of one listed path; perms: only its permissions were
// changed.
func (p *Past) entry(e listed, perms bool) (Undone, error) {
	m := map[string]cty.Value{}
	for name, s := range map[string]string{"type": e.Type, "path": e.Path, "mode": e.Mode, "owner": e.Owner, "group": e.Group, "target": e.Target, "xattrs": e.Xattrs} {
		if s != "" {
			m[name] = cty.StringVal(s)
		}
	}
	want, err := thingOf(m)
	if err != nil {
		return Undone{}, err
	}
	u := Undone{Kind: e.Type, Name: e.Path, Want: want}
	if perms {
		u.Made = only(want, "type", "path")
		maps.Copy(u.Made, only(attrsOf(p.After), "owner", "group"))
		if e.Type == TypeDirectory {
			maps.Copy(u.Made, only(attrsOf(p.After), "mode"))
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
		want["content"] = BlobVal(content)
		hide(&u)
	}
	return u, nil
}
