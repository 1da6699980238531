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
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/resource"
)

// textFunc is a function from one string to another.
func MakeTextFunc(f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(s), nil
		},
	})
}

func textTest(f func(s, part string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "part", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

func hasPrefix(s, part string) bool { return strings.HasPrefix(s, part) }
func hasSuffix(s, part string) bool { return strings.HasSuffix(s, part) }
func contains(s, part string) bool  { return strings.Contains(s, part) }

// replaceFunc replaces text, or, written between slashes, what a regular
// expression matches.
func replaceFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "old", Type: cty.String}, {Name: "new", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, old, neu := args[0].AsString(), args[1].AsString(), args[2].AsString()
			if len(old) < 2 || old[0] != '/' || old[len(old)-1] != '/' {
				return cty.StringVal(strings.ReplaceAll(s, old, neu)), nil
			}
			re, err := regexp.Compile(old[1 : len(old)-1])
			if err != nil {
				return cty.NilVal, function.NewArgError(1, err)
			}
			return cty.StringVal(re.ReplaceAllString(s, neu)), nil
		},
	})
}

func base64encodeFunc() function.Function {
	return MakeTextFunc(func(s string) (string, error) {
		return base64.StdEncoding.EncodeToString([]byte(resource.DecodeBytes(s))), nil
	})
}

func base64decodeFunc() function.Function {
	return MakeTextFunc(func(s string) (string, error) {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return "", errors.New("not valid base64")
		}
		return resource.EncodeText(string(b)), nil
	})
}

func urlencodeFunc() function.Function {
	return MakeTextFunc(func(s string) (string, error) { return url.QueryEscape(resource.DecodeBytes(s)), nil })
}

// digests are the hash functions, on bytes.
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
	}
}

func hashFunctions() map[string]function.Function {
	out := map[string]function.Function{}
	for name, digest := range Digests() {
		out[name] = MakeTextFunc(func(s string) (string, error) { return digest([]byte(resource.DecodeBytes(s))), nil })
	}
	return out
}

func pathFunctions() map[string]function.Function {
	return map[string]function.Function{
		"basename": MakeTextFunc(func(s string) (string, error) { return path.Base(s), nil }),
		"dirname":  MakeTextFunc(func(s string) (string, error) { return path.Dir(s), nil }),
	}
}
