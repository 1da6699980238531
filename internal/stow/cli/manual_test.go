package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"converge/internal/stow/cli"
	"converge/internal/stow/control"
	"converge/internal/stow/wanted"
	"converge/internal/testhost"
)

// The manual pages are written by hand, except for the options and the output of the examples: the tests below compare
// those with the program, and write them with -update.
func manual(name string) string { return filepath.Join("..", "..", "..", "docs", "man", name) }

// rewrite compares a page with the generated one, or writes it.
func rewrite(t *testing.T, name string, made func(page []byte) []byte) {
	t.Helper()
	page, err := os.ReadFile(manual(name))
	if err != nil {
		t.Fatal(err)
	}
	want := made(page)
	switch {
	case bytes.Equal(page, want):
	case *update:
		if err := os.WriteFile(manual(name), want, 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is stale, make docs writes it; it should be\n%s", manual(name), want)
	}
}

// TestDocsOptions generates the lists of options from the table that parses the command line. A list is between two
// comments:
//
//	.\" options: gnu
//	.\" end
func TestDocsOptions(t *testing.T) {
	parts := map[string]cli.Part{"gnu": cli.GNU, "added": cli.Added, "lists": cli.Lists}
	list := regexp.MustCompile(`(?ms)^(\.\\" options: (\w+)\n).*?^\.\\" end$`)
	rewrite(t, "stow2.8", func(page []byte) []byte {
		page = list.ReplaceAllFunc(page, func(block []byte) []byte {
			m := list.FindSubmatch(block)
			part, ok := parts[string(m[2])]
			if !ok {
				t.Fatalf("there is no list of options %q, or two of it", m[2])
			}
			delete(parts, string(m[2]))
			return fmt.Appendf(nil, "%s%s.\\\" end", m[1], optionList(part))
		})
		for name := range parts {
			t.Errorf("there is no list of options %q", name)
		}
		return page
	})
}

func optionList(part cli.Part) string {
	var b strings.Builder
	for _, o := range cli.Options() {
		if o.Part == part {
			fmt.Fprintf(&b, ".TP\n%s\n%s\n", usage(o), paragraph(o.Doc+"."))
		}
	}
	return b.String()
}

// usage formats names of options in bold, and placeholders in italics.
func usage(o cli.Option) string {
	word := regexp.MustCompile(`[A-Z]{2,}|\bN\b`)
	var names []string
	for _, n := range strings.Split(o.Usage(), ", ") {
		name := n
		if i := strings.IndexAny(n, " =["); i >= 0 {
			name = n[:i]
		}
		rest := word.ReplaceAllString(roff(n[len(name):]), `\fI$0\fR`)
		names = append(names, `\fB`+roff(name)+`\fR`+rest)
	}
	return strings.Join(names, ", ")
}

// roff writes a text so that its printed form can be copied into a shell.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		return `\&` + s
	}
	return s
}

