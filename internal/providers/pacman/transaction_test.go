package pacman

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// fake answers for programs: with the first answer whose words all occur in a command line.
type fake struct {
	t       testing.TB
	answers []answer
	calls   []string
}

type answer struct {
	words string
	res   tool.Result
	do    func(argv []string)
}

func (f *fake) Run(_ context.Context, c tool.Command) (tool.Result, error) {
	line := strings.TrimPrefix(strings.Join(c.Argv, " "), "stdbuf -oL ")
	f.calls = append(f.calls, line)
	for _, a := range f.answers {
		if !slices.ContainsFunc(strings.Fields(a.words), func(w string) bool { return !strings.Contains(line, w) }) {
			if a.do != nil {
				a.do(c.Argv)
			}
			return a.res, nil
		}
	}
	f.t.Errorf("unexpected: %s", line)
	return tool.Result{Status: 127}, nil
}

// called returns the calls that begin like this.
func (f *fake) called(start string) (list []string) {
	for _, c := range f.calls {
		if strings.HasPrefix(c, start) {
			list = append(list, c)
		}
	}
	return list
}

// put writes a file of a root.
func put(t testing.TB, root, name, text string) {
	t.Helper()
	name = filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func installed(t testing.TB, root, name, version, more string) {
	t.Helper()
	put(t, root, localDir+"/"+name+"-"+version+"/desc", "%NAME%\n"+name+"\n\n%VERSION%\n"+version+"\n\n"+more)
}

// newMachine returns a root with a repository of packages, by descriptions.
func newMachine(t testing.TB, f *fake, descs ...string) (*Manager, string) {
	t.Helper()
	root := t.TempDir()
	f.t = t
	put(t, root, confFile, "[options]\n[core]\nServer = file:///x\n")
	put(t, root, defaultDB+"/sync/core.db", string(syncDB(descs...)))
	put(t, root, "usr/bin/stdbuf", "")
	m, err := New(Options{Options: tool.Options{Root: root, Runner: f, LockTimeout: -1}})
	if err != nil {
		t.Fatal(err)
	}
	return m, root
}

const webDesc = "%NAME%\nweb\n\n%VERSION%\n2-1\n\n%CONFLICTS%\noldweb\n"

// TestConflictIsAllowedAsThePlanShows: to remove a replaced package, pacman's question about conflicts must be answered
// with yes, which applies to all conflicts. So converge answers only if the plan shows the removals.
func TestConflictIsAllowedAsThePlanShows(t *testing.T) {
	const file = "/srv/local-1-1-any.pkg.tar.zst"
	for _, c := range []struct {
		name, info string // of the file
		word       packages.Word
		ops        string
		ask        string
	}{
		{"from a repository", "", packages.Word{Name: "web"}, "web 2-1, -oldweb", "pacman -S --noconfirm --ask 4 -- web"},
		{"from a file", "conflict = oldweb\n", packages.Word{Name: "local", File: file}, "local 1-1, -oldweb", "pacman -U --noconfirm --ask 4 -- " + file},
		{"named by the installed one", "provides = mta\n", packages.Word{Name: "local", File: file}, "local 1-1, -other", "pacman -U --noconfirm --ask 4 -- " + file},
		{"a file without conflicts", "", packages.Word{Name: "local", File: file}, "local 1-1", "pacman -U --noconfirm -- " + file},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{answers: []answer{
				{words: "-S --print", res: tool.Result{Stdout: "converge\tcore\tweb\t2-1\n"}},
				{words: "-U --print", res: tool.Result{Stdout: "loading packages...\nconverge\tlocal\tlocal\t1-1\n"}},
				{words: "bsdtar .PKGINFO", res: tool.Result{Stdout: "pkgname = local\npkgver = 1-1\n" + c.info}},
				{words: "pacman --noconfirm"},
			}}
			m, root := newMachine(t, f, webDesc)
			put(t, root, file, "")
			installed(t, root, "oldweb", "1-1", "")
			installed(t, root, "other", "1-1", "%CONFLICTS%\nmta\n")
			r := packages.Request{Words: []packages.Word{c.word}}
			s := m.Parts().Solver
			got, err := s.Simulate(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			var ops []string
			for _, o := range got.Operations {
				if o.New == "" {
					r.Removals = append(r.Removals, o.Name)
					ops = append(ops, "-"+o.Name)
				} else {
					ops = append(ops, o.Name+" "+o.New)
				}
			}
			if strings.Join(ops, ", ") != c.ops {
				t.Errorf("the plan shows %s, want %s", ops, c.ops)
			}
			f.calls = nil
			if err := s.Commit(t.Context(), r); err != nil || !slices.Contains(f.calls, c.ask) {
				t.Error(f.calls, err)
			}
			if len(r.Removals) == 0 {
				return
			}
			r.Removals, f.calls = []string{"something-else"}, nil
			if err := s.Commit(t.Context(), r); err == nil || !strings.Contains(err.Error(), "which the plan did not show") || len(f.called("pacman -S --noconfirm"))+len(f.called("pacman -U --noconfirm")) > 0 {
				t.Error(f.calls, err)
			}
		})
	}
}

