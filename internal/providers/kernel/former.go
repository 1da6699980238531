package kernel

import (
	"encoding/json"
	"path"

	"converge/internal/resource"
	"converge/resources"
)

// Ledger keeps the lines of parameters from before converge wrote them.
type Ledger interface {
	// ReadPast returns the record of a key, as text; "": none.
	ReadPast(key string) string
}

// elsewhere returns the wanted line of a parameter in another file than its own; nil: there is none. That file is the
// one in which converge wrote the line before another was named, or the one in which a rollback has to restore it.
func (p *parameters) elsewhere(want resources.SysctlWant) *resources.SysctlWant {
	if past := pastOf(want); past != nil {
		return lineOf(want.Key, past.Moved)
	}
	if p.Ledger == nil || want.Was != nil {
		return nil
	}
	was := resource.BytesBlob([]byte(resource.DecodeBytes(p.Ledger.ReadPast("sysctl:" + want.Key))))
	past := pastOf(resources.SysctlWant{Was: was})
	if past == nil || resource.DecodeBytes(past.At) == want.Path() {
		return nil
	}
	return lineOf(want.Key, past)
}

// lineOf returns the line of a parameter as it was in a file; nil if that is not known.
func lineOf(key string, past *resources.PartPast) *resources.SysctlWant {
	if past == nil || past.At == "" || past.Present && past.Value == nil {
		return nil
	}
	text, err := json.Marshal(past)
	if err != nil {
		return nil
	}
	was := &resources.SysctlWant{Key: key, File: path.Base(resource.DecodeBytes(past.At)), Line: resource.Some(""), Was: resource.BytesBlob(text)}
	if past.Present {
		was.Line.Value = *past.Value
	}
	return was
}
