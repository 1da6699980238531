package outline

import (
	"fmt"
	"strings"
	"testing"
)

// TestLocate shows places; ‸ is the cursor.
func TestLocate(t *testing.T) {
	for src, want := range map[string]string{
		"fi‸":                 `[] attr="" begins path="" word="fi"`,
		"file \"a\" {\n  co‸": `[file] attr="" begins path="" word="co"`,
		"file \"a\" {\n  content = \"a\"\n  ‸\n}":                             `[file] attr="" begins path="" word=""`,
		"file \"a\" {\n  content = va‸":                                       `[file] attr="content" path="" word="va"`,
		"file \"a\" {\n  content = \"${var.x‸":                                `[file] attr="content" nested=1 path="var." word="x"`,
		"file \"a\" {\n  content = \"ab‸":                                     `[file] attr="content" quoted path="" word="ab"`,
		"file \"a\" {\n  notifies = [service.nginx.‸\n}\nlocals {}":           `[file] attr="notifies" nested=1 path="service.nginx." word=""`,
		"file \"a\" {\n  depends_on = [\n    file.b,\n    file[\"/etc/x\"].‸": `[file] attr="depends_on" nested=1 path="file[\"/etc/x\"]." word=""`,
		"variable \"x\" {\n  validation {\n    con‸":                          `[variable validation] attr="" begins path="" word="con"`,
		"a \"b\" {\n  x = {\n    y = 1\n    z‸":                               `[a] attr="x" nested=1 path="" word="z"`,
		"a \"b\" { x = 1 }\n‸":                                                `[] attr="" begins path="" word=""`,
		"a \"b‸":                                                              `[] attr="" quoted path="" word="b"`,
		"a \"b\" {\n  x = upper(va‸":                                          `[a] attr="x" nested=1 path="" word="va"`,
		"a \"b\" {\n  x = module.web[\"eu\"].u‸":                              `[a] attr="x" path="module.web[\"eu\"]." word="u"`,
	} {
		at := strings.Index(src, "‸")
		p := Locate([]byte(strings.Replace(src, "‸", "", 1)), at)
		got := fmt.Sprintf("%v attr=%q", p.Blocks, p.Attr)
		for word, is := range map[string]bool{" begins": p.Begins, " quoted": p.Quoted, fmt.Sprintf(" nested=%d", p.Nested): p.Nested > 0} {
			if is {
				got += word
			}
		}
		got += fmt.Sprintf(" path=%q word=%q", p.Path, p.Word)
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", src, got, want)
		}
	}
}

// FuzzLocate: every offset of any text has a place.
func FuzzLocate(f *testing.F) {
	f.Add("file \"a\" {\n  content = \"${var.x", 20)
	f.Fuzz(func(t *testing.T, src string, at int) {
		if at >= 0 && at <= len(src) {
			Locate([]byte(src), at)
		}
	})
}
