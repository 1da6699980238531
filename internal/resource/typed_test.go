package resource_test

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

type base struct {
	Path resource.Text `attr:"path"`
	Name string        `attr:"name"`
}

// gadget has a field of each type that there is.
type gadget struct {
	base
	Mode    resource.Opt[string]            `attr:"mode"`
	Target  resource.Opt[resource.Text]     `attr:"target"`
	Force   resource.Opt[bool]              `attr:"force"`
	UID     resource.Opt[int64]             `attr:"uid"`
	Argv    resource.Opt[[]string]          `attr:"argv"`
	Groups  resource.Opt[[]string]          `attr:"groups,set"`
	Codes   resource.Opt[[]int64]           `attr:"codes"`
	Env     resource.Opt[map[string]string] `attr:"env"`
	Content *resource.Blob                  `attr:"content"`
	Vars    cty.Value                       `attr:"vars"`
	Below   *resource.Blob                  `attr:"below,recorded"`
}

// gadgetAttrs are the attributes of a gadget.
func gadgetAttrs() []resource.Attr {
	return named("path", "name", "mode", "target", "force", "uid", "argv", "groups", "codes", "env", "content", "vars")
}

func named(names ...string) (attrs []resource.Attr) {
	for _, name := range names {
		attrs = append(attrs, resource.Attr{Name: name})
	}
	return attrs
}

func str(s string) cty.Value { return cty.StringVal(s) }

func attrs(m map[string]cty.Value) cty.Value { return cty.ObjectVal(m) }

// same compares gadgets; blobs by what they hold.
func same() cmp.Option {
	return cmp.Options{
		cmp.AllowUnexported(gadget{}), cmp.Comparer(func(a, b *resource.Blob) bool { return a == b || a != nil && b != nil && a.Same(b) }),
		cmp.Comparer(func(a, b cty.Value) bool {
			return a == cty.NilVal && b == cty.NilVal || a != cty.NilVal && b != cty.NilVal && a.RawEquals(b)
		}),
	}
}

