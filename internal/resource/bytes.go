package resource

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// File names are bytes, and attribute values are text: cty brings every string
// into Unicode's normal form C, and JSON holds no bytes that are not UTF-8. A
// name that is not such text is written with one private rune, U+10FF80 to
// U+10FFFF, for each of its bytes above 0x7F. These runes are never normalised,
// so the text survives both, and [DecodeBytes] restores the bytes.
const (
	firstByteRune = 0x10FF80 // represents the byte 0x80
	lastByteRune  = 0x10FFFF
)

// EncodeBytes returns the text for a path of any bytes. Ordinary text stays unchanged. It encodes each component
// alone, so that the encoded parent is the parent of the encoded path.
func EncodeBytes(path string) string {
	if isASCII(path) {
		return path
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if !isText(part) {
			parts[i] = encodeAll(part)
		}
	}
	return strings.Join(parts, "/")
}

// DecodeBytes returns the bytes of an encoded text.
func DecodeBytes(text string) string {
	if isASCII(text) || !hasByteRune(text) {
		return text
	}
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if isByteRune(r) {
			b = append(b, byte(r-firstByteRune+0x80))
		} else {
			b = append(b, text[i:i+n]...)
		}
		i += n
	}
	return string(b)
}

// EncodeInvalid returns the text for a message of any bytes, so that JSON can hold it. It encodes only bytes that are
// not UTF-8, and keeps names that are encoded already.
func EncodeInvalid(message string) string {
	if utf8.ValidString(message) {
		return message
	}
	return encodeWhere(message, func(r rune, s string) bool { return r == utf8.RuneError && len(s) == 1 })
}

// quotedRune is the beginning of an encoded byte that %q has escaped.
const quotedRune = `\U0010ff`

// DecodeMessage is [DecodeBytes] for messages, in which %q may have escaped the
// runes of an encoded name.
func DecodeMessage(message string) string {
	if !strings.Contains(message, quotedRune) {
		return DecodeBytes(message)
	}
	parts := strings.Split(message, quotedRune)
	for i, part := range parts[1:] {
		if c, err := strconv.ParseUint(part[:min(2, len(part))], 16, 8); err == nil && c >= 0x80 {
			parts[i+1] = string(firstByteRune+rune(c)-0x80) + part[2:]
		} else {
			parts[i+1] = quotedRune + part
		}
	}
	return DecodeBytes(strings.Join(parts, ""))
}

// CanonicalPath converts a path that is already text to the one form of [EncodeBytes]: a manifest may have joined it
// from texts of [EncodeText].
func CanonicalPath(text string) string {
	if isASCII(text) {
		return text
	}
	return EncodeBytes(DecodeBytes(text))
}

// EncodeText returns the text for a content of any bytes. Ordinary text stays
// unchanged; in other text it encodes only what cty would change, so that
// functions on strings still find the rest. [DecodeBytes] undoes it, even after
// the text was inserted elsewhere.
func EncodeText(s string) string {
	if isASCII(s) || isText(s) {
		return s
	}
	return encodeWhere(s, mayChange)
}

// mayChange reports whether normalisation may change a rune, alone or with its neighbours, or the rune is invalid.
func mayChange(r rune, s string) bool {
	return r >= utf8.RuneSelf && (r == utf8.RuneError && len(s) == 1 || isByteRune(r) ||
		!norm.NFC.PropertiesString(s).BoundaryBefore() || !norm.NFC.IsNormalString(s))
}

// encodeWhere encodes the runes of s for which is returns true.
func encodeWhere(s string, is func(r rune, s string) bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if piece := s[i : i+n]; is(r, piece) {
			b.WriteString(encodeAll(piece))
		} else {
			b.WriteString(piece)
		}
		i += n
	}
	return b.String()
}

// isText reports whether cty and JSON preserve s wherever it is inserted, and s
// cannot be mistaken for encoded text.
func isText(s string) bool {
	return s == "" || utf8.ValidString(s) && norm.NFC.IsNormalString(s) && norm.NFC.PropertiesString(s).BoundaryBefore() && !hasByteRune(s)
}

func encodeAll(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] < utf8.RuneSelf {
			b.WriteByte(s[i])
		} else {
			b.WriteRune(firstByteRune + rune(s[i]) - 0x80)
		}
	}
	return b.String()
}

func isByteRune(r rune) bool { return r >= firstByteRune && r <= lastByteRune }

func hasByteRune(s string) bool {
	// All private runes of encoded bytes begin with these bytes, which little else does.
	return strings.Contains(s, "\xf4\x8f\xbe") || strings.Contains(s, "\xf4\x8f\xbf")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
