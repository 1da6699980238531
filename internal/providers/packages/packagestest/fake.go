package packagestest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"converge/internal/providers/packages"
	"converge/internal/resource"
)

// Fake is a package manager in memory, with a solver that knows dependencies and conflicts, for tests of how package
// packages uses its answers. The zero value has no packages and offers none.
type Fake struct {
	Offered []FakePackage // the manager's choice first

	// Refuse is the error of the next transactions, which then do nothing, one each.
	Refuse []error
	// Moved are the packages offered once the machine's index has been fetched again; nil:
	// the same as before. Refreshes counts these fetches.
	Moved     []FakePackage
	Refreshes int
	// Scripts are packages whose script fails, with its output. Left makes transactions end well after the run, which
	// does not see it.
	Scripts map[string]string
	Left    bool

	// Paths are the files of packages, Config those that are configuration files, and Installs and Removes are called
	// for each that is installed and removed; nil: nothing is.
	Paths, Config     map[string][]string
	Installs, Removes func(name string)

	// Planned are offered in addition while a plan uses repositories still to be set up.
	// Unreachable is the error of these.
	Planned     []FakePackage
	Unreachable error

	// Asked are the requests that were carried out.
	Asked []packages.Request

	// HeldAt are the versions at which packages were when their holds were set.
	HeldAt map[string]string
	// Stuck are packages that a hold by hand keeps, together with others.
	Stuck map[string]error

	mu        sync.Mutex
	writes    int
	installed map[string]packages.Package
	requires  map[string][]string
}

// FakePackage is a package that a [Fake] offers.
type FakePackage struct {
	Name, Version, Arch string
	From                string // the repository; a native definition is its name
	Provides            []packages.Provided
	Requires, Conflicts []string
}

// Parts are the parts of a manager for package packages.
func (f *Fake) Parts() packages.Manager {
	return packages.Manager{
		Name: "fake", Compare: compareNumbers, SavedSuffix: ".saved", FailedScripts: failedScripts,
		Database: f, Index: f, Solver: f, Holds: f, Files: f,
	}
}

