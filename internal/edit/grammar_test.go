package edit

import (
	"math"
	"strings"
	"testing"
)

// TestGrammar is what the lines of files mean that look like an assignment and are
// more, or less. An error is given by its text.
func TestGrammar(t *testing.T) {
	const shell, mysql, kernel = "/etc/default/x", "/etc/mysql/my.cnf", "/etc/sysctl.d/x.conf"
	for _, c := range []struct {
		file, src string
		part      Setting
		want      string
	}{
		{shell, "A=1 cmd\n", Setting{Key: "A", Value: "2"}, "error: line 1: the line is more than an assignment"},
		{shell, "export A=1 B=2\n", Setting{Key: "A", Value: "2"}, "error: line 1: the line is more than an assignment"},
		{shell, "export B=1 A=2\nA=1\n", Setting{Key: "A", Value: "2"}, "export B=1 A=2\nA=2\n"},
		{"/etc/x.env", "A=1 cmd\n", Setting{Key: "A", Value: "2"}, "A=2\n"},
		{"/etc/environment", "A=1 2\n", Setting{Key: "A", Value: "2"}, "A=2\n"},
		{shell, "readonly A=1\n", Setting{Key: "A", Value: "2"}, "readonly A=2\n"},
		{shell, "declare -r -x A=1\n", Setting{Key: "A", Value: "2"}, "declare -r -x A=2\n"},
		{shell, "cat <<EOF\nA=1\nEOF\n", Setting{Key: "A", Value: "2"}, "cat <<EOF\nA=1\nEOF\nA=2\n"},
		{shell, "cat <<EOF\nA=1\n", Setting{Key: "A", Value: "2"}, "error: a text that begins with << has no end"},
		{shell, "N=$((1<<2))\nA=1\n", Setting{Key: "A", Value: "2"}, "N=$((1<<2))\nA=2\n"},
		{shell, "if true; then\n  A=3\nfi\n", Setting{Key: "A", Value: "2"}, "if true; then\n  A=2\nfi\n"},
		{shell, "A=1\nif true; then\nA=3\nfi\n", Setting{Key: "A", Value: "2", Several: RemoveSeveral}, "error: line 3: A is set here, inside a command"},
		{shell, "f() {\nA=3\n}\nA=4\n", Setting{Key: "A", Value: "2", Several: RemoveSeveral}, "error: line 2: A is set here, inside a command"},
		{shell, "if true; then B=1; fi\nA=3\nA=4\n", Setting{Key: "A", Value: "2", Several: RemoveSeveral}, "if true; then B=1; fi\nA=2\n"},
		{mysql, "[mysqld]\nport = 3306 # the port\n", Setting{Section: []string{"mysqld"}, Key: "port", Value: "2"}, "[mysqld]\nport = 2 # the port\n"},
		{mysql, "[mysqld]\nport=1\n", Setting{Section: []string{"mysqld"}, Key: "port", Value: "a # b"}, "[mysqld]\nport=\"a # b\"\n"},
		{kernel, "-net.a = 1\n", Setting{Key: "net.a", Value: "2"}, "-net.a = 2\n"},
		{kernel, "net/a = 1\n", Setting{Key: "net.a", Value: "2"}, "net/a = 2\n"},
		{kernel, "net.a = 1\n-net/a=3\n", Setting{Key: "net.a", Value: "2", Several: RemoveSeveral}, "-net/a=2\n"},
		{"x.toml", "d = 1979-05-27T07:32:00Z\nn = nan\ni = -inf\nl = 07:32:00\na = 1\n", Setting{Key: "a", Value: int64(2)}, "d = 1979-05-27T07:32:00Z\nn = nan\ni = -inf\nl = 07:32:00\na = 2\n"},
		{"x.toml", "n = 1\n", Setting{Key: "n", Value: math.NaN()}, "n = nan\n"},
		{"x.toml", "n = 1\n", Setting{Key: "n", Value: math.Inf(-1)}, "n = -inf\n"},
		{"x.json", "", Setting{Key: "a", Value: int64(2)}, "{\n  \"a\": 2\n}\n"},
		{"x.json", "// only\n", Setting{Key: "a", Value: int64(2)}, "// only\n{\n  \"a\": 2\n}\n"},
		{"x.json", "/* only */", Setting{Section: []string{"b"}, Key: "a", Value: true}, "/* only */\n{\n  \"b\": {\n    \"a\": true\n  }\n}\n"},
		{"x.yaml", "# only\n", Setting{Key: "a", Value: int64(2)}, "# only\na: 2\n"},
		{"x.yaml", "---\n# only\n", Setting{Key: "a", Value: int64(2)}, "---\n# only\na: 2\n"},
		{"x.toml", "# only\n", Setting{Key: "a", Value: int64(2)}, "# only\na = 2\n"},
	} {
		c.part.Format, c.part.Dialect = Known(c.file)
		out, err := Edit([]byte(c.src), []Part{&c.part})
		got := string(out)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != c.want && (err == nil || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s %q: got\n%q, want\n%q", c.file, c.src, got, c.want)
		}
		if err != nil {
			continue
		}
		hunks, err := Record([]byte(c.src), []Part{&c.part})
		if err != nil {
			t.Fatal(err)
		}
		if back, _ := Restore(out, hunks); string(back) != c.src {
			t.Errorf("%s %q: it was taken back to %q", c.file, c.src, back)
		}
	}
}
