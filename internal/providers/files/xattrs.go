package files

import (
	"encoding/base64"
	"fmt"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// A rollback restores extended attributes, too: the journal has them as one line "name=value" each, values in base64.

func formatXattrs(list []fsys.Xattr) string {
	var b strings.Builder
	for _, x := range list {
		b.WriteString(resource.EncodeBytes(x.Name) + "=" + base64.StdEncoding.EncodeToString(x.Value) + "\n")
	}
	return b.String()
}

// parseXattrs returns the wanted extended attributes; nil: none are managed.
func parseXattrs(want *resources.Permissions) ([]fsys.Xattr, error) {
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

// isSameXattrs reports whether the entry at path has the wanted extended attributes, if they are managed.
func isSameXattrs(held *fsys.Held, want *resources.Permissions, path string) (bool, error) {
	if want.Xattrs.Value == "" {
		return true, nil
	}
	list, err := held.Xattrs(path)
	return err == nil && formatXattrs(list) == want.Xattrs.Value, err
}
