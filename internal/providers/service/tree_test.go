package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/resources"
)

// links lists the links below etc/systemd of a tree, sorted.
func links(t testing.TB, root string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(filepath.Join(root, "etc/systemd"), func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type()&os.ModeSymlink != 0 {
			target, _ := os.Readlink(p)
			out = append(out, strings.TrimPrefix(p, root)+" -> "+target)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

func newTree(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"usr/lib/systemd/system/web.service":  sleeper,
		"usr/lib/systemd/system/get@.service": sleeper + "DefaultInstance=tty1\n",
		"usr/lib/systemd/system/two.service":  sleeper + "RequiredBy=x.target\nAlias=deux.service\n",
		"usr/lib/systemd/system/sock.service": "[Service]\nExecStart=/bin/true\n[Install]\nAlso=sock.socket\n",
		"usr/lib/systemd/system/sock.socket":  "[Socket]\nListenStream=1\n[Install]\nWantedBy=sockets.target\n",
		"usr/lib/systemd/system/inst@.timer":  "[Timer]\nOnBootSec=1\n[Install]\nWantedBy=by-%i.target\n",
		"usr/lib/systemd/system/stat.service": "[Service]\nExecStart=/bin/true\n",
		"usr/lib/systemd/system/out.service":  "[Install]\nAlias=../../../x.service\n",
		"usr/lib/systemd/system/void.service": "",
		"etc/hostname":                        "tree\n",
	} {
		p := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestTree(t *testing.T) {
	t.Parallel()
	const at = "/etc/systemd/system/"
	const lib = " -> /usr/lib/systemd/system/"
	for name, tt := range map[string]struct {
		a      attrs
		change string
		links  string
	}{
		"plain":    {attrs{"name": "web", "enabled": true, "running": true}, "enabled", at + "multi-user.target.wants/web.service" + lib + "web.service"},
		"template": {attrs{"name": "get@", "enabled": true}, "enabled", at + "multi-user.target.wants/get@tty1.service" + lib + "get@.service"},
		"instance": {attrs{"name": "get@b", "enabled": true}, "enabled", at + "multi-user.target.wants/get@b.service" + lib + "get@.service"},
		"several": {attrs{"name": "two", "enabled": true}, "enabled", strings.Join([]string{
			at + "deux.service" + lib + "two.service",
			at + "multi-user.target.wants/two.service" + lib + "two.service",
			at + "x.target.requires/two.service" + lib + "two.service",
		}, "\n")},
		"also":      {attrs{"name": "sock", "enabled": true}, "enabled", at + "sockets.target.wants/sock.socket" + lib + "sock.socket"},
		"specifier": {attrs{"name": "inst@q.timer", "enabled": true}, "enabled", at + "by-q.target.wants/inst@q.timer" + lib + "inst@.timer"},
		"mask":      {attrs{"name": "web", "masked": true, "running": false}, "masked", at + "web.service -> /dev/null"},
		"missing":   {attrs{"name": "nope", "enabled": false, "running": false}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := newTree(t)
			p := New(Options{Root: root})
			equal(t, "change", converge(t, p, tt.a), tt.change)
			equal(t, "links", links(t, root), tt.links)
			equal(t, "again", converge(t, p, tt.a), "")
			off := attrs{"name": tt.a["name"], "enabled": false}
			if tt.a["masked"] != nil {
				off = attrs{"name": tt.a["name"], "masked": false}
			}
			converge(t, p, off)
			equal(t, "links when off", links(t, root), "")
		})
	}
	root := newTree(t)
	p := New(Options{Root: root})
	fails(t, p, attrs{"name": "nope", "enabled": true}, "there is no unit nope.service")
	fails(t, p, attrs{"name": "stat", "enabled": true}, "is static")
	fails(t, p, attrs{"name": "out", "enabled": true}, "leads out of")
	fails(t, p, attrs{"name": "void", "enabled": true}, "is masked")
	linked := filepath.Join(root, at, "linked.service")
	if err := os.MkdirAll(filepath.Dir(linked), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/opt/linked.service", linked); err != nil {
		t.Fatal(err)
	}
	masked := attrs{"name": "linked", "masked": true}
	if err := p.Review(t.Context(), planOf(t, p, masked), resource.Outlook{}).Blocked; err == nil || !strings.Contains(err.Error(), `is a link to "/opt/linked.service"`) {
		t.Errorf("the mask of a linked unit is not refused in the plan: %v", err)
	}
	fails(t, p, masked, "cannot mask unit linked.service", "is a link")
	if target, err := os.Readlink(linked); target != "/opt/linked.service" {
		t.Errorf("the link is lost: %q %v", target, err)
	}
	if !paid(t, p, "restart", attrs{"name": "web"}, now(t)) {
		t.Error("nothing runs in a tree, nothing is owed to it")
	}
	converge(t, p, attrs{"name": "two", "enabled": true})
	if err := os.Remove(filepath.Join(root, at, "deux.service")); err != nil {
		t.Fatal(err)
	}
	equal(t, "half enabled is completed", converge(t, p, attrs{"name": "two", "enabled": true}), "enabled")
	if n := p.Review(t.Context(), planOf(t, p, attrs{"name": "web", "enabled": true, "running": true}), resource.Outlook{}).Notes; len(n) != 1 {
		t.Errorf("notes %q", n)
	}
}

// TestTreeAsSystemctl compares the links with those that systemctl --root makes and removes.
func TestTreeAsSystemctl(t *testing.T) {
	if !onHost(t) {
		return
	}
	for _, unit := range []string{"web.service", "get@.service", "get@b.service", "two.service", "sock.service", "inst@q.timer"} {
		ours, theirs := newTree(t), newTree(t)
		converge(t, New(Options{Root: ours}), attrs{"name": unit, "enabled": true})
		sh(t, "systemctl", "--quiet", "--root="+theirs, "enable", unit)
		equal(t, "enabled "+unit, links(t, ours), links(t, theirs))
		converge(t, New(Options{Root: theirs}), attrs{"name": unit, "enabled": true})
		sh(t, "systemctl", "--quiet", "--root="+ours, "disable", unit)
		equal(t, "disabled by systemctl "+unit, links(t, ours), "")
		converge(t, New(Options{Root: theirs}), attrs{"name": unit, "enabled": false})
		equal(t, "disabled by us "+unit, links(t, theirs), "")
		equal(t, "folders left by us "+unit, folders(t, theirs), folders(t, ours))
	}
}

// TestTreeLeavesNoEmptyFolder: disabling a unit leaves no empty folder, and no link of another unit is lost.
func TestTreeLeavesNoEmptyFolder(t *testing.T) {
	root := newTree(t)
	p := New(Options{Root: root})
	before := folders(t, root)
	for _, unit := range []string{"web", "two"} {
		converge(t, p, attrs{"name": unit, "enabled": true})
	}
	both := folders(t, root)
	converge(t, p, attrs{"name": "two", "enabled": false})
	if now := folders(t, root); now == both || !strings.Contains(now, ".wants") {
		t.Errorf("folders are %q, and were %q", now, both)
	}
	converge(t, p, attrs{"name": "web", "enabled": false})
	equal(t, "folders", folders(t, root), before)
}

// TestTreeRemovesAnUnfinishedFolder: a run that was killed after it made the folder of a link leaves an empty folder,
// which disabling the unit removes although there is no link.
func TestTreeRemovesAnUnfinishedFolder(t *testing.T) {
	root := newTree(t)
	before := folders(t, root)
	if err := os.MkdirAll(filepath.Join(root, "etc/systemd/system/multi-user.target.wants"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := resource.Change{Action: resource.Update, Want: resource.Encode(resources.ServiceWant{Name: "web.service", Enabled: resource.Some(false)})}
	if err := New(Options{Root: root}).Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	equal(t, "folders", folders(t, root), before)
}

// folders lists the folders in which links are made.
func folders(t testing.TB, root string) string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(root, "etc/systemd/system/*.*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range dirs {
		dirs[i] = filepath.Base(dirs[i])
	}
	return strings.Join(dirs, " ")
}

// TestTreeListsFoldersOnce: the folders of links are listed once, and again after a possible change.
func TestTreeListsFoldersOnce(t *testing.T) {
	t.Parallel()
	root := newTree(t)
	p := New(Options{Root: root})
	defer p.Close()
	want := resource.Encode(resources.ServiceWant{Name: "web.service", Enabled: resource.Some(false)})
	observe := func() bool {
		t.Helper()
		have, err := p.Observe(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		return resource.Must[resources.ServiceWant](have).Enabled.Value
	}
	link := func(folder string) {
		t.Helper()
		dir := filepath.Join(root, "etc/systemd/system", folder)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/usr/lib/systemd/system/web.service", filepath.Join(dir, "web.service")); err != nil {
			t.Fatal(err)
		}
	}
	if observe() {
		t.Error("it is enabled from the beginning")
	}
	link("x.target.wants")
	if observe() {
		t.Error("the folders are listed for each unit")
	}
	p.Invalidate(nil)
	if !observe() {
		t.Error("what another provider has enabled is not seen")
	}
	link("y.target.requires")
	if err := p.Apply(t.Context(), resource.Change{Action: resource.Update, Want: want, Have: resource.Absent}); err != nil {
		t.Fatal(err)
	}
	if got := links(t, root); got != "" {
		t.Errorf("links are left: %s", got)
	}
	link("z.target.wants")
	if !observe() {
		t.Error("what was kept outlasts a change of its own")
	}
}
