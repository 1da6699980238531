package edit

import (
	"math"
	"strings"
	"testing"
)

// TestGrammar shows the meaning of lines that look like an assignment and are more, or less. An error is given by its
// text.
func TestGrammar(t *testing.T) {
	const shell, mysql, kernel = "/etc/default/x", "/etc/mysql/my.cnf", "/etc/sysctl.d/x.conf"
	const env = "/srv/.env"
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
		{shell, "if true; then\n  A=3\nfi\n", Setting{Key: "A", Value: "2"}, "error: line 2: A is set here, inside a command"},
		{shell, "if true; then\n  A=3\nfi\n", Setting{Key: "A", Absent: true}, "error: line 2: A is set here, inside a command"},
		{shell, "function f {\n  A=3\n}\n", Setting{Key: "A", Value: "2"}, "error: line 2: A is set here, inside a command"},
		{shell, "(\nA=3\n)\n", Setting{Key: "A", Value: "2"}, "error: line 2: A is set here, inside a command"},
		{shell, "case $1 in\nstart)\nA=3;;\nesac\n", Setting{Key: "A", Value: "2"}, "error: line 3: A is set here, inside a command"},
		{shell, "f() {\n  local A=3\n}\n", Setting{Key: "A", Value: "2"}, "f() {\n  local A=3\n}\nA=2\n"},
		{shell, "f() {\n#A=3\n}\n", Setting{Key: "A", Value: "2"}, "f() {\n#A=3\n}\nA=2\n"},
		{shell, "f() { echo \"}\"; }\nfor i in if; do { B=1; }; done\ncase x in x) B=2;; esac\necho if {\nA=3\n", Setting{Key: "A", Value: "2"}, "f() { echo \"}\"; }\nfor i in if; do { B=1; }; done\ncase x in x) B=2;; esac\necho if {\nA=2\n"},
		{shell, "[ -e /x ] && {\nA=3\n} || true\n", Setting{Key: "A", Value: "2"}, "error: line 2: A is set here, inside a command"},
		{shell, "B=${x#(}\nA=3\n: ${y%)} ${y:-${z#(} ( }\nC=${x% )}\n", Setting{Key: "A", Value: "2"}, "B=${x#(}\nA=2\n: ${y%)} ${y:-${z#(} ( }\nC=${x% )}\n"},
		{shell, "f() {\nB=${x#\\}}\nA=3\n}\n", Setting{Key: "A", Value: "2"}, "error: line 3: A is set here, inside a command"},
		{shell, "for me\nA=3\n", Setting{Key: "A", Value: "2"}, "for me\nA=2\n"},
		{shell, "if x; then\n(\nfor me\nA=3\nfi\n", Setting{Key: "A", Value: "2"}, "error: line 4: A is set here, inside a command"},
		{shell, "if x; then\nB=1\nfi\nif me\nA=3\n", Setting{Key: "A", Value: "2"}, "if x; then\nB=1\nfi\nif me\nA=2\n"},
		{shell, "if = 1\nA = 3\n", Setting{Key: "A", Value: "2"}, "if = 1\nA = 2\n"},
		{shell, "A=1\nB=1\nA=2\n", Setting{Key: "A", Absent: true}, "B=1\n"},
		{shell, "A=1\nif true; then\nA=3\nfi\n", Setting{Key: "A", Value: "2", Several: RemoveSeveral}, "error: line 3: A is set here, inside a command"},
		{shell, "f() {\nA=3\n}\nA=4\n", Setting{Key: "A", Value: "2", Several: RemoveSeveral}, "error: line 2: A is set here, inside a command"},
		{shell, "if true; then B=1; fi\nA=3\nA=4\n", Setting{Key: "A", Value: "2", Several: RemoveSeveral}, "if true; then B=1; fi\nA=2\n"},
		{env, "KEY=\"-----BEGIN\nA=1\n#A=2\n\\\"A=3\n-----END\" # c\nB=1\n", Setting{Key: "A", Value: "5"}, "KEY=\"-----BEGIN\nA=1\n#A=2\n\\\"A=3\n-----END\" # c\nB=1\nA=5\n"},
		{env, "export KEY = 'x\nA=\\'\nA=1\n", Setting{Key: "A", Value: "5"}, "export KEY = 'x\nA=\\'\nA=5\n"},
		{env, "KEY=\"x\nA=1\n\"\n", Setting{Key: "A", Absent: true}, "KEY=\"x\nA=1\n\"\n"},
		{env, "KEY=\"x\nA=1\n\"\nB=1\n", Setting{Key: "KEY", Value: "5"}, "error: line 1: the value is continued in the next line"},
		{env, "#A=1\nKEY='x\nB=1\n", Setting{Key: "A", Value: "5"}, "error: a value in quotes has no end"},
		{env, "KEY='x\nA=1\n", Setting{Key: "A", Value: "5"}, "KEY='x\nA=5\n"},
		{env, "KEY=it's\n#it's\nA=1\n", Setting{Key: "B", Value: "5"}, "KEY=it's\n#it's\nA=1\nB=5\n"},
		{mysql, "[mysqld]\nport = 3306 # the port\n", Setting{Section: []string{"mysqld"}, Key: "port", Value: "2"}, "[mysqld]\nport = 2 # the port\n"},
		{mysql, "[mysqld]\nport=1\n", Setting{Section: []string{"mysqld"}, Key: "port", Value: "a # b"}, "[mysqld]\nport=\"a # b\"\n"},
		{mysql, "[mysqld]\nskip-networking\nport = 1\n", Setting{Section: []string{"mysqld"}, Key: "skip_networking", Absent: true}, "[mysqld]\nport = 1\n"},
		{mysql, "[mysqld]\nskip-networking # c\nport = 1\n", Setting{Section: []string{"mysqld"}, Key: "skip-networking", Value: "0"}, "[mysqld]\nskip-networking = 0 # c\nport = 1\n"},
		{mysql, "[mysqld]\nskip-networking\n", Setting{Section: []string{"mysqld"}, Key: "skip-networking", Value: ""}, "[mysqld]\nskip-networking\n"},
		{mysql, "[mysqld]\n#skip-networking\n# and more\n", Setting{Section: []string{"mysqld"}, Key: "skip-networking", Value: ""}, "[mysqld]\nskip-networking\n# and more\n"},
		{mysql, "!includedir /x\n[mysqld]\n", Setting{Section: []string{"mysqld"}, Key: "skip-networking", Value: ""}, "!includedir /x\n[mysqld]\nskip-networking\n"},
		{"x.toml", "d = [1979-05-27, 1980-01-01] # c\n", Setting{Key: "d", Value: Bare("[1979-05-27, 1980-01-01]")}, "d = [1979-05-27, 1980-01-01] # c\n"},
		{"x.toml", "d = []\ne = {f = [07:32:00]}\n", Setting{Key: "d", Value: Bare("[1979-05-27]")}, "d = [1979-05-27]\ne = {f = [07:32:00]}\n"},
		{"x.toml", "d = [1979-05-27]\n", Setting{Key: "d", Value: []any{"1979-05-27"}}, "d = [\"1979-05-27\"]\n"},
		{kernel, "-net.a = 1\n", Setting{Key: "net.a", Value: "2"}, "-net.a = 2\n"},
		{kernel, "net/a = 1\n", Setting{Key: "net.a", Value: "2"}, "net/a = 2\n"},
		{kernel, "net.a = 1\n-net/a=3\n", Setting{Key: "net.a", Value: "2", Several: RemoveSeveral}, "-net/a=2\n"},
		{"x.toml", "d = 1979-05-27T07:32:00Z\nn = nan\ni = -inf\nl = 07:32:00\na = 1\n", Setting{Key: "a", Value: int64(2)}, "d = 1979-05-27T07:32:00Z\nn = nan\ni = -inf\nl = 07:32:00\na = 2\n"},
		{"x.toml", "n = 1\n", Setting{Key: "n", Value: math.NaN()}, "n = nan\n"},
		{"x.toml", "n = 1\n", Setting{Key: "n", Value: math.Inf(-1)}, "n = -inf\n"},
		{"x.json", "", Setting{Key: "a", Value: int64(2)}, "{\n  \"a\": 2\n}\n"},
		{"x.json", "// only\n", Setting{Key: "a", Value: int64(2)}, "// only\n{\n  \"a\": 2\n}\n"},
		{"x.json", "/* only */", Setting{Section: []string{"b"}, Key: "a", Value: true}, "/* only */\n{\n  \"b\": {\n    \"a\": true\n  }\n}"},
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
