package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// moduleState is the state of a module in the running kernel.
type moduleState int

const (
	unknownState moduleState = iota // it was not observed
	isNotLoaded
	isLoaded
	builtIn
)

// maxIndex is the largest list of a kernel's modules that is read, in bytes.
const maxIndex = 64 << 20

func runProgram(ctx context.Context, argv ...string) (process.Result, error) {
	return process.Run(ctx, process.Command{Argv: argv})
}

// findState finds out whether a module is loaded. /sys/module answers for every loaded
// one; the lists of the kernel's modules are read only for another.
func (m *modules) findState(ctx context.Context, name string, c moduleConfig) (moduleState, error) {
	dir := "/sys/module/" + name
	switch _, err := m.FS.Lstat(dir); {
	case err == nil:
		if _, err := m.FS.Lstat(dir + "/initstate"); errors.Is(err, fs.ErrNotExist) {
			return builtIn, nil
		} else if err != nil {
			return unknownState, err
		}
		return isLoaded, nil
	case !errors.Is(err, fs.ErrNotExist):
		return unknownState, err
	}
	if _, err := m.FS.Lstat("/sys/module"); err != nil {
		return unknownState, fmt.Errorf("cannot tell whether the module %s is loaded: /sys is not mounted", name)
	}
	index, err := m.readIndex()
	switch {
	case err != nil:
		return unknownState, fmt.Errorf("cannot tell whether the module %s is loaded: %w", name, err)
	case index.builtin[name]:
		return builtIn, nil
	case index.loadable[name]:
		return isNotLoaded, nil
	case !index.exists:
		return m.askModprobe(ctx, name)
	}
	if of := m.findAlias(name, index, c); of != "" {
		return unknownState, fmt.Errorf("cannot observe the module %s: that is an alias of the module %s; declare kernel_module %q", name, of, of)
	}
	return unknownState, resource.Missing(fmt.Errorf("cannot observe the module %s: the kernel %s has no such module; a package may have to be installed first", name, index.release))
}

// askModprobe serves a kernel without lists of its modules, whose file systems and drivers are usually built in. It
// loads nothing.
func (m *modules) askModprobe(ctx context.Context, name string) (moduleState, error) {
	r, err := m.Run(ctx, "modprobe", "-n", "-v", name)
	switch {
	case err == nil && r.OK() && strings.HasPrefix(strings.TrimSpace(r.Stdout), "builtin "):
		return builtIn, nil
	case err == nil && r.OK():
		return isNotLoaded, nil
	case err == nil:
		err = errors.New(strings.TrimSpace(r.Stdout + r.Stderr))
	}
	return unknownState, resource.Missing(fmt.Errorf("cannot tell whether the module %s is loaded: the kernel has no lists of its modules in /lib/modules, so it may be built in (%w); with live = false it is managed at boot only", name, err))
}

// moduleIndex is the content of the kernel's lists of modules.
type moduleIndex struct {
	release  string
	exists   bool            // the lists exist
	builtin  map[string]bool // by name, with underscores
	loadable map[string]bool
}

func (m *modules) readIndex() (*moduleIndex, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known != nil {
		return m.known, nil
	}
	release, err := m.FS.ReadFile("/proc/sys/kernel/osrelease", maxFile)
	if err != nil {
		return nil, err
	}
	x := &moduleIndex{release: strings.TrimSpace(string(release))}
	dir := "/lib/modules/" + x.release
	builtin, err := readIndexFile(m.FS, dir+"/modules.builtin")
	if err != nil {
		return nil, err
	}
	deps, err := readIndexFile(m.FS, dir+"/modules.dep")
	if err != nil {
		return nil, err
	}
	x.exists = len(builtin)+len(deps) > 0
	x.builtin, x.loadable = parseModuleList(builtin), parseModuleList(deps)
	m.known = x
	return x, nil
}

func readIndexFile(f *fsys.FS, p string) ([]byte, error) {
	text, err := f.ReadFile(p, maxIndex)
	return text, ignoreMissing(err)
}

// parseModuleList returns the names of the modules of modules.dep or modules.builtin,
// whose lines begin with the path of a module.
func parseModuleList(text []byte) map[string]bool {
	out := map[string]bool{}
	for line := range bytes.Lines(text) {
		file, _, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
		if name, _, ok := strings.Cut(path.Base(file), ".ko"); ok {
			out[resources.ModuleName(name)] = true
		}
	}
	return out
}

// findAlias returns the module that has name as an alias; "" if none has.
func (m *modules) findAlias(name string, x *moduleIndex, c moduleConfig) string {
	for _, l := range c {
		if l.command == "alias" && l.rest != "" && l.rest != "off" && matches(l.name, name) {
			return resources.ModuleName(strings.Fields(l.rest)[0])
		}
	}
	for _, file := range []string{"modules.alias", "modules.symbols"} {
		text, err := readIndexFile(m.FS, "/lib/modules/"+x.release+"/"+file)
		if err != nil {
			return ""
		}
		for _, l := range parseModprobe(file, text) {
			if l.command == "alias" && matches(l.name, name) {
				return resources.ModuleName(l.rest)
			}
		}
	}
	return ""
}

// findUsers returns why a loaded module cannot be unloaded, as a clause; "" if it can.
func (m *modules) findUsers(name string) (string, error) {
	dir := "/sys/module/" + name
	holders, err := m.FS.Names(dir + "/holders")
	if err = ignoreMissing(err); err != nil {
		return "", err
	}
	if len(holders) > 0 {
		return "it is used by " + strings.Join(holders, ", "), nil
	}
	count, err := m.FS.ReadFile(dir+"/refcnt", maxFile)
	switch text := strings.TrimSpace(string(count)); {
	case errors.Is(err, fs.ErrNotExist):
		return "this kernel cannot unload modules", nil
	case err != nil:
		return "", err
	case text == "0":
		return "", nil
	case text == "1":
		return "it is in use once", nil
	default:
		return "it is in use " + text + " times", nil
	}
}
