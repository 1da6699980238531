package resource_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// sayAttrs writes attributes as obj reads them.
func sayAttrs(m map[string]cty.Value) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		words = append(words, name+"="+strings.Trim(fmt.Sprint(resource.GoValue(m[name])), "[]"))
	}
	return strings.Join(words, " ")
}

// TestUndo shows what is wanted of a thing, so that it is again what it was.
func TestUndo(t *testing.T) {
	for _, c := range []struct{ name, before, after, want, made, note string }{
		{"nothing was changed", "name=x mode=1", "name=x mode=1", "-", "", ""},
		{"the same in other words", "name=x mode=01", "name=x mode=1", "-", "", ""},
		{"it came and went", "", "name=x ensure=absent", "-", "", ""},
		{"it was created", "", "name=x mode=1 timeout=5", "ensure=absent name=x", "mode=1 name=x", ""},
		{"it was removed", "name=x mode=1 tags=a,b timeout=5", "name=x ensure=absent", "mode=1 name=x tags=a b", "ensure=absent name=x", ""},
		{"it is gone", "name=x mode=1", "", "mode=1 name=x", "ensure=absent name=x", ""},
		{"one attribute was changed", "name=x mode=1 content=a", "name=x mode=2 content=a", "mode=1 name=x", "mode=2 name=x", ""},
		{"an attribute was added", "name=x", "name=x mode=2", "name=x", "mode=2 name=x", "mode was not set before: it stays"},
		{"only an option differs", "name=x timeout=1", "name=x timeout=2", "-", "", ""},
		{"a secret, of which the journal has no word", "name=x password=old", "name=x", "name=x password=old", "name=x", ""},
		{"without a name of its own", "mode=1", "mode=2", "mode=1 name=label", "mode=2 name=label", ""},
	} {
		k := thing()
		k.Label = "name"
		us, err := k.Undo(resource.Past{Name: "label", Before: obj(c.before), After: obj(c.after)})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want, made, note := "-", "", ""
		for _, u := range us {
			if len(u.Lost) != len(u.Notes) {
				t.Errorf("%s: %q is lost, and the notes are %q", c.name, u.Lost, u.Notes)
			}
			want, made, note = sayAttrs(u.Want), sayAttrs(u.Made), strings.Join(u.Notes, ", ")
		}
		if want != c.want || made != c.made || note != c.note || len(us) > 1 {
			t.Errorf("%s: want %q, made %q, note %q; not %q, %q, %q", c.name, want, made, note, c.want, c.made, c.note)
		}
	}
}

// TestUndoRefuses shows what cannot be taken back, and who else takes back.
func TestUndoRefuses(t *testing.T) {
	opaque, standing, own := thing(), thing(), thing()
	opaque.Opaque = true
	standing.Attrs = slices.DeleteFunc(standing.Attrs, func(a resource.Attr) bool { return a.Name == "ensure" })
	failed := errors.New("no")
	own.Revert = func(p resource.Past) ([]resource.RevertTarget, error) {
		if p.Kind != own {
			t.Error("the past does not know its kind")
		}
		return nil, failed
	}
	for _, c := range []struct {
		kind *resource.Kind
		says string
	}{{opaque, resource.ErrOpaque.Error()}, {standing, "a thing cannot be removed"}, {own, "no"}} {
		if us, err := c.kind.Undo(resource.Past{Before: resource.Absent, After: obj("name=x")}); err == nil || err.Error() != c.says || us != nil {
			t.Errorf("%v, %v; want %s", us, err, c.says)
		}
	}
}

// TestReverting: a kind gets both states decoded, and an error where that fails.
func TestReverting(t *testing.T) {
	revert := resource.Reverting(func(p resource.Past, before, after base) ([]resource.RevertTarget, error) {
		return []resource.RevertTarget{{Name: before.Name + " " + after.Name + " " + p.Name}}, nil
	})
	us, err := revert(resource.Past{Name: "p", Before: obj("name=a later=1"), After: obj("name=b")})
	if err != nil || us[0].Name != "a b p" {
		t.Errorf("%v, %v", us, err)
	}
	for _, p := range []resource.Past{{Before: cty.True}, {Before: obj("name=a"), After: cty.True}} {
		if us, err := revert(p); err == nil {
			t.Errorf("%v of what is no object", us)
		}
	}
}

