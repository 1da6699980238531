// Package packaging holds what the packages of converge and stow2 are made of:
// units, the first manifest, completions, and the file that converge pack reads.
// Its tests install the packages on test hosts of each family.
package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// shells are the shells that are completed in: how each is started, and told of
// the completions in a folder. Each prints READY when it waits for keys, and has
// a program in the place of stow2 that prints its words.
func shells(completions, home string) map[string]struct {
	argv  []string
	setup string
} {
	show := `() { printf '<%s>' "$@"; printf '.\n'; }`
	asWords := "stow2" + show + "; chkstow" + show + "; converge() { if [[ $1 == __complete* ]]; then command converge \"$@\"; else stow2 \"$@\"; fi; }; PS1='REA''DY '"
	return map[string]struct {
		argv  []string
		setup string
	}{
		"bash": {
			[]string{"bash", "--noprofile", "--norc", "-i"},
			"bind 'set enable-bracketed-paste off'; . /usr/share/bash-completion/bash_completion; . " + completions + "/stow2.bash; . " + completions + "/converge.bash; " +
				asWords,
		},
		"bash without its package": {
			[]string{"bash", "--noprofile", "--norc", "-i"},
			"bind 'set enable-bracketed-paste off'; . " + completions + "/stow2.bash; . " + completions + "/converge.bash; " + asWords,
		},
		"zsh": {
			[]string{"zsh", "-f", "-i"},
			"fpath=(" + completions + " $fpath); autoload -U compinit; compinit -u -D; unsetopt zle_bracketed_paste; unset zle_bracketed_paste; " +
				asWords,
		},
		"fish": {
			[]string{"fish", "--no-config", "-i"},
			"for f in " + completions + "/*.fish; source $f; end; " +
				"function stow2; printf '<%s>' $argv; printf '.\\n'; end; function chkstow; stow2 $argv; end; " +
				"function converge; if string match -q '__complete*' \"$argv[1]\"; command converge $argv; else; stow2 $argv; end; end; " +
				"function fish_prompt; echo REA'DY '; end",
		},
	}
}

// TestCompletion has each shell complete at a terminal.
func TestCompletion(t *testing.T) {
	completions, err := filepath.Abs("completions")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	for _, dir := range []string{"stow/perl/5.36/bin", "stow/perl/:control", "stow/nano-7.2/bin", "other/emacs/bin", "site", "needs", "my stow/it's new/1.0", "tree/etc"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Dir(testhost.Binary(t, "converge/cmd/converge"))
	write(t, filepath.Join(home, "site", "site.hcl"), `file "/etc/motd" { content = "" }
file "note" {
  for_each = { "it's" = 1 }
  path     = "/etc/${each.key}"
  content  = "x"
}
`)
	write(t, filepath.Join(home, "needs", "needs.hcl"), `variable "port" { type = string }
file "/etc/port" { content = var.port }
`)
	write(t, filepath.Join(home, "site", "notes.txt"), "")
	write(t, filepath.Join(home, "site", "site.test.hcl"), "test \"it's there\" {\n}\n")
	write(t, filepath.Join(home, "site", "site.json"), "{}")
	write(t, filepath.Join(home, ".stowrc"), "--dir="+home+"/stow\n")
	write(t, filepath.Join(home, "some.plan"), "")
	run := exec.Command(filepath.Join(bin, "converge"), "apply", "--root", "tree", "site")
	run.Dir = home
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	env := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + home, "TERM=dumb", "LC_ALL=C.UTF-8"}
	for name, shell := range shells(completions, home) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(shell.argv[0]); err != nil {
				testhost.Cannot(t, "there is no "+shell.argv[0]+" on this machine to complete in")
			}
			s := openTerminal(t, home, env, shell.argv...)
			s.types(t, shell.setup+"\n", "READY ")
			for typed, words := range completed(home) {
				s.types(t, typed+"\t\n", "<"+strings.Join(words, "><")+">.")
			}
		})
	}
}

