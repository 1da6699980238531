package journal

import (
	"io"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// asDeclared is a change as its resource declares it: an attribute that is sensitive only because of its former value
// is no longer sensitive once the new one is written.
func (d *describer) asDeclared(c resource.Change) resource.Change {
	former := d.Former[c.Key]
	if len(former) == 0 || c.Kind == nil {
		return c
	}
	c.Secret = maps.Clone(c.Secret)
	maps.DeleteFunc(c.Secret, func(name string, _ bool) bool { return former[name] && name != c.Kind.RecordAttr })
	c.Attrs = slices.Clone(c.Attrs)
	for i := range c.Attrs {
		c.Attrs[i].Secret = c.Attrs[i].Secret && !former[c.Attrs[i].Name]
	}
	return c
}

// hideRecord makes the record of a change secret if it has bytes of a file with secrets, namely those around the
// change.
func (d *describer) hideRecord(c resource.Change) resource.Change {
	if c.Kind == nil || c.Kind.RecordAttr == "" || d.RecordsSecrets == nil || !d.RecordsSecrets(c) {
		return c
	}
	secret := map[string]bool{c.Kind.RecordAttr: true}
	maps.Copy(secret, c.Secret)
	c.Secret = secret
	return c
}

// bareRecord returns the part of a change's record that stays when secrets are forgotten; "" if nothing does. A secret
// that is found in it belongs to the thing.
func (d *describer) bareRecord(c resource.Change, name, record string) string {
	if c.Kind == nil || c.Kind.BareRecord == nil || name != c.Kind.RecordAttr {
		return ""
	}
	bare := c.Kind.BareRecord(record, isSecret(c, name))
	if d.Scrub != nil && d.Scrub(bare) != bare {
		bare = c.Kind.BareRecord(record, true)
	}
	return bare
}

// bareRecordOf returns bareRecord for a change; nil: nothing stays.
func (d *describer) bareRecordOf(c resource.Change) func(name string, record []byte) string {
	if c.Kind == nil || c.Kind.BareRecord == nil {
		return nil
	}
	whole := c
	return func(name string, record []byte) string { return d.bareRecord(whole, name, string(record)) }
}

// maxStruck is the size in bytes of the largest content that may have been shown.
const maxStruck = 1 << 20

// hideStruck makes the content of a change secret if one side of it contains a secret of another resource. The run
// removes that secret from everything that it shows. A later command could not, because the record of the run has no
// list of secrets.
func (d *describer) hideStruck(c resource.Change, side cty.Value) resource.Change {
	if d.Scrub == nil || c.Kind == nil || c.Kind.ContentAttr == "" || isSecret(c, c.Kind.ContentAttr) {
		return c
	}
	b := c.Kind.Content(side)
	if b == nil || b.Size > maxStruck {
		return c
	}
	r, err := b.Open()
	if err != nil {
		return c // the change itself reports or repairs that
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxStruck))
	if err != nil || d.Scrub(string(text)) == string(text) {
		return c
	}
	secret := map[string]bool{c.Kind.ContentAttr: true}
	maps.Copy(secret, c.Secret)
	c.Secret = secret
	return c
}
