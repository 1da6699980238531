package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"converge/internal/app/kinds"
	"converge/internal/facts"
	"converge/internal/stow/control"
)

// manFile is an entry of the section FILES: a path, and its meaning for the command or the kind.
type manFile struct{ name, about string }

// noFiles is the text of that section for commands without files, so that a reader need not search elsewhere.
const noFiles = "It reads and writes no file: what it prints is part of the program.\n"

// commandFiles returns the files of a command: those that follow from its flags, then its own.
func commandFiles(c *cobra.Command) []manFile {
	var out []manFile
	if c.Flags().Lookup("node") != nil {
		if strings.Contains(c.Use, "PATH") {
			out = append(out, manFile{"PATH/*.hcl, PATH/*.hcl.json", "the manifest, where PATH is a folder"})
		}
		out = append(out, manFile{facts.DefaultDir, "attributes of the operator, *.json and *.hcl"},
			manFile{facts.ProgramsDir, "programs that find facts"})
	}
	if c.Flags().Lookup("state") != nil {
		out = append(out, stateFiles()...)
	}
	return append(out, ownFiles(strings.TrimPrefix(c.CommandPath(), "converge"))...)
}

func stateFiles() []manFile {
	return []manFile{
		{"/var/lib/converge", "the state folder of root: journal, ledger, undo data, status.json; with --root DIR it is DIR/var/lib/converge"},
		{"~/.local/state/converge", "that of other users, unless XDG_STATE_HOME is set"},
	}
}

// keyFiles returns the age keys that are used if a manifest names none.
func keyFiles() []manFile {
	return []manFile{
		{"/etc/converge/age.key", "the key by which secrets of the manifest are decrypted"},
		{"/etc/ssh/ssh_host_ed25519_key, /etc/ssh/ssh_host_rsa_key", "keys for the same, those by which ssh knows the host"},
	}
}

// ownFiles returns the files of a command that no flag names; nil: there are none.
func ownFiles(command string) []manFile {
	switch name := strings.TrimSpace(command); name {
	case "":
		out := []manFile{
			{facts.DefaultDir, "attributes of the operator, *.json and *.hcl"},
			{facts.ProgramsDir, "programs that find facts"},
			{control.MappingFile, "which stow directory is for which packages; see stow2-protocol(7)"},
		}
		return append(append(out, keyFiles()...), stateFiles()...)
	case "plan", "apply":
		return keyFiles()
	case "completion":
		return []manFile{{"share/bash-completion/completions, share/zsh/site-functions, share/fish/vendor_completions.d",
			"where the packages and make install put the scripts, below /usr or the prefix; packages for Debian have share/zsh/vendor-completions"}}
	case "fmt":
		return []manFile{{"PATH/*.hcl", "manifests and files of tests, which are rewritten; a *.hcl.json is, if PATH names it"}}
	case "test":
		return []manFile{
			{"*.test.hcl", "files of tests, at any depth below PATH"},
			{"testdata/*.plan", "golden plans, usually; their names stand in the tests, relative to the file of the test, and --update writes them"},
		}
	case "wanted":
		return []manFile{
			{"APP-TIMESTAMP-SERIAL.requirements", "the requirement file; see stow2-protocol(7)"},
			{control.MappingFile, "the stow directories, and what each is for"},
		}
	case "pack":
		return []manFile{
			{"PATH/pack.hcl", "the recipe, where PATH is a folder"},
			{"DIR/*.deb, *.rpm, *.apk, *.pkg.tar.zst", "the packages, in the folder of --out"},
		}
	case "repo":
		return []manFile{
			{"DIR/deb, DIR/rpm, DIR/arch, DIR/apk", "the repositories, for each format that there is a package of"},
			{"DIR/NAME.asc", "the public OpenPGP key, for hosts; NAME is that of --name"},
			{"DIR/*.rsa.pub", "the public key for apk, called as the private one"},
		}
	case "repo key":
		return []manFile{
			{"NAME.key, NAME.asc", "the private and the public OpenPGP key, in the folder of --out"},
			{"NAME.rsa, NAME.rsa.pub", "the private and the public key for apk, there too"},
		}
	case "stow control":
		return []manFile{
			{control.MappingFile, "the stow directories that are searched for FOO, unless --stow-dir is given"},
			{"STOW/FOO/:control/converge/VERSION", "the control data of one version"},
			{"STOW/FOO/:control-default/converge", "that of all versions, with --default"},
		}
	default:
		if name == "stow" || strings.HasPrefix(name, "stow ") {
			return stowFiles()
		}
		return nil
	}
}

