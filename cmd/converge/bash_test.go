package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"converge/internal/app/environ"
)

// TestBashAnswers shows the replies that the completion script for bash gets for lines with every kind of quoting.
// TestCompletion of package packaging shows that a real bash inserts them.
func TestBashAnswers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "site.hcl"), []byte("file \"/etc/motd\" { content = \"\" }\nservice \"nginx\" {}\n"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"converge vali", "words\nvalidate\n"},
		{"converge plan --color nev", "words\nnever\n"},
		{"converge plan --color=nev", "words\nnever\n"},
		{"converge plan --color=", "words\nauto\nalways\nnever\n"},
		{"converge plan --var a= --color nev", "words\nnever\n"},
		{"converge plan $SITE --target ", "words\n'file[\"/etc/motd\"]'\n'service.nginx'\n"},
		{"converge plan $SITE --target s", "words\nservice.nginx\n"},
		{"converge plan $SITE --target '", "words\nfile[\"/etc/motd\"]\nservice.nginx\n"},
		{`converge plan $SITE --target "file`, "words\nfile[\\\"/etc/motd\\\"]\n"},
		{`converge plan $SITE --target=file\[`, "words\nfile\\[\\\"/etc/motd\\\"\\]\n"},
		{`converge plan $SITE --target=file["/etc/m`, "words\n\n"}, // the shell takes these quotes away
		{"converge plan ./s", ".hcl .hcl.json\n./s\n.test.hcl\n"},
		{"converge plan --root=/t", "folders\n/t\n"},
		{"converge plan --report x", "files\n\n"},
		{"converge plan --sha256 x", "words\n\n"},
	} {
		var out bytes.Buffer
		env := &environ.Env{Out: &out, Vars: []string{"SITE=" + dir}}
		root := newRootCommand(env)
		root.SetArgs([]string{"__complete-bash", "9", "80", " \t\n\"'@><=;|&(:", c.line})
		if err := root.Execute(); err != nil || out.String() != c.want {
			t.Errorf("%s: %v, got %q, want %q", c.line, err, out.String(), c.want)
		}
	}
}
