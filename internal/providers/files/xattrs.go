package files

import (
	"encoding/base64"
	"fmt"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// A thing that is put back has the extended attributes that it had: the
// journal holds them as one line "name=value" each, values in base64.

func xattrText(list []fsys.Xattr) string {
	var b strings.Builder
	for _, x := range list {
		b.WriteString(resource.EncodeBytes(x.Name) + "=" + base64.StdEncoding.EncodeToString(x.Value) + "\n")
	}
	return b.String()
}

// wantXattrs are those that a thing is to have; nil: none are managed.
func wantXattrs(want *resources.Entry) ([]fsys.Xattr, error) {
	var out []fsys.Xattr
	for line := range strings.Lines(want.Xattrs.Value) {
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		v, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("cannot read the attribute %q: %w", name, err)
		}
		out = append(out, fsys.Xattr{Name: resource.DecodeBytes(name), Value: v})
	}
	return out, nil
}

// xattrsSame reports whether the thing at path has the attributes that it is
// to have, where they are managed.
func (p *Provider) xattrsSame(want *resources.Entry, path string) (bool, error) {
	wanted := want.Xattrs.Value
	if wanted == "" {
		return true, nil
	}
	list, err := p.held.Xattrs(path)
	return err == nil && xattrText(list) == wanted, err
}