// TestUnknownAnswerIsAnError: an unreadable answer does not mean that nothing happens.
func TestUnknownAnswerIsAnError(t *testing.T) {
	for _, out := range []string{
		"", "core web 2-1\n", "there is nothing to do\n", "converge\tweb 2-1\n", "converge\tcore\tweb\t\n", "converge\tcore\tweb\t2-1\nconverge\n converge\tx\n",
		"converge\tcore\tunheard-of\t1-1\n",
	} {
		f := &fake{answers: []answer{{words: "-S --print", res: tool.Result{Stdout: out}}}}
		m, root := newMachine(t, f, webDesc)
		installed(t, root, "a", "1-1", "")
		if got, err := m.Parts().Solver.Simulate(t.Context(), packages.Request{Words: []packages.Word{{Name: "web"}}}); err == nil {
			t.Errorf("%q is read as %+v", out, got)
		}
	}
}

// TestHalfInstalledPackageIsDescribed: pacman refuses to continue with a package that it has not described. It is
// described with the files of the package file, if that is available; no option overwrites all files.
func TestHalfInstalledPackageIsDescribed(t *testing.T) {
	const file, cached = "/srv/half.pkg.tar.zst", "/srv/cache/half-2-1-any.pkg.tar.zst"
	for name, c := range map[string]struct {
		put  string
		word packages.Word
		list string
	}{
		"by the cache":          {cached, packages.Word{Name: "half", Version: "2-1"}, "usr/\nusr/half\n"},
		"by the file asked for": {file, packages.Word{Name: "half", Version: "2-1", File: file}, "usr/\nusr/half\n"},
		"by nothing":            {"/srv/x", packages.Word{Name: "half", Version: "2-1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{answers: []answer{
				{words: "-Qlpq", res: tool.Result{Stdout: "/usr/\n/usr/half\n"}},
				{words: "bsdtar .PKGINFO", res: tool.Result{Stdout: "pkgname = half\npkgver = 2-1\n"}},
				{words: "--print", res: tool.Result{Stdout: "converge\tcore\thalf\t2-1\n"}},
				{words: "pacman --noconfirm"},
			}}
			m, root := newMachine(t, f, "%NAME%\nhalf\n\n%VERSION%\n2-1\n")
			put(t, root, confFile, "[options]\nCacheDir = /srv/cache\n[core]\n")
			put(t, root, c.put, "")
			put(t, root, localDir+"/half-2-1/install", "")
			if err := m.Parts().Solver.Commit(t.Context(), packages.Request{Words: []packages.Word{c.word}}); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(root, localDir, "half-2-1/files"))
			if err != nil || string(data) != "%FILES%\n"+c.list+"\n" {
				t.Errorf("%q %v", data, err)
			}
			if strings.Contains(strings.Join(f.calls, "\n"), "--overwrite") {
				t.Error(f.calls)
			}
		})
	}
}

// TestDamagedDescription: pacman continues with the other packages, and so does a plan.
func TestDamagedDescription(t *testing.T) {
	for name, desc := range map[string]string{"empty": "", "torn": "%NAME%\nbad\n\n%VERS", "of another": "%NAME%\ngood\n\n%VERSION%\n1-1\n"} {
		t.Run(name, func(t *testing.T) {
			var notices []string
			root := t.TempDir()
			m, err := New(Options{Options: tool.Options{Root: root, Runner: noPrograms{t}, Notice: func(s string) { notices = append(notices, s) }}})
			if err != nil {
				t.Fatal(err)
			}
			installed(t, root, "good", "1-1", "")
			put(t, root, localDir+"/bad-2:1.0-1/desc", desc)
			put(t, root, localDir+"/ALPM_DB_VERSION", "9\n")
			for range 2 {
				list, err := m.ReadInstalled(t.Context())
				if err != nil || len(list) != 2 || list[0].Name != "good" || list[0].Broken != "" {
					t.Fatal(list, err)
				}
				if bad := list[1]; bad.Name != "bad" || bad.Version != "2:1.0-1" || !strings.Contains(bad.Broken, "/var/lib/pacman/local/bad-2:1.0-1/desc in pacman's database is damaged") {
					t.Error(bad)
				}
			}
			if len(notices) != 1 || !strings.HasPrefix(notices[0], "bad: its description ") {
				t.Error(notices)
			}
		})
	}
}

