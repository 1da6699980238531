package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// tree is the backend for unit files that no systemd runs by: an image that
// is being built, or a container without an init.
type tree struct {
	fs   *fsys.FS
	here bool // it is this machine
}

// wantingKinds are the folders UNIT.KIND whose links make UNIT want others.
func wantingKinds() []string { return []string{".wants", ".requires", ".upholds"} }

// etcUnits is where an administrator's unit files and links are.
const etcUnits = "/etc/systemd/system"

func openTree(root string) (*tree, error) {
	f, err := fsys.Open(root)
	if err != nil {
		return nil, fmt.Errorf("cannot look at the units: %w", err)
	}
	return &tree{fs: f, here: root == "/"}, nil
}

// unitFile is a unit's file in the tree.
type unitFile struct {
	name   resources.UnitName // what the file is of: an alias is followed
	path   string             // "" if there is none
	masked bool
	in     install
}

func (t *tree) observe(_ context.Context, w wanted) (cty.Value, error) {
	st, _, err := t.look(w)
	if err != nil {
		return cty.NilVal, err
	}
	return w.judge(st)
}

// look gathers what the files say of a unit, in systemd's words.
func (t *tree) look(w wanted) (status, unitFile, error) {
	st := status{notManaging: true}
	f, err := t.find(w.name)
	if err != nil {
		return st, f, fmt.Errorf("cannot look at unit %s: %w", w.unit, err)
	}
	st.exists = f.path != ""
	if !st.exists {
		if isFalse(w.enabled) {
			st.dangling, err = t.dangling(w.unit)
		}
		return st, f, err
	}
	if st.file, err = t.state(f, isTrue(w.enabled)); err != nil {
		return st, f, fmt.Errorf("cannot look at unit %s: %w", w.unit, err)
	}
	if st.file == fileIndirect {
		st.alsoAll = true
		for _, also := range f.in.also {
			on, err := t.alsoOn(also)
			if err != nil {
				return st, f, fmt.Errorf("cannot look at unit %s: %w", also, err)
			}
			st.alsoAll, st.alsoAny = st.alsoAll && on, st.alsoAny || on
		}
	}
	return st, f, nil
}

func (t *tree) alsoOn(unit string) (bool, error) {
	name, err := resources.ParseUnitName(unit)
	if err != nil {
		return false, err
	}
	f, err := t.find(name)
	if err != nil || f.path == "" {
		return false, err
	}
	state, err := t.state(f, true)
	return state == fileEnabled, err
}

