package functions

import (
	"errors"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/resource"
)

// bytesFunc returns the function bytes, for file names that are not UTF-8 or
// not in normal form: \xE8 is one byte, \\ is a backslash.
func bytesFunc() function.Function {
	return MakeTextFunc(func(s string) (string, error) {
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
	})
}