// TestDisagree shows in which attributes two resources of one thing differ.
func TestDisagree(t *testing.T) {
	k := thing()
	k.Label = "name"
	k.Attrs = append(k.Attrs, resource.Attr{Name: "source", Type: cty.String, Wording: true})
	for _, c := range []struct {
		a, b, want string
		failure    resource.OnFailure
	}{
		{a: "name=x mode=1", b: "name=y mode=1"},
		{a: "mode=1 source=a", b: "mode=1 source=b"},
		{a: "content=x", b: "content=x"},
		{a: "content=x", b: "content=y", want: "content"},
		{a: "mode=1 tags=a", b: "mode=2", want: "mode tags"},
		{a: "", b: "mode=1", want: "mode"},
		{a: "mode=1", b: "mode=1", failure: resource.FailStop, want: "on_failure"},
		{a: "mode=1", b: "mode=1", failure: resource.FailSkip},
	} {
		x, y := &resource.Resource{Kind: k, Want: obj(c.a)}, &resource.Resource{Kind: k, Want: obj(c.b), OnFailure: c.failure}
		there, back := strings.Join(resource.Disagree(x, y), " "), strings.Join(resource.Disagree(y, x), " ")
		if there != c.want || back != c.want {
			t.Errorf("%s and %s differ in %q, and the other way in %q; want %q", c.a, c.b, there, back, c.want)
		}
	}
}

// TestQuiet shows which changes notify nothing.
func TestQuiet(t *testing.T) {
	k := &resource.Kind{Attrs: []resource.Attr{{Name: "hold", Quiet: true}, {Name: "ensure", QuietFrom: []string{"automatic"}}, {Name: "mode"}}}
	was := func(name, have string) resource.AttrChange {
		d := resource.AttrChange{Name: name, Want: str("new")}
		if have != "" {
			d.Have = str(have)
		}
		return d
	}
	for _, c := range []struct {
		action resource.Action
		attrs  []resource.AttrChange
		want   bool
	}{
		{resource.Update, []resource.AttrChange{was("hold", "")}, true},
		{resource.Create, []resource.AttrChange{was("hold", "")}, false},
		{resource.Update, nil, false},
		{resource.Update, []resource.AttrChange{was("ensure", "automatic"), was("hold", "x")}, true},
		{resource.Update, []resource.AttrChange{was("ensure", "absent")}, false},
		{resource.Update, []resource.AttrChange{was("ensure", "")}, false},
		{resource.Update, []resource.AttrChange{was("hold", "x"), was("mode", "x")}, false},
		{resource.Update, []resource.AttrChange{was("unknown", "x")}, false},
	} {
		if got := k.Quiet(resource.Change{Action: c.action, Attrs: c.attrs}); got != c.want {
			t.Errorf("%s of %v: %v", c.action, c.attrs, got)
		}
	}
}

// TestSecrets shows which attributes are secret because of others.
func TestSecrets(t *testing.T) {
	k := &resource.Kind{Attrs: []resource.Attr{{Name: "password", Secret: true}, {Name: "content", SecretIf: []string{"source", "sensitive"}}, {Name: "mode"}}}
	for _, c := range []struct {
		want   cty.Value
		marked string
		secret string
	}{
		{obj("password=x content=y mode=1"), "", "password"},
		{obj("content=y mode=1"), "source", "content"},
		{obj("content=y mode=1"), "mode", "mode"},
		{obj("mode=1"), "source", "content"}, // observed, or recorded for an undo
		{obj("mode=1"), "password", ""},
		{resource.With(obj("content=y"), "sensitive", cty.True), "", "content"},
		{resource.With(obj("content=y"), "sensitive", cty.False), "", ""},
	} {
		got := slices.Sorted(maps.Keys(k.Secrets(c.want, map[string]bool{c.marked: true})))
		if strings.Join(got, " ") != c.secret {
			t.Errorf("%#v with %s marked: %v, want %s", c.want, c.marked, got, c.secret)
		}
	}
}

// TestUndoGoesToThePlace: a change is taken back where it was made, whatever a link on the way to it
// leads to since.
func TestUndoGoesToThePlace(t *testing.T) {
	for _, c := range []struct{ label, key, want string }{
		{"path", "path:/opt/one", "/opt/one"},
		{"path", "mount:/srv/one", "/srv/one"},
		{"key", "part:/opt/one.ini#ini a", "/opt/one.ini"},
		{"path", "", "/etc/d"},
		{"path", "swap:/opt/one", "/etc/d"},
		{"name", "path:/opt/one", "/etc/d"}, // the path follows from the name
	} {
		k := &resource.Kind{Name: "thing", Label: c.label, Attrs: []resource.Attr{{Name: "path"}, {Name: "name"}, {Name: "key"}, {Name: "mode"}}, Revert: func(p resource.Past) ([]resource.RevertTarget, error) {
			return []resource.RevertTarget{{Want: p.Identity("path"), Made: p.AsMade()}}, nil
		}}
		us, err := k.Undo(resource.Past{Key: c.key, Before: obj("path=/etc/d name=x key=x mode=1"), After: obj("path=/etc/d name=x key=x mode=2")})
		if err != nil {
			t.Fatal(err)
		}
		if want, made := us[0].Want["path"].AsString(), us[0].Made["path"].AsString(); want != c.want || made != c.want {
			t.Errorf("%s by %s: want %s, made %s; not %s", c.key, c.label, want, made, c.want)
		}
	}
}