// state is the state of an existing file. A unit with only some of its links
// counts as the opposite of the wanted state, so that they are completed or
// removed.
func (t *tree) state(f unitFile, wantEnabled bool) (string, error) {
	if f.masked {
		return fileMasked, nil
	}
	rules, err := f.links()
	if err != nil {
		return "", err
	}
	if len(rules) == 0 {
		if len(f.in.also) > 0 {
			return fileIndirect, nil
		}
		return fileStatic, nil
	}
	present := 0
	for _, l := range rules {
		_, err := t.fs.Lstat(l)
		switch {
		case err == nil:
			present++
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	found, err := t.wanting(f)
	if err != nil {
		return "", err
	}
	if wantEnabled && present == len(rules) || !wantEnabled && present+len(found) > 0 {
		return fileEnabled, nil
	}
	return fileDisabled, nil
}

// unitDirs are the folders of unit files of systemd.unit(5), as they take
// precedence, less those of generators.
func unitDirs() []string {
	return []string{
		"/etc/systemd/system.control", "/run/systemd/system.control", etcUnits, "/etc/systemd/system.attached",
		"/run/systemd/system", "/run/systemd/system.attached",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
	}
}

// find finds the file of a unit, or of the template of an instance.
func (t *tree) find(name resources.UnitName) (unitFile, error) {
	names := []string{name.String()}
	if tpl := name.TemplateName(); tpl != "" {
		names = append(names, tpl)
	}
	for _, n := range names {
		for _, dir := range unitDirs() {
			p := dir + "/" + n
			info, err := t.fs.Lstat(p)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return unitFile{}, err
			}
			return t.open(name, p, info)
		}
	}
	return unitFile{name: name}, nil
}

// open reads the file at p, which may be a mask or lead to another name.
func (t *tree) open(name resources.UnitName, p string, info fsys.Info) (unitFile, error) {
	f := unitFile{name: name, path: p}
	if info.Type == fsys.Symlink {
		target, err := t.fs.Readlink(p)
		if err != nil {
			return f, err
		}
		if target == "/dev/null" {
			f.masked = true
			return f, nil
		}
		if f.path, err = t.fs.Resolve(p); errors.Is(err, fs.ErrNotExist) {
			return unitFile{name: name}, nil // it leads to nothing
		} else if err != nil {
			return f, err
		}
		if f.name, err = behind(name, path.Base(f.path)); err != nil {
			return f, err
		}
	}
	text, err := t.fs.ReadFile(f.path, maxUnitFile)
	if errors.Is(err, fs.ErrNotExist) {
		return unitFile{name: name}, nil
	}
	if err != nil {
		return f, err
	}
	if len(text) == 0 {
		f.masked = true // systemd.unit(5): an empty file masks
		return f, nil
	}
	f.in, err = parseInstall(text)
	return f, err
}

// behind resolves a unit's name, given the name of the file that it leads to.
func behind(name resources.UnitName, file string) (resources.UnitName, error) {
	target, err := resources.ParseUnitName(file)
	if err != nil {
		return name, fmt.Errorf("it leads to %q, whose name %w", file, err)
	}
	if target.Template && name.Instance != "" {
		target.Template, target.Instance = false, name.Instance
	}
	return target, nil
}

// links lists the links that enabling the unit makes.
func (f unitFile) links() ([]string, error) {
	name := f.name
	if name.Template {
		if f.in.defaultInstance == "" {
			if f.in.rules() {
				return nil, fmt.Errorf("%s is a template without DefaultInstance=: name an instance", name)
			}
			return nil, nil
		}
		name.Template, name.Instance = false, f.in.defaultInstance
	}
	var out []string
	for _, r := range []struct {
		by  []string
		how string
	}{{f.in.wantedBy, "wants"}, {f.in.requiredBy, "requires"}, {f.in.upheldBy, "upholds"}} {
		for _, by := range r.by {
			by, err := expand(by, name)
			if err != nil {
				return nil, err
			}
			out = append(out, etcUnits+"/"+by+"."+r.how+"/"+name.String())
		}
	}
	for _, a := range f.in.alias {
		a, err := expand(a, name)
		if err != nil {
			return nil, err
		}
		if a != f.name.String() {
			out = append(out, etcUnits+"/"+a)
		}
	}
	for _, l := range out {
		if path.Clean(l) != l || !strings.HasPrefix(l, etcUnits+"/") {
			return nil, fmt.Errorf("its [Install] section leads out of %s: %q", etcUnits, l)
		}
	}
	return out, nil
}

// expand replaces the specifiers that make sense in an [Install] section of a
// machine that does not run.
func expand(s string, name resources.UnitName) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", fmt.Errorf("%q ends in a lone %%", s)
		}
		switch s[i] {
		case '%':
			b.WriteByte('%')
		case 'i':
			b.WriteString(name.Instance)
		case 'p':
			b.WriteString(name.Prefix)
		case 'n':
			b.WriteString(name.String())
		case 'N':
			b.WriteString(strings.TrimSuffix(name.String(), "."+name.Type))
		case 'j':
			b.WriteString(name.Prefix[strings.LastIndexByte(name.Prefix, '-')+1:])
		default:
			return "", fmt.Errorf("%q holds %%%c, which only the machine itself can tell", s, s[i])
		}
	}
	return b.String(), nil
}

// wanting lists the links to the unit in all NAME.wants and the like, whatever
// made them.
func (t *tree) wanting(f unitFile) ([]string, error) {
	names, err := t.fs.Names(etcUnits)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range names {
		if !slices.Contains(wantingKinds(), path.Ext(n)) {
			continue
		}
		l := etcUnits + "/" + n + "/" + f.name.String()
		if _, err := t.fs.Lstat(l); err == nil {
			out = append(out, l)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return out, nil
}

// act does nothing: nothing runs here.
func (t *tree) act(context.Context, wanted, string) error { return nil }

// paid is always so: what will be started by this tree will read it as it is.
func (t *tree) satisfied(context.Context, wanted, string, resource.Instant) (bool, error) {
	return true, nil
}

func (t *tree) notes(_ context.Context, w wanted, _ resource.Change) []string {
	switch {
	case w.running == nil:
		return nil
	case t.here && *w.running:
		return []string{"it runs after the boot, if it is enabled: systemd does not run this machine now"}
	case t.here:
		return []string{"whether it runs is not looked at: systemd does not run this machine"}
	}
	return []string{"whether it runs is not looked at: nothing runs in " + t.fs.Root()}
}
