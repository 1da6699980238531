package files

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/verify"
	"converge/resources"
)

// request is a wanted value, decoded.
type request struct {
	resources.Entry
	value cty.Value // the original of the decoded value: Observe returns it if nothing differs
	path  string    // in the bytes of the file system
}

func decodeRequest(want cty.Value) (request, error) {
	e, err := resource.Decode[resources.Entry](want)
	return request{e, want, e.Path.Bytes()}, err
}

func (r *request) isFile() bool      { return r.Type == resources.TypeFile }
func (r *request) isDirectory() bool { return r.Type == resources.TypeDirectory }

// change is a change of the engine with its values decoded.
type change struct {
	resource.Change
	request request         // the wanted state
	seen    resources.Entry // the observed state; the zero Entry: nothing exists
	warned  []string        // warnings of a check that accepts the candidate
}

func decodeChange(c resource.Change) (change, error) {
	r, err := decodeRequest(c.Want)
	if err != nil {
		return change{}, err
	}
	seen, err := resource.DecodeRecorded[resources.Entry](c.Have)
	return change{Change: c, request: r, seen: seen}, err
}

// isSecret reports whether the wanted content must not surface.
func (c *change) isSecret() bool { return c.Secret["content"] || c.request.Sensitive.Value }

// check is the command that has to accept the new content; false if there is none.
func (c *change) check() (verify.Check, bool) {
	v := verify.Check{Argv: c.request.Verify.Value, Path: c.request.path, Verb: "replace", Secret: c.whySecret()}
	v.Strict = resources.MayLockOut(c.request.path)
	if c.Action == resource.Delete {
		v.Strict = false                  // it leaves rules that were there before
		v.Verb, v.Absent = "remove", true // the remains of a removed program are not checked
	}
	return v, len(v.Argv) > 0
}

// whySecret is why no output about the content is shown; "": it is shown.
func (c *change) whySecret() string {
	if c.isSecret() {
		return "the content is sensitive"
	}
	return ""
}

// checkOfSet is check if that is about all files which are written together.
func (c *change) checkOfSet() (verify.Check, bool) {
	v, set := c.check()
	return v, set && !v.NamesPath()
}

// realPath is the path that the change is about, without links on the way.
func (c *change) realPath() string {
	if p, ok := strings.CutPrefix(c.Key, "path:"); ok {
		return resource.DecodeBytes(p)
	}
	return c.request.path
}

// defaultMode is the mode of a new entry without a wanted one.
func (c *change) defaultMode(dir bool) uint32 {
	switch {
	case dir:
		return 0o755
	case c.isSecret():
		return 0o600
	}
	return 0o644
}

// parentOf is path.Dir for clean absolute paths.
func parentOf(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/"
	}
	return path[:i]
}

// encodePath returns a name of any bytes as the text of an attribute.
func encodePath(name string) resource.Text { return resource.Text(resource.EncodeBytes(name)) }

// decodePaths returns the paths in a list of an observed value.
func decodePaths(list resource.Opt[[]string]) []string {
	out := make([]string, len(list.Value))
	for i, name := range list.Value {
		out[i] = resource.DecodeBytes(name)
	}
	return out
}

// encodePaths is the inverse of decodePaths.
func encodePaths(paths []string) resource.Opt[[]string] {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = resource.EncodeBytes(path)
	}
	return resource.Some(out)
}

// presentEntry returns the observed attributes that every existing entry has.
func presentEntry(typ string) resources.Entry {
	return resources.Entry{Place: resources.Place{Type: typ, Ensure: resource.Some("present")}}
}
