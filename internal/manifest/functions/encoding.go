package functions

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// gunzip reverses Terraform's base64gzip. It refuses a text that would become larger than a value may be before it makes
// it.
func gunzip(s string) (string, error) {
	packed, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", errors.New("not valid base64")
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", errors.New("what the base64 stands for is not in the format of gzip")
	}
	return readText(z, "what the base64 stands for is damaged, or cut off")
}

// readText reads a text that may be much larger than its source.
func readText(r io.Reader, wrong string) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, values.MaxText+1))
	if err != nil {
		return "", errors.New(wrong)
	}
	if err := checkSize(1, len(text)); err != nil {
		return "", err
	}
	return resource.EncodeText(string(text)), nil
}

// encodeText returns the base64 of a text in another encoding.
func encodeText(args []cty.Value) (cty.Value, error) {
	text, name := resource.DecodeBytes(args[0].AsString()), args[1].AsString()
	enc, err := findEncoding(name)
	if err != nil {
		return cty.NilVal, function.NewArgError(1, err)
	}
	if err := checkSize(len(text), 2); err != nil { // of ASCII, UTF-16 is twice as long
		return cty.NilVal, err
	}
	if !utf8.ValidString(text) {
		return cty.NilVal, function.NewArgErrorf(0, "it is not text")
	}
	out, err := enc.NewEncoder().String(text)
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(0, "it has letters that %s has not", name)
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString([]byte(out))), nil
}

// decodeText reverses encodeText.
func decodeText(args []cty.Value) (cty.Value, error) {
	enc, err := findEncoding(args[1].AsString())
	if err != nil {
		return cty.NilVal, function.NewArgError(1, err)
	}
	b, err := base64.StdEncoding.DecodeString(args[0].AsString())
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(0, "it is not valid base64")
	}
	wrong := "it is not a text in " + args[1].AsString()
	text, err := readText(enc.NewDecoder().Reader(bytes.NewReader(b)), wrong)
	if err == nil && strings.ContainsRune(text, utf8.RuneError) {
		err = errors.New(wrong)
	}
	return cty.StringVal(text), err
}

// findEncoding returns an encoding by its IANA name. Encodings of Chinese, Japanese and Korean are left out: their
// tables would be a fifth of the program.
func findEncoding(name string) (encoding.Encoding, error) {
	plain := func(s string) string {
		return strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9]`).ReplaceAllString(strings.ToLower(s), ""), "codepage", "")
	}
	switch want := plain(name); want {
	case "utf8":
		return unicode.UTF8, nil
	case "utf16":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	case "utf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), nil
	case "utf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), nil
	default:
		for _, known := range charmap.All {
			if plain(fmt.Sprint(known)) == want {
				return known, nil
			}
		}
	}
	return nil, fmt.Errorf("there is no encoding %q; known are UTF-8, UTF-16, UTF-16LE, UTF-16BE, those of ISO-8859, windows-125x, IBM437 and its like, KOI8-R, KOI8-U and macintosh", name)
}
