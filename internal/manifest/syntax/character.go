package syntax

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
)

// describeCharacter describes a character outside of texts that is not part of the language.
func describeCharacter(word string) string {
	r, _ := utf8.DecodeRuneInString(word)
	const retype = " It comes in when text is copied from a page or a document: write the line anew."
	code := fmt.Sprintf("U+%04X", r)
	switch {
	case r == '\r':
		return "A carriage return stands here alone. A line ends with a line feed, or with both."
	case r == 0:
		return "A NUL byte stands here, which is no text."
	case r == '\u00a0' || r == '\u202f':
		return "This is a no-break space (" + code + "), which looks like a space." + retype
	case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zs, r):
		return "This is a character that is not seen (" + code + ")." + retype
	case unicode.Is(unicode.Pd, r):
		return "This is a long dash (" + code + "); minus is -." + retype
	case r < ' ':
		return "This is a control character (" + code + ")." + retype
	case r >= utf8.RuneSelf && r != utf8.RuneError:
		return fmt.Sprintf("%c (%s) stands outside of a text: a text has quotes, and a remark begins with #.", r, code)
	}
	return "Outside of a text this character means nothing: a text has quotes, and a remark begins with #."
}

// findBinary returns the only error about a file that is not UTF-8 text; nil if it may be text.
func findBinary(d source.Document) *hcl.Diagnostic {
	at := hcl.Range{Filename: d.Name, Start: hcl.InitialPos, End: hcl.InitialPos}
	head := d.Data[:min(len(d.Data), 512)]
	what := ""
	switch plain := string(head); {
	case startsWith(head, "\xff\xfe", "\xfe\xff") || strings.HasPrefix(plain, `\xff\xfe`) || strings.HasPrefix(plain, `\xfe\xff`):
		what = "This file is written in UTF-16. Save it in UTF-8, or convert it: iconv -f UTF-16 -t UTF-8."
	case startsWith(head, "\x1f\x8b", "PK\x03\x04", "\x7fELF", "BZh", "\xfd7zXZ"):
		what = "This file is an archive or a program, and no text."
	case bytes.Count(head, []byte{0}) > len(head)/4 && len(head) > 3:
		what = "This file is no text: every few bytes of it are NUL. A file in UTF-16 is converted by iconv -f UTF-16 -t UTF-8."
	default:
		return nil
	}
	return diag.Failure("Not a text in UTF-8", what, &at)
}

func startsWith(data []byte, heads ...string) bool {
	for _, head := range heads {
		if bytes.HasPrefix(data, []byte(head)) {
			return true
		}
	}
	return false
}
