package resources

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/render"
	"converge/internal/resource"
)

// settle copies the attributes and normalises those that all four kinds share
// for comparison.
func settle(in resource.Input, typ string) (m map[string]cty.Value, absent bool, err error) {
	m = maps.Clone(in.Attrs)
	m["type"] = cty.StringVal(typ)
	for _, name := range []string{"path", "target"} {
		if v, ok := m[name]; ok {
			m[name] = cty.StringVal(resource.CanonicalPath(v.AsString()))
		}
	}
	if m["path"].AsString() == "/" && typ != TypeDirectory {
		return nil, false, &resource.AttrError{Attr: "path", Err: errors.New("must not be the root directory")}
	}
	e, set := m["ensure"]
	absent = set && e.AsString() == "absent"
	if !absent {
		delete(m, "ensure") // being declared says so
	}
	if v, ok := m["mode"]; ok {
		mode, err := ParseMode(v.AsString())
		if err != nil {
			return nil, false, &resource.AttrError{Attr: "mode", Err: err}
		}
		// A mode that does not depend on the existing one is compared as plain text.
		if a := mode.Apply(0, false); a == mode.Apply(modeAll, true) {
			m["mode"] = cty.StringVal(FormatMode(a))
		}
	}
	if v, ok := m["backup"]; ok {
		switch v.AsString() {
		case "true":
			m["backup"] = cty.StringVal(".bak")
		case "false":
			delete(m, "backup")
		}
	}
	return m, absent, nil
}

func prepareFile(in resource.Input) (map[string]cty.Value, error) {
	m, absent, err := settle(in, TypeFile)
	if err != nil {
		return nil, err
	}
	_, hasSource := m["source"]
	content, hasContent := m["content"]
	switch {
	case hasSource && hasContent:
		return nil, &resource.AttrError{Attr: "source", Err: errors.New("cannot stand beside content")}
	case !hasSource && m["sha256"] != cty.NilVal:
		return nil, &resource.AttrError{Attr: "sha256", Err: errors.New("is of no use without source")}
	case absent:
		return resource.PickAttrs(m, "type", "path", "ensure", "backup", "on_edit", "force"), nil
	case hasContent:
		m["content"] = resource.BlobVal(resource.BytesBlob([]byte(resource.DecodeBytes(content.AsString()))))
	case hasSource:
		if err := sourceContent(in, m); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// sourceContent replaces source by its content. A URL stays, for the provider to
// fetch.
func sourceContent(in resource.Input, m map[string]cty.Value) error {
	src, sum := m["source"].AsString(), ""
	if v, ok := m["sha256"]; ok {
		sum = strings.ToLower(v.AsString())
		delete(m, "sha256")
	}
	if scheme, _, ok := strings.Cut(src, "://"); ok {
		switch {
		case scheme != "http" && scheme != "https":
			return &resource.AttrError{Attr: "source", Err: fmt.Errorf("cannot fetch by %q: only http and https", scheme)}
		case sum == "":
			return &resource.AttrError{Attr: "source", Err: errors.New("a URL needs sha256, the digest of what is there")}
		}
		m["content"] = resource.BlobVal(resource.DigestBlob(sum, -1, func() (io.ReadCloser, error) {
			return nil, fmt.Errorf("cannot read %q: it is fetched when the file is written", src)
		}))
		return nil
	}
	b, err := readSource(in, src)
	if err != nil {
		return &resource.AttrError{Attr: "source", Err: err}
	}
	if sum != "" {
		got, err := b.Digest()
		if err != nil {
			return &resource.AttrError{Attr: "source", Err: err}
		}
		if got != sum {
			return &resource.AttrError{Attr: "sha256", Err: fmt.Errorf("is not the digest of %q, which is %s", src, got)}
		}
		b = b.Pinned(sum)
	}
	m["content"] = resource.BlobVal(b)
	delete(m, "source")
	return nil
}

func readSource(in resource.Input, src string) (*resource.Blob, error) {
	switch {
	case in.Source != nil:
		return in.Source(src)
	case in.ReadFile != nil:
		b, err := in.ReadFile(src)
		if err != nil {
			return nil, err
		}
		return resource.BytesBlob(b), nil
	case filepath.IsAbs(src):
		return resource.FileBlob(src, nil)
	}
	return resource.FileBlob(filepath.Join(in.Dir, src), nil)
}

func prepareTemplate(r *render.Renderer, in resource.Input) (map[string]cty.Value, error) {
	m, absent, err := settle(in, TypeFile)
	if err != nil {
		return nil, err
	}
	if absent {
		return resource.PickAttrs(m, "type", "path", "ensure", "backup", "on_edit", "force"), nil
	}
	attr, name := "inline", in.Addr.String()
	var text string
	source, hasSource := m["source"]
	inline, hasInline := m["inline"]
	switch {
	case hasSource == hasInline:
		return nil, errors.New("needs one of source and inline")
	case hasInline:
		text = resource.DecodeBytes(inline.AsString())
	default:
		attr, name = "source", source.AsString()
		b, err := readAll(in, name)
		if err != nil {
			return nil, &resource.AttrError{Attr: attr, Err: err}
		}
		text = string(b)
	}
	out, err := r.Render(name, text, render.TemplateData(text, m["vars"], in.ResolveNode()))
	if err != nil {
		return nil, &resource.AttrError{Attr: attr, Err: err}
	}
	m["content"] = resource.BlobVal(resource.BytesBlob(out))
	delete(m, "source")
	delete(m, "inline")
	delete(m, "vars")
	return m, nil
}

func readAll(in resource.Input, src string) ([]byte, error) {
	if in.ReadFile != nil {
		return in.ReadFile(src)
	}
	b, err := readSource(in, src)
	if err != nil {
		return nil, err
	}
	if data, ok := b.Bytes(); ok {
		return data, nil
	}
	r, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func prepareDirectory(in resource.Input) (map[string]cty.Value, error) {
	m, absent, err := settle(in, TypeDirectory)
	if err != nil {
		return nil, err
	}
	if absent {
		if m["path"].AsString() == "/" {
			return nil, &resource.AttrError{Attr: "path", Err: errors.New("the root directory cannot be absent")}
		}
		return resource.PickAttrs(m, "type", "path", "ensure", "purge"), nil
	}
	none := cty.ListValEmpty(cty.String)
	if v, ok := m["recurse"]; ok && v.True() {
		m["differing"] = none
	}
	if v, ok := m["purge"]; ok && v.True() {
		m["undeclared"] = none
	}
	return m, nil
}

func prepareLink(in resource.Input) (map[string]cty.Value, error) {
	m, absent, err := settle(in, TypeLink)
	if err != nil {
		return nil, err
	}
	if absent {
		return resource.PickAttrs(m, "type", "path", "ensure"), nil
	}
	if _, ok := m["target"]; !ok {
		return nil, errors.New("needs target, the path that the link points to")
	}
	return m, nil
}