// completed is what is typed before the tabulator, and the words of the line then.
func completed(home string) map[string][]string {
	return map[string][]string{
		"stow2 --stat":                  {"--status"},
		"stow2 na":                      {"nano-7.2"},
		"stow2 perl/":                   {"perl/5.36"},
		"stow2 -nvd other em":           {"-nvd", "other", "emacs"},
		"stow2 --dir=other em":          {"--dir=other", "emacs"},
		"stow2 -D --fold=st":            {"-D", "--fold=strict"},
		"stow2 --view oth":              {"--view", "other"},
		"stow2 --why sto":               {"--why", "stow"},
		"stow2 --check --badl":          {"--check", "--badlinks"},
		"chkstow --ali":                 {"--aliens"},
		"stow2 -d 'my stow' it":         {"-d", "my stow", "it's new"},
		"stow2 -d 'my stow' 'it":        {"-d", "my stow", "it's new"},
		`stow2 --dir="my stow" "it`:     {"--dir=my stow", "it's new"},
		`stow2 -d my\ stow it\'s\ new/`: {"-d", "my stow", "it's new/1.0"},
		"converge vali":                 {"validate"},
		"converge explain sysc":         {"explain", "sysctl"},
		"converge plan --prun":          {"plan", "--prune"},
		"converge plan --color=nev":     {"plan", "--color=never"},
		"converge plan --color nev":     {"plan", "--color", "never"},

		// Addresses have quotes and brackets, which a shell takes for its own.
		"converge plan site --target file.n":   {"plan", "site", "--target", `file.note["it's"]`},
		"converge plan site --target 'file.n":  {"plan", "site", "--target", `file.note["it's"]`},
		`converge plan site --target "file.n`:  {"plan", "site", "--target", `file.note["it's"]`},
		"converge plan ~/site --target=file.n": {"plan", home + "/site", `--target=file.note["it's"]`},
		// A variable without a value.
		"converge plan needs --target fi":                 {"plan", "needs", "--target", `file["/etc/port"]`},
		"converge plan site --target 'file[":              {"plan", "site", "--target", `file["/etc/motd"]`},
		"converge plan site --target 'file[\"/etc/m":      {"plan", "site", "--target", `file["/etc/motd"]`},
		`converge plan site --target "file[\"/e`:          {"plan", "site", "--target", `file["/etc/motd"]`},
		`converge plan site --target file\[\"/etc/m`:      {"plan", "site", "--target", `file["/etc/motd"]`},
		"converge plan site --target='file[":              {"plan", "site", `--target=file["/etc/motd"]`},
		`converge plan site --target=file\[\"/etc/m`:      {"plan", "site", `--target=file["/etc/motd"]`},
		"converge apply --exclude=a site --target 'file.": {"apply", "--exclude=a", "site", "--target", `file.note["it's"]`},
		"converge plan site --root oth":                   {"plan", "site", "--root", "other"},
		"converge plan site/si":                           {"plan", "site/site.hcl"},
		"converge plan 'site/si":                          {"plan", "site/site.hcl"},
		"converge apply site/site.h":                      {"apply", "site/site.hcl"},
		"converge apply so":                               {"apply", "some.plan"},
		"converge test site/si":                           {"test", "site/site.test.hcl"},
		"converge test site --run it":                     {"test", "site", "--run", "it's there"},
		"converge test --run 'it":                         {"test", "--run", "it's there"},
		"converge plan site --report=site/no":             {"plan", "site", "--report=site/notes.txt"},
		"converge plan site --report site/no":             {"plan", "site", "--report", "site/notes.txt"},
		"converge plan needs --var po":                    {"plan", "needs", "--var", "port="},
		"converge stow --statu":                           {"stow", "--status"},
		"converge show la":                                {"show", "last"},
		"converge show --root tree so":                    {"show", "--root", "tree", "some.plan"},
		"converge forget --root tree path:/etc/m":         {"forget", "--root", "tree", "path:/etc/motd"},
		"converge forget --root tree 'path:/etc/i":        {"forget", "--root", "tree", "path:/etc/it's"},
		"converge forget --st":                            {"forget", "--state"},
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