func TestDecodeAndEncode(t *testing.T) {
	blob := resource.BytesBlob([]byte("text"))
	for name, c := range map[string]struct {
		value cty.Value
		want  gadget
		back  cty.Value // as it is encoded again; cty.NilVal: as it was
	}{
		"nothing":         {value: cty.EmptyObjectVal},
		"nil":             {value: cty.NilVal, back: cty.EmptyObjectVal},
		"absent":          {value: resource.Absent, back: cty.EmptyObjectVal},
		"null":            {value: attrs(map[string]cty.Value{"mode": cty.NullVal(cty.String), "vars": cty.NullVal(cty.DynamicPseudoType)}), back: cty.EmptyObjectVal},
		"required":        {value: attrs(map[string]cty.Value{"path": str("/a"), "name": str("n")}), want: gadget{base: base{"/a", "n"}}},
		"string":          {value: attrs(map[string]cty.Value{"mode": str("0644")}), want: gadget{Mode: resource.Some("0644")}},
		"empty string":    {value: attrs(map[string]cty.Value{"mode": str("")}), want: gadget{Mode: resource.Some("")}},
		"text":            {value: attrs(map[string]cty.Value{"target": str(resource.EncodeBytes("/\xff"))}), want: gadget{Target: resource.Some(resource.Text("/\U0010ffff"))}},
		"true":            {value: attrs(map[string]cty.Value{"force": cty.True}), want: gadget{Force: resource.Some(true)}},
		"false":           {value: attrs(map[string]cty.Value{"force": cty.False}), want: gadget{Force: resource.Some(false)}},
		"number":          {value: attrs(map[string]cty.Value{"uid": cty.NumberIntVal(4294967294)}), want: gadget{UID: resource.Some(int64(4294967294))}},
		"list":            {value: attrs(map[string]cty.Value{"argv": cty.ListVal([]cty.Value{str("a"), str("b")})}), want: gadget{Argv: resource.Some([]string{"a", "b"})}},
		"empty list":      {value: attrs(map[string]cty.Value{"argv": cty.ListValEmpty(cty.String)}), want: gadget{Argv: resource.Some([]string{})}},
		"null in a list":  {value: attrs(map[string]cty.Value{"argv": cty.ListVal([]cty.Value{str("a"), cty.NullVal(cty.String)})}), want: gadget{Argv: resource.Some([]string{"a"})}, back: attrs(map[string]cty.Value{"argv": cty.ListVal([]cty.Value{str("a")})})},
		"tuple":           {value: attrs(map[string]cty.Value{"argv": cty.TupleVal([]cty.Value{str("a")})}), want: gadget{Argv: resource.Some([]string{"a"})}, back: attrs(map[string]cty.Value{"argv": cty.ListVal([]cty.Value{str("a")})})},
		"set":             {value: attrs(map[string]cty.Value{"groups": cty.SetVal([]cty.Value{str("z"), str("y")})}), want: gadget{Groups: resource.Some([]string{"y", "z"})}},
		"empty set":       {value: attrs(map[string]cty.Value{"groups": cty.SetValEmpty(cty.String)}), want: gadget{Groups: resource.Some([]string{})}},
		"numbers":         {value: attrs(map[string]cty.Value{"codes": cty.ListVal([]cty.Value{cty.NumberIntVal(0), cty.NumberIntVal(3)})}), want: gadget{Codes: resource.Some([]int64{0, 3})}},
		"map":             {value: attrs(map[string]cty.Value{"env": cty.MapVal(map[string]cty.Value{"A": str("1")})}), want: gadget{Env: resource.Some(map[string]string{"A": "1"})}},
		"empty map":       {value: attrs(map[string]cty.Value{"env": cty.MapValEmpty(cty.String)}), want: gadget{Env: resource.Some(map[string]string{})}},
		"object":          {value: attrs(map[string]cty.Value{"env": attrs(map[string]cty.Value{"A": str("1")})}), want: gadget{Env: resource.Some(map[string]string{"A": "1"})}, back: attrs(map[string]cty.Value{"env": cty.MapVal(map[string]cty.Value{"A": str("1")})})},
		"content":         {value: attrs(map[string]cty.Value{"content": resource.BlobVal(blob)}), want: gadget{Content: blob}},
		"recorded":        {value: attrs(map[string]cty.Value{"below": resource.BlobVal(blob)}), want: gadget{Below: blob}},
		"anything":        {value: attrs(map[string]cty.Value{"vars": cty.TupleVal([]cty.Value{cty.True, cty.Zero})}), want: gadget{Vars: cty.TupleVal([]cty.Value{cty.True, cty.Zero})}},
		"content as text": {value: attrs(map[string]cty.Value{"content": str("a" + resource.EncodeText("\xff"))}), want: gadget{Content: resource.BytesBlob([]byte("a\xff"))}, back: attrs(map[string]cty.Value{"content": cty.NilVal})},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := resource.Decode[gadget](c.value)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got, same()); d != "" {
				t.Error(d)
			}
			if c.back == cty.NilVal {
				c.back = c.value
			}
			if back := resource.Encode(got); name != "content as text" && !back.RawEquals(c.back) {
				t.Errorf("encoded again it is %#v, want %#v", back, c.back)
			}
			if again, err := resource.Decode[gadget](cty.ObjectVal(resource.EncodeAttrs(got))); err != nil || !cmp.Equal(again, got, same()) {
				t.Errorf("decoded again it is %+v (%v), want %+v", again, err, got)
			}
		})
	}
}

