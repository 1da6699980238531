package lsp_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRenameRefuses shows that a name is not changed if it also occurs where the server understands nothing: an edit of
// the other places would leave a broken reference.
func TestRenameRefuses(t *testing.T) {
	for _, tt := range []struct{ name, src, file, also, want string }{
		{"a line that is being written", "variable \"n‸\" {}\nfile \"/b\" {\n  content = var.n +\n}\n", "", "", "new.hcl:3 may have the name n, and cannot be read"},
		{"an open quote", "package \"n‸\" {}\nfile \"/b\" {\n  content = \"${package.n.version}\n}\n", "", "", "new.hcl:3 may have"},
		{"a header", "package \"n‸\" {}\nservice \"x {\n  restart_on = [package.n]\n}\n", "", "", "new.hcl:3 may have"},
		{"a path", "file \"/etc/a b‸\" {}\nfile \"/c\" {\n  content = file[\"/etc/a b\"].path +\n}\n", "", "", "new.hcl:3 may have the name /etc/a b"},
		{"another file", "variable \"n‸\" {}\n", "z.hcl", "locals {\n  x = 1\n  y = var.n.\n}\n", "z.hcl:3 may have"},
		{"an input", "module \"m\" {\n  source = \"./web\"\n  po‸rt = 1\n}\n", "z.hcl", "module \"k\" {\n  source = \"./web\"\n  port = = 1\n}\n", "z.hcl:3 may have"},
		{"what only a module has", "module \"m\" {\n  source = \"./web\"\n  po‸rt = 1\n}\n", "web/z.hcl", "file \"/x\" {\n  mode = [var.port\n}\n", "z.hcl:2 may have"},
		{"JSON", "variable \"n‸\" {}\n", "z.hcl.json", "{\n \"file\": {\"/x\": {\"content\": \"${var.n}\"}}}", "z.hcl.json:2 has the name n, and names are not changed in JSON"},
		{"an input in JSON", "module \"m\" {\n  source = \"./web\"\n  po‸rt = 1\n}\n", "z.hcl.json", "{\"module\": {\"k\": {\"source\": \"./web\",\n\"port\": 1}}}", "z.hcl.json:2 has"},
		{"an only module in JSON", "variable \"n‸\" {}\n", "up/z.hcl.json", "{\"module\": {\"k\": {\"source\": \"./..\",\n\"n\": 1}}}", "z.hcl.json:2 has"},
		{"a path in JSON", "file \"/etc/a\\\"b‸\" {}\n", "z.hcl.json", "{\"output\": {\"o\": {\"value\": \"${file[\\\"/etc/a\\\\\\\"b\\\"].path}\"}}}", "z.hcl.json:1 has"},

		{"another line of a broken block", "variable \"n‸\" {}\nfile \"/b\" {\n  content = var.n\n  mode = [\n}\n", "", "", ""},
		{"a broken block without the name", "variable \"n‸\" {}\nfile \"/b\" {\n  content = var.nn +\n}\n", "", "", ""},
		{"a comment that can be read", "variable \"n‸\" {}\nfile \"/b\" {\n # n\n}\n", "", "", ""},
		{"JSON without it", "variable \"n‸\" {}\n", "z.hcl.json", "{\"file\": {\"/n\": {\"content\": \"n ${local.n}\"}}}", ""},
		{"another folder", "variable \"n‸\" {}\n", "web/z.hcl", "locals {\n  x = var.n +\n}\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, raw := askBeside(t, "textDocument/rename", "new.hcl", tt.src, tt.file, tt.also, map[string]any{"newName": "other"})
			said := e.said.String()
			switch {
			case tt.want == "" && raw == nil:
				t.Errorf("it is refused:\n%s", said)
			case tt.want != "" && raw != nil:
				t.Errorf("it answers %s", raw)
			case tt.want != "" && !strings.Contains(said, tt.want):
				t.Errorf("it does not say %q:\n%s", tt.want, said)
			}
		})
	}
}

// askBeside is ask with one more file in the folder.
func askBeside(t *testing.T, method, file, src, name, content string, more map[string]any) (*editor, []byte) {
	t.Helper()
	if name == "" {
		e, raw := ask(t, method, file, src, more)
		return e, raw
	}
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	e, raw := askIn(t, dir, method, file, src, more)
	return e, raw
}