// stowFiles returns those of stow2, whose own page has a longer list.
func stowFiles() []manFile {
	return []manFile{
		{"~/.stowrc, ./.stowrc", "options that are read first"},
		{"PACKAGE/.stow-local-ignore, ~/.stow-global-ignore", "patterns of files that are not for the target"},
		{"PACKAGE/:installed, PACKAGE/:managed-by, PACKAGE/:stowing", "the state of a package with versions; see stow2-protocol(7)"},
		{"TARGET/.:stow2", "staged entries of a running command, or the remains of a killed one"},
	}
}

// kindFiles returns, by kind, the files that a kind reads or writes without a manifest that names them. The kinds of
// named files (internal/house, TestManPagesNameStatusesAndFiles) have none.
func kindFiles() map[string][]manFile {
	units := manFile{"/etc/systemd/system", "units, their drop-ins, and the links of those that are enabled"}
	cloud := manFile{"/etc/cloud/cloud.cfg.d/99-converge-hostname.cfg", "written where cloud-init would set the name at the next boot"}
	return map[string][]manFile{
		"authorized_key": {{"~/.ssh/authorized_keys", "the file of keys, unless sshd reads another"}, {"/etc/ssh/sshd_config", "asked for AuthorizedKeysFile"}},
		"cron":           {{"/etc/cron.d/NAME", "the table"}},
		"debconf": {{"/var/cache/debconf/config.dat", "the answers"}, {"/var/cache/debconf/passwords.dat", "those to questions for passwords"},
			{"/var/cache/debconf/templates.dat", "the questions"}},
		"group":    {{"/etc/group, /etc/gshadow", "the groups and their members"}, {"/etc/.pwd.lock", "the lock of the account files"}},
		"hostname": {{"/etc/hostname", "the name at boot"}, {"/etc/hosts", "its entry in this file follows the name"}, cloud},
		"kernel_module": {{"/etc/modules-load.d/60-converge.conf", "modules that are loaded at boot"},
			{"/etc/modprobe.d/zz-converge.conf", "parameters of modules, and modules that must not be loaded"}},
		"known_host": {{"/etc/ssh/ssh_known_hosts", "the hosts that all users know"}, {"~/.ssh/known_hosts", "those of one user"}},
		"locale":     {{"/etc/locale.conf, /etc/default/locale", "the default"}, {"/etc/locale.gen", "the locales that are generated"}},
		"mount":      {{"/etc/fstab", "what is mounted at boot"}},
		"package": {{"/var/lib/dpkg/status, /var/lib/apt/extended_states", "what is installed, and what was installed automatically, with apt"},
			{"/var/lib/rpm, /usr/lib/sysimage/rpm", "what is installed, with dnf and zypper"},
			{"/etc/dnf/plugins/versionlock.list, /etc/zypp/locks", "held packages, with dnf and zypper"},
			{"/var/lib/pacman, /etc/pacman.conf", "what is installed, and held packages (IgnorePkg), with pacman"},
			{"/etc/apk/world", "what apk is to install, with held versions"},
			{control.MappingFile, "which stow directory is for which packages"}, {"/usr/local/stow", "the stow directory without that file"}},
		"reboot": {{"/run/reboot-required, /run/reboot-needed", "their presence is a reason for a reboot"},
			{"/etc/systemd/system/converge-resume-*.service", "continues the run after the reboot, and removes itself"}},
		"repository": {{"/etc/apt/sources.list.d/NAME.sources", "the repository, for apt"}, {"/etc/apt/keyrings/NAME.asc", "its keys"},
			{"/etc/apt/auth.conf.d/NAME.conf, /etc/apt/preferences.d/NAME.pref", "its password, and the priority of its packages"},
			{"/etc/yum.repos.d/NAME.repo, /etc/zypp/repos.d/NAME.repo", "the repository, for dnf and zypper"},
			{"/etc/pki/rpm-gpg/RPM-GPG-KEY-NAME", "its keys"}, {"/etc/pacman.conf", "a section of it is the repository, for pacman"},
			{"/etc/pacman.d/NAME.asc", "its keys"}, {"/etc/apk/repositories.d/NAME.list", "the repository, for apk"},
			{"/etc/apk/keys/KEY_NAME", "its key"}},
		"service":  {units, {"/etc/runlevels", "the services of each runlevel, with OpenRC"}, {"/etc/init.d", "the scripts of services, without systemd"}},
		"sudoers":  {{"/etc/sudoers.d/NAME", "the rules"}},
		"swap":     {{"/etc/fstab", "what is used at boot"}, {"/proc/swaps", "what is used now"}},
		"sysctl":   {{"/etc/sysctl.d/60-converge.conf", "the values at boot, unless the manifest names another file"}, {"/proc/sys", "the values of the running kernel"}},
		"timer":    {{"/etc/systemd/system/NAME.timer, NAME.service", "the units"}, {"/var/lib/systemd/timers/stamp-NAME.timer", "when a persistent timer elapsed last"}},
		"timezone": {{"/etc/localtime", "a link to the time zone below /usr/share/zoneinfo"}, {"/etc/timezone", "its name, where that file is usual"}},
		"unit":     {{"/etc/systemd/system/NAME", "the unit"}, {"/etc/systemd/system/NAME.d/DROP_IN.conf", "a drop-in"}},
		"user": {{"/etc/passwd, /etc/shadow", "the accounts and their passwords"}, {"/etc/group, /etc/gshadow", "the groups of a user"},
			{"/etc/login.defs, /etc/default/useradd", "defaults for new accounts"}, {"/etc/.pwd.lock", "the lock of the account files"},
			{"~/.ssh/authorized_keys", "the keys in ssh_keys, unless sshd reads another file"}},
	}
}

