package journal

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"converge/internal/resource"
)

// isPlain reports whether encodeRecord can write d, which holds for most files.
func (d *doneRecord) isPlain() bool {
	if d.Error != "" || d.Was != nil || d.Ended != nil || !isPlainTime(d.At.Wall) || !isPlainText(d.At.Boot) {
		return false
	}
	if !isPlainText(d.Addr.Kind) || !isPlainText(d.Addr.Name) || !isPlainText(d.Addr.Key) || !isPlainText(d.Addr.Module) {
		return false
	}
	l := d.Ledger
	return l == nil || l.Addr == "" && l.Original == "" && isPlainText(l.Key) && isPlainText(l.Digest) && isPlainText(l.Holds)
}

// isPlainTime reports whether encoding/json would write a time without change: it refuses others.
func isPlainTime(t time.Time) bool {
	_, zone := t.Zone()
	return t.Year() >= 0 && t.Year() <= 9999 && zone%60 == 0 && max(zone, -zone) < 24*60*60
}

// isPlainText reports whether encodePlain can write s.
func isPlainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// encodeRecord writes the record {"done":d} for a d that isPlain. Its output is that of encoding/json;
// [beginRecord.encodeRecord] gives the reason.
func (d *doneRecord) encodeRecord(buf *bytes.Buffer) {
	buf.WriteString(`{"done":{"addr":`)
	encodePlain(buf, d.Addr.String())
	if d.Also {
		buf.WriteString(`,"also":true`)
	}
	encodeInstant(buf, d.At)
	if d.Same {
		buf.WriteString(`,"same":true`)
	}
	if l := d.Ledger; l != nil {
		buf.WriteString(`,"ledger":{"key":`)
		encodePlain(buf, l.Key)
		encodeField(buf, "digest", l.Digest)
		if l.Found {
			buf.WriteString(`,"found":true`)
		}
		if l.Gone {
			buf.WriteString(`,"gone":true`)
		}
		encodeField(buf, "holds", l.Holds)
		buf.WriteByte('}')
	}
	buf.WriteString("}}\n")
}

func encodeInstant(buf *bytes.Buffer, at resource.Instant) {
	buf.WriteString(`,"at":{"boot":`)
	encodePlain(buf, at.Boot)
	if at.Mono != 0 {
		buf.WriteString(`,"mono":`)
		buf.Write(strconv.AppendInt(buf.AvailableBuffer(), int64(at.Mono), 10))
	}
	buf.WriteString(`,"wall":"`)
	buf.Write(at.Wall.AppendFormat(buf.AvailableBuffer(), time.RFC3339Nano))
	buf.WriteString(`"}`)
}

// encodeField writes a field, unless it is empty.
func encodeField(buf *bytes.Buffer, name, text string) {
	if text != "" {
		buf.WriteString(`,"` + name + `":`)
		encodePlain(buf, text)
	}
}

// encodePlain writes a string that isPlainText accepts: addresses have quotation marks in them.
func encodePlain(buf *bytes.Buffer, text string) {
	buf.WriteByte('"')
	for {
		i := strings.IndexAny(text, `"\`)
		if i < 0 {
			break
		}
		buf.WriteString(text[:i])
		buf.WriteByte('\\')
		buf.WriteByte(text[i])
		text = text[i+1:]
	}
	buf.WriteString(text)
	buf.WriteByte('"')
}
