package apk_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/pack"
	"converge/internal/providers/apk"
	"converge/internal/providers/apk/apktest"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
)

// site is a root with a repository, and apk's stand-in in it.
type site struct {
	*testing.T
	root    string
	program *apktest.Program
	manager *apk.Manager
}

func newSite(t *testing.T, offers ...pack.Package) *site {
	s := &site{T: t, root: t.TempDir()}
	s.must(apktest.NewRoot(s.root, "/srv/repo"))
	s.publish(offers...)
	s.program = &apktest.Program{Root: s.root}
	m, err := apk.New(apk.Options{Options: tool.Options{Root: s.root, LockTimeout: -1, Runner: s.program}})
	s.must(err)
	s.manager = m
	return s
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// publish builds packages into the repository, by nfpm.
func (s *site) publish(list ...pack.Package) {
	dir := filepath.Join(s.root, "srv/repo", apktest.Arch)
	s.must(os.MkdirAll(dir, 0o755))
	for _, p := range list {
		s.build(dir, p)
	}
	s.must(apktest.WriteIndex(filepath.Join(s.root, "srv/repo")))
}

func (s *site) build(dir string, p pack.Package) string {
	p.Release, p.Arch = "0", "amd64"
	var b bytes.Buffer
	s.must(pack.Build(s.Context(), p, pack.APK, &b))
	path := filepath.Join(dir, p.Name+"-"+p.Version+"-r0.apk")
	s.must(os.WriteFile(path, b.Bytes(), 0o644)) //nolint:gosec // as a repository has it
	return path
}

func named(name, version string, depends ...string) pack.Package {
	return pack.Package{
		Name: name, Version: version, Relations: pack.Relations{Depends: depends},
		Files: []pack.File{{Path: "/usr/share/" + name, Content: []byte(version)}},
	}
}

// ask simulates words, and shows the answer.
func (s *site) ask(words ...packages.Word) string {
	s.Helper()
	sol, err := s.manager.Simulate(s.Context(), packages.Request{Words: words})
	s.must(err)
	var out []string
	for _, op := range sol.Operations {
		out = append(out, fmt.Sprintf("%s %s>%s", op.Name, op.Old, op.New))
	}
	for i := range words {
		if err := sol.Failed[i]; err != nil {
			out = append(out, fmt.Sprintf("%s: %v", words[i].Name, err))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (s *site) commit(words ...packages.Word) {
	s.Helper()
	s.must(s.manager.Commit(s.Context(), packages.Request{Words: words}))
}

// state shows what is installed: h is held, a automatic, b broken.
func (s *site) state() string {
	s.Helper()
	list, err := s.manager.ReadInstalled(s.Context())
	s.must(err)
	var out []string
	for _, p := range list {
		marks := ""
		for mark, set := range map[string]bool{"h": p.Held, "a": p.Automatic, "b": p.Broken != ""} {
			if set {
				marks += mark
			}
		}
		out = append(out, strings.TrimRight(p.Name+" "+p.Version+" "+marks, " "))
	}
	return strings.Join(out, ", ")
}

func (s *site) world() string { return strings.Join(strings.Fields(s.read("/etc/apk/world")), " ") }

func (s *site) read(path string) string {
	s.Helper()
	data, err := os.ReadFile(filepath.Join(s.root, path))
	s.must(err)
	return string(data)
}

func (s *site) want(got, want string) {
	s.Helper()
	if got != want {
		s.Errorf("have %q\nwant %q", got, want)
	}
}

func TestManager(t *testing.T) {
	s := newSite(t, named("app", "1.0", "lib"), named("app", "1.1", "lib"), named("lib", "1.0"), named("tool", "1.0"), named("tool", "2.0"))
	app, at := packages.Word{Name: "app"}, packages.Word{Name: "app", Version: "1.0-r0"}

	s.want(s.ask(at, packages.Word{Name: "tool"}), "app >1.0-r0, lib >1.0-r0, tool >2.0-r0")
	s.want(s.world(), "")
	s.commit(at, packages.Word{Name: "tool"})
	s.want(s.state(), "app 1.0-r0, lib 1.0-r0 a, tool 2.0-r0")
	s.want(s.world(), "app tool")

	t.Run("the newest of one that is installed", func(t *testing.T) {
		s.want(s.ask(app), "app 1.0-r0>1.1-r0")
		s.commit(app)
		s.want(s.world(), "app tool")
	})
	t.Run("an older one, and a removal, at once", func(t *testing.T) {
		words := []packages.Word{{Name: "app", Version: "1.0-r0", Downgrade: true}, {Name: "tool", Remove: true}}
		s.want(s.ask(words...), "app 1.1-r0>1.0-r0, tool 2.0-r0>")
		s.commit(words...)
		s.want(s.state(), "app 1.0-r0, lib 1.0-r0 a")
		s.want(s.world(), "app")
	})
	t.Run("held", func(t *testing.T) {
		s.must(s.manager.SetHolds(s.Context(), map[string]bool{"app": true}))
		s.want(s.world(), "app=1.0-r0")
		s.want(s.state(), "app 1.0-r0 h, lib 1.0-r0 a")
		s.commit(packages.Word{Name: "app", Version: "1.1-r0"}, packages.Word{Name: "tool", Version: "1.0-r0"})
		s.want(s.world(), "app=1.1-r0 tool")
		s.must(s.manager.SetHolds(s.Context(), map[string]bool{"app": false, "tool": false}))
		s.want(s.world(), "app tool")
	})
	t.Run("marks", func(t *testing.T) {
		s.must(s.manager.SetAutomatic(s.Context(), map[string]bool{"lib": false}))
		s.want(s.state(), "app 1.1-r0, lib 1.0-r0, tool 1.0-r0")
		s.must(s.manager.SetAutomatic(s.Context(), map[string]bool{"lib": true}))
		s.want(s.world(), "app tool")
	})
	t.Run("what is needed stays", func(t *testing.T) {
		s.want(s.ask(packages.Word{Name: "lib", Remove: true}), "lib: app needs it")
	})
	t.Run("what goes takes along what came with it", func(t *testing.T) {
		s.want(s.ask(packages.Word{Name: "app", Remove: true}), "app 1.1-r0>, lib 1.0-r0>")
	})
}

func TestDatabaseIsReadOnceForAllDeclarations(t *testing.T) {
	s := newSite(t, named("a", "1.0"))
	s.commit(packages.Word{Name: "a"})
	m, err := apk.New(apk.Options{Options: tool.Options{Root: s.root, Runner: noPrograms{t}}})
	s.must(err)
	packagestest.CheckReadsOnce(t, m.Parts(), "a")
}

// noPrograms runs none.
type noPrograms struct{ testing.TB }

func (n noPrograms) Run(_ context.Context, c tool.Command) (tool.Result, error) {
	n.Errorf("it runs %q", c.Argv)
	return tool.Result{}, nil
}

func TestOperatorsConstraintsStay(t *testing.T) {
	s := newSite(t, named("a", "1.0"), named("a", "1.5"), named("a", "2.0"), named("b", "1.0"))
	s.must(os.WriteFile(filepath.Join(s.root, "etc/apk/world"), []byte("!nothing\na<2\n"), 0o644)) //nolint:gosec // apk's mode
	s.commit(packages.Word{Name: "a", Version: "1.0-r0"})
	s.want(s.world(), "a<2 !nothing")
	s.want(s.ask(packages.Word{Name: "a"}), "a 1.0-r0>1.5-r0") // the newest that they allow
	s.commit(packages.Word{Name: "a", Version: "2.0-r0"})
	s.want(s.world(), "a !nothing") // the manifest says otherwise
}

func TestRefused(t *testing.T) {
	hater := named("hater", "1.0")
	hater.Conflicts = []string{"a"}
	mail := named("mail", "1.0")
	mail.Provides = []string{"mta"}
	s := newSite(t, named("a", "1.0"), named("needy", "1.0", "nowhere"), hater, mail, named("fine", "1.0"))
	for _, c := range []struct {
		word packages.Word
		want string
	}{
		{packages.Word{Name: "nope"}, "nope: it is in none of the package sources"},
		{packages.Word{Name: "a", Version: "9.9-r0"}, "a: it is not offered in version 9.9-r0 by any package source"},
		{packages.Word{Name: "needy"}, "needy: it needs nowhere, which is in none of the package sources"},
		{packages.Word{Name: "mta"}, "mta: it is a virtual package; name one that provides it: mail"},
	} {
		s.want(s.ask(packages.Word{Name: "fine"}, c.word), c.want)
	}
	s.commit(packages.Word{Name: "a"})
	if got := s.ask(packages.Word{Name: "hater"}); !strings.Contains(got, "hater-1.0-r0[!a]") {
		t.Error(got)
	}
	if err := s.manager.Commit(t.Context(), packages.Request{Words: []packages.Word{{Name: "nope"}}}); err == nil {
		t.Error("it installs what nobody has")
	}
	s.want(s.world(), "a")
}

func TestOffers(t *testing.T) {
	mail, other := named("mail", "1.0"), named("other", "3.0")
	mail.Provides, other.Provides = []string{"mta"}, []string{"mta = 2"}
	s := newSite(t, named("a", "1.9"), named("a", "1.10"), mail, other)
	got, err := s.manager.ListOffers(t.Context(), []string{"a", "mta", "nope"})
	s.must(err)
	var out []string
	for _, name := range []string{"a", "mta", "nope"} {
		for _, o := range got[name] {
			out = append(out, fmt.Sprint(name, ":", o.Name, " ", o.Version, " ", o.Virtual, " ", o.Provides))
		}
	}
	s.want(strings.Join(out, ", "), "a:a 1.10-r0 false , a:a 1.9-r0 false , mta:other 3.0-r0 true 2, mta:mail 1.0-r0 true ")
}

func TestOrigins(t *testing.T) {
	s := newSite(t, named("a", "1.9"), named("a", "1.10"), named("b", "1.0"))
	for definition, want := range map[string]string{"# acme\n/srv/repo\n": "[a a b] []", "@edge /srv/repo\n": "[] [a a b]"} {
		within, beside, err := s.manager.ListOrigins(t.Context(), definition)
		s.must(err)
		s.want(fmt.Sprint(within, beside), want)
	}
}

func TestPlanByRepositoriesThatAreToCome(t *testing.T) {
	s := newSite(t, named("a", "1.0"))
	s.must(os.WriteFile(filepath.Join(s.root, "etc/apk/repositories"), nil, 0o644))
	s.want(s.ask(packages.Word{Name: "a"}), "a: it is in none of the package sources")
	end, err := s.manager.Preview(t.Context(), map[string][]byte{
		"/etc/apk/repositories.d/acme.list": []byte("# acme\n/srv/repo\n"), "/etc/apk/keys/acme.rsa.pub": []byte("key"),
	}, false)
	s.must(err)
	s.want(s.ask(packages.Word{Name: "a"}), "a >1.0-r0")
	keys, err := filepath.Glob(filepath.Join(s.root, "tmp/converge-apk-*/keys/*"))
	s.must(err)
	s.want(filepath.Base(strings.Join(keys, " ")), "acme.rsa.pub")
	end()
	s.want(s.ask(packages.Word{Name: "a"}), "a: it is in none of the package sources")
}

// apk prefers a package from the repository whose tag the world names with it, whatever
// versions others have.
func TestPins(t *testing.T) {
	s := newSite(t, named("a", "2.0"), named("b", "2.0"), named("ab", "2.0"))
	acme := filepath.Join(s.root, "srv/acme")
	s.must(os.MkdirAll(filepath.Join(acme, apktest.Arch), 0o755))
	for _, name := range []string{"a", "b", "ab"} {
		s.build(filepath.Join(acme, apktest.Arch), named(name, "1.0"))
	}
	s.must(apktest.WriteIndex(acme))
	s.must(os.MkdirAll(filepath.Join(s.root, "etc/apk/repositories.d"), 0o755))
	s.must(os.WriteFile(filepath.Join(s.root, "etc/apk/repositories.d/acme.list"), []byte("# Prefer from @acme: a* x\n/srv/acme\n@acme /srv/acme\n"), 0o644))
	offers, err := s.manager.ListOffers(t.Context(), []string{"a", "b"})
	s.must(err)
	s.want(offers["a"][0].Version+" "+offers["b"][0].Version, "1.0-r0 2.0-r0")
	s.want(s.ask(packages.Word{Name: "a"}, packages.Word{Name: "b"}), "a >1.0-r0, b >2.0-r0")
	s.commit(packages.Word{Name: "a", Version: "1.0-r0", Source: offers["a"][0].Source}, packages.Word{Name: "b", Version: "2.0-r0", Source: offers["b"][0].Source})
	s.want(s.world(), "a@acme b")
	_, err = s.program.Run(t.Context(), tool.Command{Argv: []string{"apk", "add", "--upgrade"}})
	s.must(err)
	s.want(s.state(), "a 1.0-r0, b 2.0-r0")
	s.commit(packages.Word{Name: "ab", Version: "2.0-r0", Source: "/srv/repo"}) // others stay possible, and then there is no tag
	s.want(s.world(), "a@acme ab b")
	s.commit(packages.Word{Name: "a", Version: "2.0-r0", Source: "/srv/repo"})
	s.want(s.world(), "a ab b")
	s.want(s.ask(packages.Word{Name: "b"}), "")
}

func TestScriptThatFails(t *testing.T) {
	bad := named("bad", "1.0")
	bad.Scripts.PostInstall = "echo no luck; test -e fixed"
	s := newSite(t, bad, named("good", "1.0"))
	err := s.manager.Commit(t.Context(), packages.Request{Words: []packages.Word{{Name: "bad"}, {Name: "good"}}})
	var scripts *packages.ScriptError
	if !errors.As(err, &scripts) || !strings.Contains(scripts.Packages["bad"], "no luck") || len(scripts.Packages) != 1 {
		t.Fatalf("%v", err)
	}
	s.want(s.state(), "bad 1.0-r0 b, good 1.0-r0")
	s.commit(packages.Word{Name: "good"}) // though apk counts the broken one as an error
	s.must(os.WriteFile(filepath.Join(s.root, "fixed"), nil, 0o600))
	again := packages.Word{Name: "bad", Reinstall: true}
	s.want(s.ask(again), "bad 1.0-r0>1.0-r0")
	s.commit(again)
	s.want(s.state(), "bad 1.0-r0, good 1.0-r0")
}

func TestConfigurationStays(t *testing.T) {
	p := named("a", "1.0")
	p.Files = append(p.Files, pack.File{Path: "/etc/a.conf", Type: pack.Config, Content: []byte("x")})
	s := newSite(t, p)
	s.commit(packages.Word{Name: "a"})
	c, err := s.manager.ListContents(t.Context(), packages.Package{Name: "a"})
	s.must(err)
	s.want(fmt.Sprint(c.Config), "[/etc/a.conf]")
	s.must(os.WriteFile(filepath.Join(s.root, "etc/a.conf"), []byte("changed"), 0o600))
	s.commit(packages.Word{Name: "a", Remove: true, Purge: true}) // package packages removes it then
	s.want(s.read("/etc/a.conf"), "changed")
	s.want(s.state(), "")
}

// TestKilled ends converge after apk, and apk in mid-transaction.
func TestKilled(t *testing.T) {
	s := newSite(t, named("a", "1.0"), named("a", "2.0"), named("b", "1.0"))
	s.commit(packages.Word{Name: "b"})
	words := []packages.Word{{Name: "a", Version: "1.0-r0"}, {Name: "b", Remove: true}}

	s.program.Before = func(done int) error {
		if done == 1 {
			return errors.New("killed")
		}
		return nil
	}
	if err := s.manager.Commit(t.Context(), packages.Request{Words: words}); err == nil {
		t.Fatal("it was not killed")
	}
	s.program.Before = nil
	s.want(s.state(), "b 1.0-r0") // apk writes its database at the end
	s.want(s.world(), "b")

	// apk has come to its end, and converge has not.
	_, err := s.program.Run(t.Context(), tool.Command{Argv: []string{"apk", "add", "a=1.0-r0", "!b=1.0-r0"}})
	s.must(err)
	s.must(os.WriteFile(filepath.Join(s.root, "etc/apk/converge-pending"), []byte("a=1.0-r0 a\n!b=1.0-r0 -\n"), 0o600))
	s.want(s.state(), "a 1.0-r0 a") // not held; and to be marked, which takes it out of the world
	s.must(s.manager.SetAutomatic(t.Context(), map[string]bool{"a": false}))
	s.want(s.state(), "a 1.0-r0")
	s.want(s.world(), "a")
	if _, err := os.Stat(filepath.Join(s.root, "etc/apk/converge-pending")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestLocked(t *testing.T) {
	s := newSite(t, named("a", "1.0"))
	other := &apktest.Program{Root: s.root, Before: func(int) error {
		err := s.manager.Commit(context.Background(), packages.Request{Words: []packages.Word{{Name: "a"}}})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("/lib/apk/db/lock is still held by process %d", os.Getpid())) {
			t.Errorf("%v", err)
		}
		return nil
	}}
	_, err := other.Run(t.Context(), tool.Command{Argv: []string{"apk", "add", "a"}})
	s.must(err)
	s.want(s.state(), "a 1.0-r0")
}

func TestPackageFile(t *testing.T) {
	p := named("local", "1.2_rc1", "lib >= 1")
	p.Provides = []string{"thing = 3"}
	s := newSite(t, named("lib", "1.0"))
	path := s.build(t.TempDir(), p)
	live, err := apk.New(apk.Options{})
	s.must(err)
	got, err := live.ReadPackageFile(t.Context(), path)
	s.must(err)
	s.want(fmt.Sprint(got.Name, got.Version, got.Arch, got.Provides), "local1.2_rc1-r0x86_64[{thing 3}]")

	word := packages.Word{Name: "local", File: path}
	if said := s.ask(word); !strings.HasPrefix(said, "local: no key in /etc/apk/keys has signed package file") {
		t.Error(said)
	}
	s.sign(path, "test.rsa.pub")
	s.must(os.WriteFile(filepath.Join(s.root, "etc/apk/keys/test.rsa.pub"), nil, 0o600))
	s.want(s.ask(word), "lib >1.0-r0, local >1.2_rc1-r0")
	s.commit(word)
	s.want(s.state(), "lib 1.0-r0 a, local 1.2_rc1-r0")
	s.want(s.world(), "local") // not that very file for ever
}

// sign puts a signature by a key of that name before a package: a gzip stream with a
// tar that has no end.
func (s *site) sign(path, key string) {
	data, err := os.ReadFile(path)
	s.must(err)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	s.must(w.WriteHeader(&tar.Header{Name: ".SIGN.RSA." + key, Mode: 0o600, Size: 4}))
	_, err = w.Write([]byte("none"))
	s.must(err)
	s.must(errors.Join(w.Flush(), z.Close()))
	s.must(os.WriteFile(path, append(b.Bytes(), data...), 0o600))
}

func TestRefresh(t *testing.T) {
	s := newSite(t, named("a", "1.0"))
	const url = "https://example.org/alpine/main"
	s.must(os.WriteFile(filepath.Join(s.root, "etc/apk/repositories"), []byte(url+"\n"), 0o644)) //nolint:gosec // apk's mode
	why, err := s.manager.WhyStale(t.Context(), false)
	s.must(err)
	s.want(why, "there is no index yet of "+url)
	s.program.Mirror = func(string) string { return filepath.Join(s.root, "srv/repo") }
	s.must(s.manager.Refresh(t.Context(), true))
	s.want(s.ask(packages.Word{Name: "a"}), "a >1.0-r0")
	if left, _ := os.ReadDir(filepath.Join(s.root, "var/cache/apk")); len(left) != 0 {
		t.Error("a plan's indexes are the machine's")
	}
	s.must(s.manager.Close())
	if left, _ := os.ReadDir(filepath.Join(s.root, "tmp")); len(left) != 0 {
		t.Error("a plan's indexes stay")
	}
	s.want(s.ask(packages.Word{Name: "a"}), "a: it is in none of the package sources")
	s.must(s.manager.Refresh(t.Context(), false))
	s.want(s.ask(packages.Word{Name: "a"}), "a >1.0-r0")
	why, err = s.manager.WhyStale(t.Context(), true)
	s.must(err)
	s.want(why, "")

	s.program.Mirror = nil // without a network a plan goes by what is there
	s.must(s.manager.Refresh(t.Context(), true))
	s.want(s.ask(packages.Word{Name: "a"}), "a >1.0-r0")
	s.must(s.manager.Close())
}