func compareNumbers(a, b string) int {
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// Put changes an installed package, as another program would.
func (f *Fake) Put(name string, change func(*packages.Package)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.write()
	p := f.installed[name]
	p.Name = name
	change(&p)
	f.installed[name] = p
}

// Drop removes an installed package, as another program would.
func (f *Fake) Drop(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.write()
	delete(f.installed, name)
}

// Installed returns a package; the zero value if it is not installed.
func (f *Fake) Installed(name string) packages.Package {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.installed[name]
}

func (f *Fake) write() {
	f.writes++
	if f.installed == nil {
		f.installed, f.requires = map[string]packages.Package{}, map[string][]string{}
	}
}

// Stamp implements [packages.Database].
func (f *Fake) Stamp(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strconv.Itoa(f.writes), nil
}

// ReadInstalled implements [packages.Database].
func (f *Fake) ReadInstalled(context.Context) ([]packages.Package, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []packages.Package
	for _, name := range slices.Sorted(maps.Keys(f.installed)) {
		out = append(out, f.installed[name])
	}
	return out, nil
}

// ListOffers implements [packages.Index].
func (f *Fake) ListOffers(_ context.Context, names []string) (map[string][]packages.Offer, error) {
	out := map[string][]packages.Offer{}
	for _, name := range names {
		for _, p := range f.Offered {
			o := packages.Offer{Name: p.Name, Version: p.Version, Arch: p.Arch}
			if p.Name == name || p.Arch != "" && p.Name+"."+p.Arch == name {
				out[name] = append(out[name], o)
			}
			for _, v := range p.Provides {
				if v.Name == name {
					o.Virtual, o.Provides = true, v.Version
					out[name] = append(out[name], o)
				}
			}
		}
	}
	return out, nil
}

// Preview implements [packages.PreviewIndex].
func (f *Fake) Preview(context.Context, map[string][]byte, bool) (end func(), err error) {
	if f.Unreachable != nil {
		return nil, f.Unreachable
	}
	now := f.Offered
	f.Offered = append(slices.Clone(now), f.Planned...)
	return func() { f.Offered = now }, nil
}

// ListOrigins implements [packages.OriginIndex].
func (f *Fake) ListOrigins(_ context.Context, definition string) (within, beside []string, err error) {
	for _, p := range f.Offered {
		if p.From == definition {
			within = append(within, p.Name)
		} else {
			beside = append(beside, p.Name)
		}
	}
	return within, beside, nil
}

// WhyStale implements [packages.Index].
func (f *Fake) WhyStale(context.Context, bool) (string, error) { return "", nil }

// Refresh implements [packages.Index].
func (f *Fake) Refresh(_ context.Context, private bool) error {
	if private {
		return nil
	}
	f.Refreshes++
	if f.Moved != nil {
		f.Offered = f.Moved
	}
	return nil
}

// Simulate implements [packages.Solver].
func (f *Fake) Simulate(_ context.Context, r packages.Request) (packages.Solution, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := packages.Solution{Failed: map[int]error{}}
	ops := map[string]packages.Operation{}
	for i, w := range r.Words {
		if err := f.solveWord(w, ops); err != nil {
			s.Failed[i] = err
		}
	}
	if len(s.Failed) > 0 {
		return s, nil
	}
	for _, name := range slices.Sorted(maps.Keys(ops)) {
		s.Operations = append(s.Operations, ops[name])
	}
	return s, nil
}

func (f *Fake) solveWord(w packages.Word, ops map[string]packages.Operation) error {
	if w.Remove {
		f.removeWith(w.Name, ops)
		return nil
	}
	i := slices.IndexFunc(f.Offered, func(p FakePackage) bool {
		return p.Name == w.Name && (w.Version == "" || p.Version == w.Version)
	})
	if i < 0 {
		return errors.New("nothing provides " + w.Name)
	}
	p := f.Offered[i]
	ops[p.Name] = packages.Operation{Name: p.Name, Old: f.installed[p.Name].Version, New: p.Version}
	for _, other := range p.Conflicts {
		if ops[other].New != "" {
			return fmt.Errorf("it conflicts with %s", other)
		}
		f.removeWith(other, ops)
	}
	for _, needed := range p.Requires {
		if _, there := f.installed[needed]; !there && ops[needed].New == "" {
			if err := f.solveWord(packages.Word{Name: needed}, ops); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeWith removes a package with those that require it.
func (f *Fake) removeWith(name string, ops map[string]packages.Operation) {
	if _, there := f.installed[name]; !there {
		return
	}
	ops[name] = packages.Operation{Name: name, Old: f.installed[name].Version}
	for other, needs := range f.requires {
		if slices.Contains(needs, name) && ops[other].Name == "" {
			f.removeWith(other, ops)
		}
	}
}

// Commit implements [packages.Solver].
func (f *Fake) Commit(ctx context.Context, r packages.Request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.Asked = append(f.Asked, r)
	if len(f.Refuse) > 0 {
		err := f.Refuse[0]
		f.Refuse = f.Refuse[1:]
		return err
	}
	s, err := f.Simulate(ctx, r)
	if err != nil || len(s.Failed) > 0 {
		return errors.Join(err, fmt.Errorf("%v", s.Failed))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.write()
	failed := map[string]string{}
	for _, o := range s.Operations {
		if o.New == "" {
			delete(f.installed, o.Name)
			delete(f.requires, o.Name)
			if f.Removes != nil {
				f.Removes(o.Name)
			}
			continue
		}
		i := slices.IndexFunc(f.Offered, func(p FakePackage) bool { return p.Name == o.Name && p.Version == o.New })
		p, there := f.installed[o.Name]
		asked := slices.ContainsFunc(r.Words, func(w packages.Word) bool { return w.Name == o.Name })
		p.Name, p.Version, p.Arch, p.Provides, p.Broken = o.Name, o.New, f.Offered[i].Arch, f.Offered[i].Provides, ""
		p.Automatic = !asked && (!there || p.Automatic)
		f.installed[o.Name], f.requires[o.Name] = p, f.Offered[i].Requires
		if f.Installs != nil {
			f.Installs(o.Name)
		}
		if said, fails := f.Scripts[o.Name]; fails {
			failed[o.Name] = said
		}
	}
	if err := writeRecord(r.Record, failed); err != nil {
		return err
	}
	if f.Left {
		return resource.ErrLeft
	}
	if len(failed) > 0 {
		return &packages.ScriptError{Packages: failed}
	}
	return nil
}

// writeRecord has a fake print a line for each script that has failed.
func writeRecord(file string, failed map[string]string) error {
	if file == "" {
		return nil
	}
	text := ""
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		text += name + ": " + failed[name] + "\n"
	}
	return os.WriteFile(file, []byte(text), 0o600)
}

func failedScripts(output string) map[string]string {
	failed := map[string]string{}
	for line := range strings.Lines(output) {
		if name, said, ok := strings.Cut(line, ": "); ok {
			failed[name] = said
		}
	}
	return failed
}

// CheckRelease implements [packages.Releaser].
func (f *Fake) CheckRelease(p packages.Package) error { return f.Stuck[p.Name] }

// SetHolds implements [packages.Holds].
func (f *Fake) SetHolds(_ context.Context, holds map[string]bool) error {
	if f.HeldAt == nil {
		f.HeldAt = map[string]string{}
	}
	for name, hold := range holds {
		if !hold {
			delete(f.HeldAt, name)
		}
		if f.Installed(name).Name == "" {
			continue
		}
		f.Put(name, func(p *packages.Package) {
			if p.Held, p.HeldAtOther = hold, false; hold {
				f.HeldAt[name] = p.Version
			}
		})
	}
	return nil
}

// SetAutomatic implements [packages.Holds].
func (f *Fake) SetAutomatic(_ context.Context, automatic map[string]bool) error {
	for name, auto := range automatic {
		f.Put(name, func(p *packages.Package) { p.Automatic = auto })
	}
	return nil
}

// ReadPackageFile implements [packages.Files]: the file's name is NAME-VERSION.
func (f *Fake) ReadPackageFile(context.Context, string) (packages.Package, error) {
	return packages.Package{}, errors.New("a fake has no files")
}

// ListContents implements [packages.Files].
func (f *Fake) ListContents(_ context.Context, ps ...packages.Package) (c packages.Contents, err error) {
	for _, p := range ps {
		c.Paths = append(c.Paths, f.Paths[p.Name]...)
		c.Config = append(c.Config, f.Config[p.Name]...)
	}
	return c, nil
}
