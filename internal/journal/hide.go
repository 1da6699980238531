package journal

import (
	"io"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// asDeclared is a change as its resource declares it: an attribute that is treated as sensitive only
// because of its former value is not sensitive, once it is written.
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

// hideRecord is a change whose record is secret if it has bytes of a file with secrets: those
// around the change are a part of it.
func (d *describer) hideRecord(c resource.Change) resource.Change {
	if c.Kind == nil || c.Kind.RecordAttr == "" || d.RecordsSecrets == nil || !d.RecordsSecrets(c) {
		return c
	}
	secret := map[string]bool{c.Kind.RecordAttr: true}
	maps.Copy(secret, c.Secret)
	c.Secret = secret
	return c
}

// bareRecord returns what of the record of a change stays when secrets are forgotten; "" if
// nothing does. A secret that is found in it is one of the thing.
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

// bareRecordOf returns bareRecord of a change; nil: nothing of it stays.
func (d *describer) bareRecordOf(c resource.Change) func(name string, record []byte) string {
	if c.Kind == nil || c.Kind.BareRecord == nil {
		return nil
	}
	whole := c
	return func(name string, record []byte) string { return d.bareRecord(whole, name, string(record)) }
}

// maxStruck is the size in bytes up to which a content may have been shown.
const maxStruck = 1 << 20

// hideStruck is a change whose content is secret if that of one side of it has a secret of another
// resource in it. The run strikes it out of all that it shows; the record of the run has no word
// that is a secret, so a later command that shows it could not.
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
		return c // the change itself will report that, or repair it
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
