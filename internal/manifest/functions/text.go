package functions

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/resource"
)

// MakeTextFunc makes a function from one string to another.
func MakeTextFunc(f func(string) (string, error)) function.Function {
	return NewFunc(cty.String, func(args []cty.Value) (cty.Value, error) {
		s, err := f(args[0].AsString())
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(s), nil
	}, param("text", cty.String))
}

func textTest(f func(s, part string) bool) function.Function {
	return NewFunc(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
	}, param("text", cty.String), param("part", cty.String))
}

// cutSlashes returns the regular expression between two slashes.
func cutSlashes(s string) (re string, ok bool) {
	if len(s) < 2 || s[0] != '/' || s[len(s)-1] != '/' {
		return "", false
	}
	return s[1 : len(s)-1], true
}

// replaceText replaces a text, or, if it is between slashes, the matches of a regular expression.
func replaceText(args []cty.Value) (cty.Value, error) {
	s, old, neu := args[0].AsString(), args[1].AsString(), args[2].AsString()
	pattern, ok := cutSlashes(old)
	if !ok {
		return cty.StringVal(strings.ReplaceAll(s, old, neu)), nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return cty.NilVal, function.NewArgError(1, err)
	}
	return cty.StringVal(re.ReplaceAllString(s, neu)), nil
}

func decodeBase64(s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", errors.New("not valid base64")
	}
	return resource.EncodeText(string(b)), nil
}

// decodeURL reverses urlencode: a plus is a space, too.
func decodeURL(s string) (string, error) {
	text, err := url.QueryUnescape(resource.DecodeBytes(s))
	if err != nil {
		return "", errors.New("behind each % two hexadecimal digits must follow")
	}
	return resource.EncodeText(text), nil
}

// compareTimes returns -1, 0 or 1: whether one time is before another.
func compareTimes(args []cty.Value) (cty.Value, error) {
	var times [2]time.Time
	for i := range times {
		var err error
		if times[i], err = time.Parse(time.RFC3339, args[i].AsString()); err != nil {
			return cty.NilVal, function.NewArgErrorf(i, "want a time such as 2026-11-21T02:13:00Z")
		}
	}
	return cty.NumberIntVal(int64(times[0].Compare(times[1]))), nil
}

// unescapeBytes implements bytes(), for file names that are not UTF-8 or not in normal form: \xE8 is one byte, \\ is a
// backslash.
func unescapeBytes(s string) (string, error) {
	var b strings.Builder
	for s != "" {
		plain, rest, escaped := strings.Cut(s, `\`)
		b.WriteString(plain)
		if !escaped {
			break
		}
		if s = rest; strings.HasPrefix(s, `\`) {
			b.WriteByte('\\')
			s = s[1:]
			continue
		}
		if len(s) < 3 || s[0] != 'x' {
			return "", errors.New(`a backslash must be followed by a backslash, or by x and two hexadecimal digits`)
		}
		c, err := strconv.ParseUint(s[1:3], 16, 8)
		if err != nil || c == 0 {
			return "", errors.New(`\x must be followed by two hexadecimal digits that are not 00`)
		}
		b.WriteByte(byte(c))
		s = s[3:]
	}
	return resource.EncodeBytes(b.String()), nil
}

// Digests returns the hash functions, on bytes.
func Digests() map[string]func([]byte) string {
	return map[string]func([]byte) string{
		"md5":    func(b []byte) string { d := md5.Sum(b); return hex.EncodeToString(d[:]) },
		"sha1":   func(b []byte) string { d := sha1.Sum(b); return hex.EncodeToString(d[:]) },
		"sha256": func(b []byte) string { d := sha256.Sum256(b); return hex.EncodeToString(d[:]) },
		"sha512": func(b []byte) string { d := sha512.Sum512(b); return hex.EncodeToString(d[:]) },
		"base64sha256": func(b []byte) string {
			d := sha256.Sum256(b)
			return base64.StdEncoding.EncodeToString(d[:])
		},
		"base64sha512": func(b []byte) string {
			d := sha512.Sum512(b)
			return base64.StdEncoding.EncodeToString(d[:])
		},
	}
}

func hashFunctions() map[string]function.Function {
	out := map[string]function.Function{}
	for name, digest := range Digests() {
		out[name] = MakeTextFunc(func(s string) (string, error) { return digest([]byte(resource.DecodeBytes(s))), nil })
	}
	out["uuidv5"] = NewFunc(cty.String, makeUUID, param("namespace", cty.String), param("name", cty.String))
	return out
}

func pathFunctions() map[string]function.Function {
	return map[string]function.Function{
		"basename": MakeTextFunc(func(s string) (string, error) { return path.Base(s), nil }),
		"dirname":  MakeTextFunc(func(s string) (string, error) { return path.Dir(s), nil }),
	}
}
