package event

import (
	"encoding/json"

	"converge/internal/resource"
)

// Readable decodes the file names in a text for people: values and messages have them encoded (resource.EncodeBytes).
func Readable(text string) string { return resource.DecodeMessage(text) }

// Encoded returns the event in a form that JSON can hold: it encodes the bytes of its texts that are not UTF-8.
// [Readable] decodes them.
func Encoded(e Event) Event {
	e.Place, e.Altered = resource.EncodeInvalid(e.Place), mapped(e.Altered, resource.EncodeInvalid)
	e.Facts = mapped(e.Facts, resource.EncodeInvalid)
	return Scrubbed(e, resource.EncodeInvalid, func(raw json.RawMessage) json.RawMessage { return raw })
}
