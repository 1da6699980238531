package reboot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/version"
)

// maxMark limits the bytes that are read of a file with package names.
const maxMark = 64 << 10

// requirements finds out whether the host itself requires a reboot.
type requirements struct {
	fs          *fsys.FS
	proc        string      // /proc
	inContainer func() bool // whether the host runs on the kernel of another host
}

// list returns why the host itself requires a reboot, in clauses that stay the same as long as the reason does; none if
// it does not.
func (p *requirements) list() ([]string, error) {
	found, err := p.listMarks()
	if err != nil || p.inContainer() {
		return found, err
	}
	why, err := p.judgeKernels()
	if err != nil {
		return nil, fmt.Errorf("cannot tell whether a newer kernel is installed: %w", err)
	}
	if why != "" {
		found = append(found, why)
	}
	return found, nil
}

// listMarks finds the files that packages make to require a reboot. They are in a file system that each boot makes
// anew.
func (p *requirements) listMarks() (found []string, err error) {
	for _, name := range []string{"/run/reboot-required", "/run/reboot-needed"} {
		if _, err := p.fs.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("cannot tell whether the host requires a reboot: %w", err)
		}
		why := name + " is there"
		if text, err := p.fs.ReadFile(name+".pkgs", maxMark); err == nil {
			names := strings.Fields(string(text))
			slices.Sort(names)
			if names = slices.Compact(names); len(names) > 0 {
				why += " for " + strings.Join(names, ", ")
			}
		}
		found = append(found, why)
	}
	return found, nil
}

// judgeKernels compares the running kernel with the installed ones; "": it is the right one.
func (p *requirements) judgeKernels() (string, error) {
	runs, err := p.kernelRelease()
	if err != nil {
		return "", err
	}
	installed, err := p.listKernels()
	if err != nil {
		return "", err
	}
	newest := runs
	for _, k := range installed {
		if variantOf(k) == variantOf(runs) && version.CompareRPM(k, newest) > 0 {
			newest = k
		}
	}
	if newest != runs {
		return fmt.Sprintf("the kernel %s is installed, and %s runs", newest, runs), nil
	}
	if len(installed) == 0 || slices.Contains(installed, runs) || !p.hasModules() {
		return "", nil
	}
	for _, dir := range []string{"/usr/lib/modules/", "/lib/modules/"} {
		if _, err := p.fs.Stat(dir + runs); !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return fmt.Sprintf("the modules of the kernel %s, which runs, are removed", runs), nil
}

// hasModules reports whether the running kernel has loaded modules. A kernel without any may never have had modules on
// the disk: a machine may get its kernel from outside.
func (p *requirements) hasModules() bool {
	text, err := os.ReadFile(p.proc + "/modules")
	return err == nil && len(text) > 0
}

// listKernels returns the sorted releases of the bootable kernels.
func (p *requirements) listKernels() ([]string, error) {
	var found []string
	names, err := p.names("/boot")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if release, ok := strings.CutPrefix(name, "vmlinuz-"); ok {
			found = append(found, release)
		}
	}
	releases, err := p.names("/usr/lib/modules")
	if err != nil {
		return nil, err
	}
	for _, release := range releases {
		if _, err := p.fs.Stat("/usr/lib/modules/" + release + "/vmlinuz"); err == nil {
			found = append(found, release)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// names returns the names in a folder; none if it does not exist.
func (p *requirements) names(dir string) ([]string, error) {
	names, err := p.fs.Names(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, err
}

// variantOf returns the variant of a kernel, by its release: "cloud-amd64" of 6.1.0-18-cloud-amd64, "default" of
// 6.4.0-150600.21-default, "x86_64+rt" of 5.14.0-362.8.1.el9_3.x86_64+rt. A kernel does not succeed one of another
// variant.
func variantOf(release string) string {
	var words []string
	for _, w := range strings.Split(release, "-")[1:] {
		if beginsWithLetter(w) {
			words = append(words, w)
		}
	}
	if len(words) > 0 {
		return strings.Join(words, "-")
	}
	last := release[strings.LastIndexByte(release, '.')+1:]
	if beginsWithLetter(last) {
		return last
	}
	return ""
}

func beginsWithLetter(s string) bool { return s != "" && 'a' <= s[0]|0x20 && s[0]|0x20 <= 'z' }

// kernelRelease returns the release of the running kernel: "6.1.0-18-amd64".
func (p *requirements) kernelRelease() (string, error) {
	text, err := os.ReadFile(p.proc + "/sys/kernel/osrelease")
	return strings.TrimSpace(string(text)), err
}