// paragraph breaks a text into lines of the page's source.
func paragraph(text string) string {
	var b strings.Builder
	width := 0
	for _, word := range strings.Fields(roff(text)) {
		switch {
		case width > 0 && width+1+len(word) > 78:
			b.WriteString("\n")
			if width = 0; word[0] == '.' {
				word = `\&` + word
			}
		case width > 0:
			b.WriteString(" ")
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}

// plain reverses roff.
func plain(s string) string {
	return strings.NewReplacer(`\e`, `\`, `\-`, `-`, `\(aq`, `'`, `\(ga`, "`", `\(ha`, `^`, `\(ti`, `~`, `\&`, ``).Replace(s)
}

// TestDocsExamples runs every command of the page's examples, in order, and compares the output with the page. A folder
// of the test replaces /usr/local and ~.
func TestDocsExamples(t *testing.T) {
	sh := newManualShell(t)
	ran := 0
	block := regexp.MustCompile(`(?ms)^\.EX\n(.*?)^\.EE$`)
	rewrite(t, "stow2.8", func(page []byte) []byte {
		return block.ReplaceAllFunc(page, func(example []byte) []byte {
			body := string(block.FindSubmatch(example)[1])
			if !strings.HasPrefix(body, "$ ") {
				return example // it shows a file
			}
			var out strings.Builder
			out.WriteString(".EX\n")
			for line := range strings.Lines(body) {
				command, ok := strings.CutPrefix(line, "$ ")
				if !ok {
					continue
				}
				out.WriteString(line)
				for printed := range strings.Lines(sh.run(t, plain(strings.TrimSuffix(command, "\n")))) {
					out.WriteString(roff(printed))
				}
				ran++
			}
			return []byte(out.String() + ".EE")
		})
	})
	if ran < 10 {
		t.Errorf("only %d commands were found", ran)
	}
}

// manualShell is a machine as in the examples.
type manualShell struct{ root, dir string }

func newManualShell(t *testing.T) *manualShell {
	t.Helper()
	sh := &manualShell{root: t.TempDir()}
	for path, text := range map[string]string{
		"home/dotfiles/bash/dot-bashrc":                   "PS1='$ '\n",
		"home/dotfiles/bash/dot-config/bash/aliases":      "alias ll='ls -l'\n",
		"home/.config/user-dirs.locale":                   "C\n",
		"usr/local/stow/hello-1.0/bin/hello":              "#!/bin/sh\necho hello, world\n",
		"usr/local/stow/hello-1.0/share/man/man1/hello.1": ".TH hello 1\n",
		"usr/local/stow/hello-1.1/bin/hello":              "#!/bin/sh\necho Hello, world!\n",
		"usr/local/stow/hello-1.1/share/man/man1/hello.1": ".TH hello 1\n",
		"usr/local/stow/hello-1.1/share/doc/hello/NEWS":   "Now in better English.\n",
		"usr/local/stow/moe-1.6/bin/moe":                  "#!/bin/sh\n",
		"usr/local/stow/moe-1.6/etc/moe.conf":             "color=none\n",
		"usr/local/stow/nano/7.2/bin/nano":                "#!/bin/sh\necho 7.2\n",
		"usr/local/stow/nano/8.0/bin/nano":                "#!/bin/sh\necho 8.0\n",
		"usr/local/stow/nano/8.0/share/nano/sh.nanorc":    "syntax sh\n",
		"usr/local/stow/nano/:config/etc/nanorc":          "set softwrap\n",
		"usr/local/etc/moe.conf":                          "color=amber\n",
	} {
		path = filepath.Join(sh.root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sh.dir = sh.root
	return sh
}

// run runs one command line; cd also affects the following ones.
func (sh *manualShell) run(t *testing.T, command string) string {
	t.Helper()
	command = strings.ReplaceAll(command, "/usr/local", sh.root+"/usr/local")
	where := filepath.Join(sh.root, "pwd")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command+"\ncode=$?; pwd >'"+where+"'; exit $code")
	cmd.Dir = sh.dir
	cmd.Env = append(os.Environ(), "HOME="+sh.root+"/home", "STOW_DIR=", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	dir, err := os.ReadFile(where)
	if err != nil {
		t.Fatal(err)
	}
	sh.dir = strings.TrimSpace(string(dir))
	return strings.ReplaceAll(string(out), sh.root+"/usr/local", "/usr/local")
}

// TestDocsFiles parses the files that the page about the protocol shows.
func TestDocsFiles(t *testing.T) {
	page, err := os.ReadFile(manual("stow2-protocol.7"))
	if err != nil {
		t.Fatal(err)
	}
	readers := map[string]func(text []byte) error{
		"Control-Version": func(text []byte) error {
			d, err := control.Parse("control data", text)
			if known := 9; err == nil && len(d.Document.Stanzas[0].Fields) != known {
				return fmt.Errorf("has not all %d fields", known)
			}
			return err
		},
		"Requirements-Version": func(text []byte) error { _, err := wanted.Parse("requirements", text); return err },
		"stowdir":              func(text []byte) error { _, err := control.ParseMapping("mapping", text); return err },
	}
	for _, m := range regexp.MustCompile(`(?ms)^\.EX\n(.*?)^\.EE$`).FindAllSubmatch(page, -1) {
		text := plain(string(m[1]))
		for first, read := range readers {
			if strings.HasPrefix(text, first) {
				delete(readers, first)
				if err := read([]byte(text)); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for first := range readers {
		t.Errorf("no file begins with %s", first)
	}
}

// TestDocsFormat formats the pages with groff, with all warnings on.
func TestDocsFormat(t *testing.T) {
	if _, err := exec.LookPath("groff"); err != nil {
		testhost.Cannot(t, "there is no groff on this machine to read the pages with")
	}
	pages, err := filepath.Glob(manual("stow2*"))
	if err != nil || len(pages) == 0 {
		t.Fatal("there are no pages", err)
	}
	for _, page := range pages {
		cmd := exec.CommandContext(t.Context(), "groff", "-ww", "-t", "-man", "-Tutf8", "-z", page)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
