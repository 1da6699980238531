package resources

import (
	"fmt"
	"io"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// firstUserID is the lowest uid of people, as login.defs has it everywhere.
const firstUserID = 1000

// revertUser is Undo for users. A home is removed only if the manifest asks for
// that, and a removed home is not kept.
func revertUser(p resource.Past) ([]resource.Undone, error) {
	us, err := p.RevertAttrs([]string{"create_home"})
	if err != nil || len(us) == 0 {
		return us, err
	}
	u := &us[0]
	delete(u.Made, "password") // the journal does not say which it was
	if v, ok := u.Want["password"]; ok {
		if u.Want["password"], err = hashOf(v); err != nil {
			return nil, err
		}
		if !p.WasRemoved() {
			u.Notes = append(u.Notes, "whether its password was changed since cannot be told")
		}
	}
	unite(&p, u, "groups")
	switch {
	case p.WasCreated() && p.Purge:
		u.Want["remove_home"] = cty.True
	case p.WasCreated():
		u.Notes = append(u.Notes, "its home directory stays, if it has one (--purge removes it)")
	case p.WasRemoved():
		return revertRemovedUser(&p, us)
	}
	return us, nil
}

// revertRemovedUser makes the account again as it was, and the group of its
// name, which userdel removes with it.
func revertRemovedUser(p *resource.Past, us []resource.Undone) ([]resource.Undone, error) {
	u := &us[0]
	gone := resource.BoolAttr(p.After, "remove_home")
	u.Want["create_home"] = cty.BoolVal(gone)
	if gone {
		u.Notes = append(u.Notes, "its home directory comes back empty: what lay in it is not kept")
	}
	if uid := resource.GetAttr(p.Before, "uid"); uid != cty.NilVal && uid.LessThan(cty.NumberIntVal(firstUserID)).True() {
		u.Want["system"] = cty.True
	}
	delete(u.Want, "gid")
	name, gid := resource.StringAttr(p.Before, "group"), resource.GetAttr(p.Before, "gid")
	if gid == cty.NilVal || name != resource.StringAttr(cty.ObjectVal(u.Want), "name") {
		return us, nil
	}
	label := map[string]cty.Value{"name": cty.StringVal(name)}
	group := resource.Undone{Kind: "group", Name: name, Want: map[string]cty.Value{"name": label["name"], "gid": gid}, Made: label}
	group.Made["ensure"] = cty.StringVal("absent")
	return append([]resource.Undone{group}, us...), nil
}

// revertGroup is Undo for groups.
func revertGroup(p resource.Past) ([]resource.Undone, error) {
	us, err := p.RevertAttrs(nil)
	switch {
	case len(us) == 1 && p.WasCreated():
		// Users that the same run made or made again may have joined it.
		delete(us[0].Made, "members")
	case len(us) == 1 && p.WasRemoved() && resource.HasAttr(cty.ObjectVal(us[0].Want), "members"):
		us[0].Want["append"] = cty.True // users that come back with it join it themselves
	case len(us) == 1:
		unite(&p, &us[0], "members")
	}
	return us, err
}

// unite makes a set of names whole, to which the run only added.
func unite(p *resource.Past, u *resource.Undone, attr string) {
	was, added := resource.GetAttr(p.Before, attr), resource.GetAttr(p.After, attr)
	if _, ok := u.Made[attr]; !ok || !resource.BoolAttr(p.After, "append") || was == cty.NilVal || added == cty.NilVal {
		return
	}
	names := append(was.AsValueSlice(), added.AsValueSlice()...)
	if len(names) > 0 {
		u.Made[attr] = cty.SetVal(names)
	}
}

// hashOf is the hash of a password, which is kept like a content.
func hashOf(v cty.Value) (cty.Value, error) {
	b := resource.AsBlob(v)
	if b == nil {
		return v, nil
	}
	r, err := b.Open()
	if err != nil {
		return v, fmt.Errorf("cannot put its old password back: %w", err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return v, fmt.Errorf("cannot put its old password back: %w", err)
	}
	return cty.StringVal(string(text)), nil
}