// TestDecodeRefuses: what would silently be "not managed" is an error, and the
// next decoding knows nothing of it.
func TestDecodeRefuses(t *testing.T) {
	half, huge := cty.NumberFloatVal(1.5), cty.NumberVal(new(big.Float).SetMantExp(big.NewFloat(1), 70))
	for name, c := range map[string]struct {
		value cty.Value
		says  string
	}{
		"no object":           {str("x"), "not a known object"},
		"an unknown object":   {cty.UnknownVal(cty.EmptyObject), "not a known object"},
		"a marked object":     {cty.EmptyObjectVal.Mark(1), "not a known object"},
		"misspelt":            {attrs(map[string]cty.Value{"mdoe": str("0644")}), `no field for the attribute "mdoe"`},
		"unknown":             {attrs(map[string]cty.Value{"mode": cty.UnknownVal(cty.String)}), `"mode" is unknown or marked`},
		"marked":              {attrs(map[string]cty.Value{"mode": str("x").Mark(1)}), `"mode" is unknown or marked`},
		"marked null":         {attrs(map[string]cty.Value{"mode": cty.NullVal(cty.String).Mark(1)}), `"mode" is unknown or marked`},
		"unknown in a list":   {attrs(map[string]cty.Value{"argv": cty.ListVal([]cty.Value{cty.UnknownVal(cty.String)})}), `"argv" holds`},
		"number in a tuple":   {attrs(map[string]cty.Value{"argv": cty.TupleVal([]cty.Value{cty.Zero})}), `"argv" holds`},
		"number for a string": {attrs(map[string]cty.Value{"mode": cty.Zero}), `"mode" is not a string`},
		"number for a text":   {attrs(map[string]cty.Value{"path": cty.Zero}), `"path" is not a string`},
		"string for a bool":   {attrs(map[string]cty.Value{"force": str("true")}), `"force" is not true or false`},
		"string for a number": {attrs(map[string]cty.Value{"uid": str("1")}), `"uid" is not a number`},
		"half a number":       {attrs(map[string]cty.Value{"uid": half}), `"uid" is not a whole number`},
		"a huge number":       {attrs(map[string]cty.Value{"uid": huge}), `"uid" is not a whole number`},
		"string for a list":   {attrs(map[string]cty.Value{"argv": str("a")}), `"argv" is not a list`},
		"list for a map":      {attrs(map[string]cty.Value{"env": cty.ListValEmpty(cty.String)}), `"env" is not a map`},
		"number in a map":     {attrs(map[string]cty.Value{"env": attrs(map[string]cty.Value{"A": cty.Zero})}), `"env" holds`},
		"bool for a content":  {attrs(map[string]cty.Value{"content": cty.True}), `"content" is neither`},
		"beside what is good": {attrs(map[string]cty.Value{"mode": str("0644"), "force": str("x")}), `"force"`},
		"content for a text":  {attrs(map[string]cty.Value{"mode": resource.BlobVal(resource.BytesBlob(nil))}), `"mode" is not a string`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := resource.Decode[gadget](c.value)
			if err == nil || !strings.Contains(err.Error(), c.says) || !cmp.Equal(got, gadget{}, same()) {
				t.Errorf("got %+v and the error %v, want one that says %q", got, err, c.says)
			}
			if got, err := resource.Decode[gadget](cty.EmptyObjectVal); err != nil || !cmp.Equal(got, gadget{}, same()) {
				t.Errorf("the next one is %+v (%v)", got, err)
			}
		})
	}
}

// TestDecodeRecorded: the journal may be another version's, and has contents in
// the place of secret texts.
func TestDecodeRecorded(t *testing.T) {
	v := attrs(map[string]cty.Value{"name": str("n"), "former": str("x"), "mode": resource.BlobVal(resource.BytesBlob([]byte("secret")))})
	got, err := resource.DecodeRecorded[gadget](v)
	if d := cmp.Diff(gadget{base: base{Name: "n"}}, got, same()); err != nil || d != "" {
		t.Error(err, d)
	}
	if _, err := resource.DecodeRecorded[gadget](attrs(map[string]cty.Value{"force": str("x")})); err == nil {
		t.Error("a bool that is a string is decoded")
	}
}

