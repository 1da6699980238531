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
	return map[string]struct {
		argv  []string
		setup string
	}{
		"bash": {
			[]string{"bash", "--noprofile", "--norc", "-i"},
			"bind 'set enable-bracketed-paste off'; . /usr/share/bash-completion/bash_completion; . " + completions + "/stow2.bash; . " + completions + "/converge.bash; " +
				"stow2" + show + "; chkstow" + show + "; converge() { if [ \"$1\" = __complete ]; then command converge \"$@\"; else stow2 \"$@\"; fi; }; PS1='REA''DY '",
		},
		"zsh": {
			[]string{"zsh", "-f", "-i"},
			"fpath=(" + completions + " $fpath); autoload -U compinit; compinit -u -D; unsetopt zle_bracketed_paste; unset zle_bracketed_paste; " +
				"stow2" + show + "; chkstow" + show + "; converge() { if [ \"$1\" = __complete ]; then command converge \"$@\"; else stow2 \"$@\"; fi; }; PS1='REA''DY '",
		},
		"fish": {
			[]string{"fish", "--no-config", "-i"},
			"for f in " + completions + "/*.fish; source $f; end; " +
				"function stow2; printf '<%s>' $argv; printf '.\\n'; end; function chkstow; stow2 $argv; end; " +
				"function converge; if test \"$argv[1]\" = __complete; command converge $argv; else; stow2 $argv; end; end; " +
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
	for _, dir := range []string{"stow/perl/5.36/bin", "stow/perl/:control", "stow/nano-7.2/bin", "other/emacs/bin", "site"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Dir(testhost.Binary(t, "converge/cmd/converge"))
	write(t, filepath.Join(home, "site", "site.hcl"), `file "/etc/motd" { content = "" }`)
	write(t, filepath.Join(home, ".stowrc"), "--dir="+home+"/stow\n")
	env := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + home, "TERM=dumb", "LC_ALL=C.UTF-8"}
	for name, shell := range shells(completions, home) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(name); err != nil {
				testhost.Cannot(t, "there is no "+name+" on this machine to complete in")
			}
			s := openTerminal(t, home, env, shell.argv...)
			s.types(t, shell.setup+"\n", "READY ")
			for typed, words := range completed() {
				s.types(t, typed+"\t\n", "<"+strings.Join(words, "><")+">.")
			}
		})
	}
}

// completed is what is typed before the tabulator, and the words of the line then.
func completed() map[string][]string {
	return map[string][]string{
		"stow2 --stat":              {"--status"},
		"stow2 na":                  {"nano-7.2"},
		"stow2 perl/":               {"perl/5.36"},
		"stow2 -nvd other em":       {"-nvd", "other", "emacs"},
		"stow2 --dir=other em":      {"--dir=other", "emacs"},
		"stow2 -D --fold=st":        {"-D", "--fold=strict"},
		"stow2 --view oth":          {"--view", "other"},
		"stow2 --why sto":           {"--why", "stow"},
		"stow2 --check --badl":      {"--check", "--badlinks"},
		"chkstow --ali":             {"--aliens"},
		"converge vali":             {"validate"},
		"converge explain sysc":     {"explain", "sysctl"},
		"converge plan --prun":      {"plan", "--prune"},
		"converge plan --color=nev": {"plan", "--color=never"},
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
