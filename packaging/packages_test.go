package packaging

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// The versions that are installed, and upgraded to by hand and by converge itself, as
// git describe has them: a candidate, the release, and four commits later.
const (
	candidate = "v1.1.0-rc1"
	release   = "v1.1.0"
	later     = "v1.1.0-4-gabc1234"
)

// TestPackages builds the packages once, and has each family install, upgrade and
// remove them on a host of its own.
func TestPackages(t *testing.T) {
	t.Parallel()
	testhost.Require(t)
	dir := t.TempDir()
	dist := filepath.Join(dir, "dist")
	run(t, "make", "-s", "-C", "..", "package", "VERSION="+candidate, "ARCHS=amd64", "DIST="+dist, "PACKAGES="+dir+"/release")
	repack(t, dist, release, dir+"/later")
	repack(t, dist, later, dir+"/repo")
	program := filepath.Join(dist, "stage", "converge-pkg")
	run(t, program, "repo", "key", "--rsa-bits", "2048", "--out", dir, "own")
	run(t, program, "repo", "--key", dir+"/own.key", "--key", dir+"/own.rsa", "--name", "own", dir+"/repo")
	t.Run("again", func(t *testing.T) { buildAgain(t, dir+"/release") })
	t.Run("apk", func(t *testing.T) { checkAPK(t, dir+"/release") })
	for manager, image := range map[string]string{"apt": "base", "dnf": "dnf", "zypper": "zypper", "pacman": "pacman"} {
		t.Run(manager, func(t *testing.T) {
			t.Parallel()
			h := testhost.Start(t, testhost.Options{Image: image, Binds: map[string]string{
				dir + "/release": "/srv/release:ro", dir + "/later": "/srv/later:ro", dir + "/repo": "/srv/repo:ro", "testdata": "/srv/testdata:ro",
			}})
			h.WriteFile(t, "/srv/install.sh", yes+installCommand(t, manager)+"\n", 0o644)
			h.WriteFile(t, "/srv/first.sh", firstCommands(t), 0o644)
			t.Logf("%s", h.MustExec(t, "sh", "/srv/testdata/life.sh", manager))
		})
	}
}

// buildAgain builds the smallest of the programs and its packages once more, for
// another architecture as well: those that are there have the same bytes.
func buildAgain(t *testing.T, built string) {
	t.Helper()
	dir := t.TempDir()
	run(t, "make", "-s", "-C", "..", "package", "VERSION="+candidate, "DIST="+dir, "PROGRAMS=./cmd/stow2", "RECIPES=packaging/recipes/stow2.hcl")
	first, err := filepath.Glob(built + "/stow2*")
	if err != nil || len(first) != 4 {
		t.Fatalf("the packages of stow2 are %q, %v", first, err)
	}
	for _, path := range first {
		run(t, "cmp", path, filepath.Join(dir, "packages", filepath.Base(path)))
	}
	for _, name := range []string{"stow2_1.1.0~rc1-1_arm64.deb", "stow2-1.1.0~rc1-1.aarch64.rpm", "stow2-1.1.0_rc1-r1.aarch64.apk", "stow2-1.1.0rc1-1-aarch64.pkg.tar.zst"} {
		if _, err := os.Stat(filepath.Join(dir, "packages", name)); err != nil {
			t.Error(err)
		}
	}
	f, err := elf.Open(filepath.Join(dir, "stage", "arm64", "stow2"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Machine != elf.EM_AARCH64 {
		t.Errorf("stow2 for arm64 is for %s", f.Machine)
	}
}

// repack makes the package converge of a later version, with the same program.
func repack(t *testing.T, dist, version, out string) {
	t.Helper()
	stage := filepath.Join(dist, "stage")
	run(t, filepath.Join(stage, "converge-pkg"), "pack", "--format", "deb,rpm,arch", "--arch", "amd64",
		"--var", "version="+version, "--var", "stage="+stage, "--out", out, "recipes/converge.hcl")
}

// yes answers what the managers ask a person before they install.
const yes = `dnf() { command dnf -y "$@"; }
zypper() { command zypper -n "$@"; }
pacman() { command pacman --noconfirm "$@"; }
`

// installCommand is the README's line for a package manager, and the same for the
// other two packages.
func installCommand(t *testing.T, manager string) string {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^` + manager + ` .*converge[-_].*$`).Find(readme)
	if line == nil {
		t.Fatalf("the README does not say how %s installs converge", manager)
	}
	commands := string(line)
	for _, other := range []string{"converge-pkg", "stow2"} {
		commands += "\n" + strings.Replace(string(line), "converge", other, 1)
	}
	return commands
}

// firstCommands are those of the README that come behind the installation.
func firstCommands(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?ms)^```shell\n([^`]*?^converge apply .*?)^```$").FindSubmatch(readme)
	if block == nil {
		t.Fatal("the README does not show the first converge behind the installation")
	}
	return string(block[1])
}

// checkAPK looks into the packages for Alpine Linux, which cannot be installed here:
// no apk is to be had on a machine with Debian.
func checkAPK(t *testing.T, dir string) {
	t.Helper()
	apk := filepath.Join(dir, "converge-1.1.0_rc1-r1.x86_64.apk")
	info := run(t, "tar", "-xzOf", apk, ".PKGINFO")
	for _, line := range []string{"pkgname = converge", "pkgver = 1.1.0_rc1-r1", "arch = x86_64"} {
		if !strings.Contains(info, line+"\n") {
			t.Errorf("the apk has no line %q, but\n%s", line, info)
		}
	}
	files := run(t, "tar", "-tzf", apk)
	units, err := filepath.Glob("units/*")
	if err != nil || len(units) == 0 {
		t.Fatal("there are no units", err)
	}
	for i := range units {
		units[i] = "usr/lib/systemd/system/" + filepath.Base(units[i])
	}
	for _, path := range append([]string{
		"usr/bin/converge", "etc/converge/node.d/", "usr/share/converge/site.hcl", "usr/share/man/man1/converge-apply.1.gz", "usr/share/man/man5/converge-manifest.5.gz", "usr/share/zsh/site-functions/_converge",
		"usr/share/bash-completion/completions/converge", "usr/share/fish/vendor_completions.d/converge.fish", ".post-install", ".pre-deinstall", ".post-deinstall",
	}, units...) {
		if !strings.Contains("\n"+files, "\n"+path+"\n") {
			t.Errorf("the apk has no %s, but\n%s", path, files)
		}
	}
	if script := run(t, "tar", "-xzOf", apk, ".post-install"); !strings.HasPrefix(script, "#!/bin/sh\n") || !strings.Contains(script, "cp /usr/share/converge/site.hcl /etc/converge/site.hcl") {
		t.Errorf("the apk has the script\n%s", script)
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, out, said.String())
	}
	return string(out)
}