// TestPart: what a struct does not name costs nothing and does no harm.
func TestPart(t *testing.T) {
	v := attrs(map[string]cty.Value{"name": str("n"), "other": cty.UnknownVal(cty.Bool)})
	for _, c := range []struct{ value, want cty.Value }{{v, str("n")}, {cty.NilVal, cty.NilVal}, {resource.Absent, cty.NilVal}, {str("x"), cty.NilVal}} {
		if got := resource.EncodeAttrs(resource.Part[base](c.value))["name"]; got != c.want {
			t.Errorf("%#v: got %#v, want %#v", c.value, got, c.want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a number is taken for a string")
		}
	}()
	resource.Part[base](attrs(map[string]cty.Value{"name": cty.Zero}))
}

func TestPreparing(t *testing.T) {
	prepare := resource.Preparing(func(in resource.Input, g *gadget) error {
		if g.Name == "bad" {
			return errors.New("no")
		}
		g.Path += resource.Text(in.Addr.Name)
		g.Mode, g.Force, g.Argv.Value = resource.Some("0600"), resource.Opt[bool]{}, append(g.Argv.Value, "more")
		return nil
	})
	in := resource.Input{Addr: resource.Addr{Name: "x"}, Attrs: map[string]cty.Value{
		"path": str("/"), "force": cty.True, "uid": cty.NumberIntVal(1), "argv": cty.ListVal([]cty.Value{str("a")}), "content": str("c"),
		"env": attrs(map[string]cty.Value{"A": str("1")}), // it is not touched, so it stays an object
	}}
	got, err := prepare(in)
	if err != nil {
		t.Fatal(err)
	}
	content := resource.AsBlob(got["content"])
	if content == nil || !content.Same(resource.BytesBlob([]byte("c"))) {
		t.Errorf("content is %#v", got["content"])
	}
	delete(got, "content")
	want := map[string]cty.Value{
		"path": str("/x"), "mode": str("0600"), "uid": cty.NumberIntVal(1),
		"argv": cty.ListVal([]cty.Value{str("a"), str("more")}), "env": in.Attrs["env"],
	}
	if !attrs(got).RawEquals(attrs(want)) {
		t.Errorf("got %#v, want %#v", got, want)
	}
	if len(in.Attrs) != 6 {
		t.Errorf("the input was changed: %v", in.Attrs)
	}
	for _, bad := range []map[string]cty.Value{{"name": str("bad")}, {"mdoe": str("x")}} {
		if _, err := prepare(resource.Input{Attrs: bad}); err == nil {
			t.Errorf("%v is prepared", bad)
		}
	}
	if got, err := resource.Preparing(func(resource.Input, *gadget) error { return nil })(resource.Input{}); err != nil || got == nil || len(got) > 0 {
		t.Errorf("of nothing it makes %v (%v)", got, err)
	}
}

// TestLayoutPanics: a struct that no kind can have is found when the kind is made.
func TestLayoutPanics(t *testing.T) {
	type wrongType struct {
		N float64 `attr:"n"`
	}
	type twice struct {
		A string `attr:"a"`
		B string `attr:"a"`
	}
	type noTag struct{ A string }
	type noName struct {
		A string `attr:",set"`
	}
	for name, f := range map[string]func(){
		"wrong type":    func() { resource.Typing[wrongType](nil) },
		"twice":         func() { resource.Typing[twice](nil) },
		"no tag":        func() { resource.Typing[noTag](nil) },
		"no name":       func() { resource.Typing[noName](nil) },
		"no field":      func() { resource.Typing[base](append(named("path", "name"), resource.Attr{Name: "mode"})) },
		"no attribute":  func() { resource.Typing[base](named("name")) },
		"recorded only": func() { resource.Typing[gadget](append(gadgetAttrs(), resource.Attr{Name: "below"})) },
		"type twice":    func() { resource.Typing[base](append(named("path"), resource.Attr{Name: "name", Type: cty.String})) },
		"must":          func() { resource.Must[base](attrs(map[string]cty.Value{"x": cty.True})) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: it is taken", name)
				}
			}()
			f()
		}()
	}
}

