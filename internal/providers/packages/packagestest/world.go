package packagestest

import (
	"context"
	"testing"

	"converge/internal/pack"
	"converge/internal/providers/packages"
	"converge/internal/resource"
)

// Provider is a provider of packages, as the engine uses it.
type Provider interface {
	resource.Provider
	resource.Transactor
	resource.Recorder
	Ships(ctx context.Context, names []string) (map[string][]string, error)
	OnlyFrom(ctx context.Context, repository, definition string) ([]string, error)
}

// World is a host with a real package manager, whose only repository the suite fills. Its functions use the manager's
// own programs, never the provider.
type World struct {
	Manager string // "pacman"
	Named   bool   // the manifest names it, because it is not the host's own
	StandIn bool   // its program is a stand-in, so that results count as [Captured]
	Format  string // of packages, see package pack
	// Full is a version as the manager knows it, of a package of the suite: "1.0-1".
	Full func(version string) string

	// New opens a new provider, as each run does. o are its options except the tree.
	New func(t testing.TB, o packages.Options) Provider

	// Publish makes package files of a folder the only ones that the repository offers. The manager's fetched index
	// stays.
	Publish func(t testing.TB, dir string)

	// Definition is the native text that names that repository, in the form of package resources, and File the file
	// with it, with others of the kind or alone.
	Definition, File string

	// Clean removes all packages whose names begin with Prefix, with holds and failed
	// transactions, in any state.
	Clean func(t testing.TB)

	// Load installs all package files of a folder, in the fastest way that makes the program list them; nil: the
	// provider itself installs the packages for the test that nothing is left to do.
	Load func(t testing.TB, dir string)

	// Dump prints the packages of the suite with their files, holds and marks. nil: the
	// suite of all kinds is not run.
	Dump func(t testing.TB) string

	// Slow means that a transaction takes seconds, so that one case of that suite has to suffice.
	Slow bool

	// Watched are the files that observing must not write, with all below them.
	Watched []string

	Installed func(t testing.TB, name string) string // version; "": it is not there
	List      func(t testing.TB)                     // runs the program's own list of all packages
	Held      func(t testing.TB, name string) bool
	Automatic func(t testing.TB, name string) bool             // nil: the manager has no marks
	Do        func(t testing.TB, verb string, names ...string) // install, remove, hold, release, auto

	// Lock holds the manager's lock until it is released.
	Lock func(t testing.TB) (pid int, release func())

	// Transactions is how many transactions the manager has made so far, by its log.
	Transactions func(t testing.TB) int

	// Kill ends the manager and everything that its transaction runs, as a lost machine
	// would. false: none runs yet.
	Kill func(t testing.TB) bool
}

// Prefix begins the names of all packages of the suite.
const Prefix = "cvt-"

// fixtures are the packages of the suite: each of versions is offered.
func fixtures() []pack.Package {
	one := func(name, version string, change ...func(*pack.Package)) pack.Package {
		p := plainPackage(name, version)
		for _, c := range change {
			c(&p)
		}
		return p
	}
	depends := func(on ...string) func(*pack.Package) { return func(p *pack.Package) { p.Depends = on } }
	out := []pack.Package{
		one("many", "1.0"), one("many", "1.1"), one("many", "2.0"),
		one("lib", "1.0"), one("app", "1.0", depends(Prefix+"lib")),
		one("rival", "1.0", func(p *pack.Package) { p.Conflicts = []string{Prefix + "loser"} }),
		one("loser", "1.0"),
		one("server", "3.0", func(p *pack.Package) { p.Provides = []string{Prefix + "virtual"} }),
		one("conf", "1.0", func(p *pack.Package) {
			p.Files = append(p.Files, pack.File{Path: "/etc/" + Prefix + "conf", Type: pack.Config, Content: []byte("as packaged\n")})
		}),
		one("local", "1.0"), one("moved", "1.0"),
		one("unseen", "1.0"), one("seldom", "1.0", depends(Prefix+"unseen")),
		one("badscript", "1.0", func(p *pack.Package) {
			p.Scripts.PostInstall = "[ -e /run/" + Prefix + "mended ] || { echo the script is unhappy; exit 7; }\n"
		}),
		one("thief", "1.0", func(p *pack.Package) {
			p.Files = []pack.File{{Path: "/usr/share/" + Prefix + "lib/version", Content: []byte("stolen\n")}}
		}),
		one("slow", "1.0", func(p *pack.Package) {
			p.Scripts.PostInstall = "[ -e /run/" + Prefix + "fast ] || { : >/run/" + Prefix + "slow; sleep 600; }\n"
		}),
		one("units", "1.0", func(p *pack.Package) {
			p.Files = append(p.Files, pack.File{Path: "/usr/lib/systemd/system/" + Prefix + "units.service", Content: []byte("[Service]\nExecStart=/bin/true\n")})
		}),
	}
	for _, n := range numbers() {
		out = append(out, one("p"+n, "1.0"))
	}
	return out
}

// numbers are those of the packages that are installed together.
func numbers() []string {
	var out []string
	for i := range 30 {
		out = append(out, string([]byte{'0' + byte(i/10), '0' + byte(i%10)}))
	}
	return out
}