// languageFiles returns those of the language's page.
func languageFiles() []manFile {
	return append([]manFile{
		{"*.hcl, *.hcl.json", "manifests: those of a folder are read in order of name, as one"},
		{"*.test.hcl", "tests of manifests; see converge-test(1)"},
		{facts.DefaultDir + ", " + facts.ProgramsDir, "attributes of the operator, and programs that find facts"},
	}, keyFiles()...)
}

// writeFiles writes the section FILES in Markdown; none is its text without files.
func writeFiles(files []manFile, none string) string {
	if len(files) == 0 && none == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n\n# FILES\n\n")
	for _, f := range files {
		fmt.Fprintf(&b, "%s\n: %s\n\n", strings.ReplaceAll(f.name, "*", `\*`), strings.ReplaceAll(f.about, "*", `\*`))
	}
	if len(files) == 0 {
		b.WriteString(none)
	}
	return strings.TrimRight(b.String(), "\n")
}

// TestManFilesAreInTheCode shows that each absolute path in a section FILES occurs in the code: the whole path, or its
// folder and its name. So a file that the code no longer uses must leave the pages, too.
func TestManFilesAreInTheCode(t *testing.T) {
	code := readCode(t, filepath.Join("..", "..", "internal"), filepath.Join("..", "..", "resources"))
	check := func(page string, files []manFile) {
		for _, f := range files {
			for name := range strings.SplitSeq(f.name, ", ") {
				fixed := cutPattern(name)
				if !path.IsAbs(name) || strings.Contains(code, `"`+fixed) {
					continue
				}
				if dir, base := path.Split(fixed); !strings.Contains(code, `"`+strings.TrimSuffix(dir, "/")) || !strings.Contains(code, base) {
					t.Errorf("%s names %s, of which the code knows no %s", page, name, fixed)
				}
			}
		}
	}
	known := map[string]bool{}
	for _, k := range kinds.New().All() {
		known[k.Name] = true
	}
	for kind, files := range kindFiles() {
		if check(kind, files); !known[kind] {
			t.Errorf("there is no kind %s", kind)
		}
	}
	for _, c := range allCommands() {
		check(c.name, ownFiles(c.name))
	}
	check("converge", ownFiles(""))
	check("the language", languageFiles())
}

// cutPattern returns the part of a path before a placeholder component.
func cutPattern(name string) string {
	for at, part := range strings.Split(name, "/") {
		if strings.Contains(part, "*") || strings.Contains(part, "NAME") {
			return strings.Join(strings.Split(name, "/")[:at], "/")
		}
	}
	return name
}

// readCode joins the Go files of trees, without tests.
func readCode(t *testing.T, trees ...string) string {
	t.Helper()
	var b strings.Builder
	for _, tree := range trees {
		err := filepath.WalkDir(tree, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			b.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}