func TestTyping(t *testing.T) {
	got := map[string]string{}
	for _, a := range resource.Typing[gadget](gadgetAttrs()) {
		got[a.Name] = a.Type.FriendlyName()
	}
	want := map[string]string{
		"path": "string", "name": "string", "mode": "string", "target": "string", "force": "bool", "uid": "number", "argv": "list of string",
		"groups": "set of string", "codes": "list of number", "env": "map of string", "content": "string", "vars": "dynamic",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// shelf is a TypedProvider that holds one thing.
type shelf struct {
	have *base
	err  error
}

func (s *shelf) Observe(_ context.Context, want base) (*base, error) {
	if s.have != nil && s.have.Name != want.Name {
		return nil, nil
	}
	return s.have, s.err
}

func (s *shelf) Apply(_ context.Context, c resource.TypedChange[base]) error {
	if (c.Have == nil) != (c.Action == resource.Create) {
		return errors.New("what there is has gone astray")
	}
	s.have = &c.Want
	return s.err
}

func TestTyped(t *testing.T) {
	s := &shelf{}
	p := resource.Typed(s)
	ctx := context.Background()
	want, wrong := attrs(map[string]cty.Value{"name": str("n"), "path": str("/a")}), attrs(map[string]cty.Value{"x": cty.True})
	if have, err := p.Observe(ctx, want); err != nil || have != resource.Absent {
		t.Errorf("observed %#v (%v)", have, err)
	}
	if err := p.Apply(ctx, resource.Change{Action: resource.Create, Have: resource.Absent, Want: want}); err != nil {
		t.Error(err)
	}
	have, err := p.Observe(ctx, want)
	if err != nil || !have.RawEquals(want) {
		t.Errorf("observed %#v (%v)", have, err)
	}
	if err := p.Apply(ctx, resource.Change{Action: resource.Update, Have: have, Want: want}); err != nil {
		t.Error(err)
	}
	for _, c := range []resource.Change{{Want: wrong}, {Want: want, Have: str("x")}} {
		if p.Apply(ctx, c) == nil {
			t.Errorf("%#v is applied", c)
		}
	}
	if _, err := p.Observe(ctx, wrong); err == nil {
		t.Error("what has no such attribute is observed")
	}
	s.err = errors.New("no")
	if _, err := p.Observe(ctx, want); !errors.Is(err, s.err) {
		t.Error(err)
	}
}

// FuzzDecode: whatever an attribute holds, decoding refuses it, or encoding gives
// it back.
func FuzzDecode(f *testing.F) {
	names := gadgetAttrs()
	for i := range names {
		for kind := range 9 {
			f.Add(i, kind, "x", int64(7))
		}
	}
	f.Fuzz(func(t *testing.T, i, kind int, s string, n int64) {
		vals := []cty.Value{
			str(s), cty.BoolVal(n%2 == 0), cty.NumberIntVal(n), cty.ListVal([]cty.Value{str(s)}), cty.SetVal([]cty.Value{str(s), cty.NullVal(cty.String)}),
			cty.ListVal([]cty.Value{cty.NumberIntVal(n)}), cty.MapVal(map[string]cty.Value{s: str(s)}), resource.BlobVal(resource.BytesBlob([]byte(s))), cty.NullVal(cty.DynamicPseudoType),
		}
		v := attrs(map[string]cty.Value{names[uint(i)%uint(len(names))].Name: vals[uint(kind)%uint(len(vals))]})
		g, err := resource.Decode[gadget](v)
		if err != nil {
			return
		}
		again, err := resource.Decode[gadget](resource.Encode(g))
		if err != nil || !cmp.Equal(g, again, same()) {
			t.Errorf("%#v is decoded as %+v, and then as %+v (%v)", v, g, again, err)
		}
	})
}