// TestInterruptedScript: the log shows the script that a killed pacman did not finish, even if its lock is gone.
func TestInterruptedScript(t *testing.T) {
	const started = "[2026-11-28T21:07:49+0000] [ALPM] transaction started\n[2026-11-28T21:07:49+0000] [ALPM] installed slow (1-1)\n"
	for name, lock := range map[string]bool{"with its lock": true, "without a lock": false} {
		t.Run(name, func(t *testing.T) {
			if lock && os.Geteuid() != 0 {
				t.Skip("only root sees which files all processes have open")
			}
			m, root := newMachine(t, &fake{})
			installed(t, root, "slow", "1-1", "")
			put(t, root, logFile, started)
			if lock {
				put(t, root, lockFile, "")
				if err := os.Chmod(filepath.Join(root, lockFile), 0); err != nil { // the mode that libalpm sets
					t.Fatal(err)
				}
			}
			list, err := m.ReadInstalled(t.Context())
			if err != nil || len(list) != 1 || list[0].Broken != "pacman was killed while its script ran" {
				t.Error(list, err)
			}
		})
	}
}

func TestPlacesOfTheConfiguration(t *testing.T) {
	root := t.TempDir()
	put(t, root, confFile, "[options]\nInclude = /etc/pacman.d/*/p*.conf\nDBPath = /ignored\n[core]\n")
	put(t, root, "/etc/pacman.d/x/places.conf", "DBPath = /srv/db/\nCacheDir = /srv/a /srv/b\nLogFile = /srv/log\n")
	put(t, root, "/srv/db/local/a-1-1/desc", "%NAME%\na\n\n%VERSION%\n1-1\n")
	put(t, root, "/srv/b/a-0.9-1-any.pkg.tar.zst", "")
	m, err := New(Options{Options: tool.Options{Root: root, Runner: noPrograms{t}}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := m.ReadInstalled(t.Context())
	if err != nil || len(list) != 1 || list[0].Name != "a" {
		t.Error(list, err)
	}
	offers, err := m.Parts().Index.ListOffers(t.Context(), []string{"a"})
	if err != nil || len(offers["a"]) != 1 || offers["a"][0].Source != "/srv/b/a-0.9-1-any.pkg.tar.zst" {
		t.Error(offers, err)
	}
	if got := m.locks()[0].Name(); got != "/srv/db/db.lck" {
		t.Error(got)
	}
	put(t, root, "/etc/pacman.d/y/places.conf", "RootDir = /mnt\n") // a file that is created later
	if _, err := m.ReadInstalled(t.Context()); err == nil || !strings.Contains(err.Error(), "sets RootDir = /mnt") {
		t.Error(err)
	}
}

// TestIncludedFileThatComesLater: an included file that does not exist yet counts as soon as it is created, and no
// longer when it is removed.
func TestIncludedFileThatComesLater(t *testing.T) {
	root := t.TempDir()
	const more = "/etc/pacman.d/more.conf"
	put(t, root, confFile, "[core]\nServer = x\nInclude = "+more+"\n")
	m, err := New(Options{Options: tool.Options{Root: root, Runner: noPrograms{t}}})
	if err != nil {
		t.Fatal(err)
	}
	repos := func(want ...string) {
		t.Helper()
		if c, err := m.readConf(); err != nil || !slices.Equal(c.repos, want) {
			t.Error(c, err)
		}
	}
	repos("core")
	put(t, root, more, "[extra]\nServer = y\n")
	repos("core", "extra")
	if err := os.Remove(filepath.Join(root, more)); err != nil {
		t.Fatal(err)
	}
	repos("core")
}

// TestPrivateDatabasesCanBeReached: pacman 7 fetches as a user of its own, who needs access to the folder.
func TestPrivateDatabasesCanBeReached(t *testing.T) {
	f := &fake{}
	m, root := newMachine(t, f, webDesc)
	if err := os.MkdirAll(filepath.Join(root, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.answers = []answer{{words: "pacman --dbpath -Sy", do: func([]string) {
		for _, dir := range []string{root + m.standin.Now().Cache, root + m.standin.Now().Cache + "/sync"} {
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755 {
				t.Error(info.Mode(), err)
			}
		}
	}}}
	if err := m.Parts().Index.Refresh(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// TestReasonOfARefusedFile: pacman first prints why it refuses a file, and then only that it does.
func TestReasonOfARefusedFile(t *testing.T) {
	const file = "/var/cache/pacman/pkg/ticker-1.0.0-1-any.pkg.tar.zst"
	said := "loading packages...\nerror: key \"217C\" could not be looked up remotely\nerror: required key missing from keyring\nerror: '" + file + "': unexpected error\n"
	for out, want := range map[string]string{
		said: `key "217C" could not be looked up remotely; required key missing from keyring`,
		"error: '" + file + "': unexpected error\n":             "unexpected error",
		"error: '" + file + "': invalid or corrupted package\n": "invalid or corrupted package",
	} {
		f := &fake{answers: []answer{{words: "-U --print", res: tool.Result{Status: 1, Stderr: out}}}}
		m, root := newMachine(t, f)
		put(t, root, file, "")
		installed(t, root, "other", "1-1", "")
		got, err := m.Parts().Solver.Simulate(t.Context(), packages.Request{Words: []packages.Word{{Name: "ticker", Version: "1.0.0-1", Source: file}}})
		if err != nil || got.Failed[0] == nil || got.Failed[0].Error() != want {
			t.Errorf("%v %v, want %s", got, err, want)
		}
	}
}
