package view

import (
	"encoding/json"
	"io"

	"converge/internal/event"
)

// JSON writes every event as one line of JSON; see the package comment for the
// format. It does not buffer: a line is out when Emit returns.
type JSON struct {
	enc *json.Encoder
	err error
}

// NewJSON returns a sink that writes to w.
func NewJSON(w io.Writer) *JSON {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &JSON{enc: enc}
}

// Emit implements [event.Sink].
func (j *JSON) Emit(e event.Event) {
	if err := j.enc.Encode(e); err != nil && j.err == nil {
		j.err = err
	}
}

// Err is the first error of writing. The run goes on all the same: it is not
// to be left half done because its reader went away.
func (j *JSON) Err() error { return j.err }
