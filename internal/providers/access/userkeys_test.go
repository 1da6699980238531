package access_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/access"
	"converge/internal/providers/edit"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// declare declares an authorized key as a manifest does.
func (h *host) declare(t *testing.T, user, key string, options ...string) *resource.Resource {
	t.Helper()
	attrs := resourcetest.Attrs("user", user, "key", key)
	if len(options) > 0 {
		attrs["options"] = cty.StringVal(strings.Join(options, ","))
	}
	r, err := resourcetest.Build(resources.AuthorizedKey(h.parts), &resourcetest.World{}, "key", attrs)
	if err != nil {
		t.Fatal(err)
	}
	key = r.Kind.Links(r.Want).Provides[0]
	names, err := h.files.Identify(t.Context(), []string{key})
	if err != nil || names[key] == "" {
		t.Fatalf("%s is %v: %v", key, names, err)
	}
	r.Key = names[key]
	return r
}

// withKeys is a wanted user with keys. was is what a change has recorded that is taken back.
func withKeys(user string, keys []string, was string) resources.UserWant {
	return resources.UserWant{Name: user, SSHKeys: resource.Some(keys), SSHWas: resource.NonEmpty(was)}
}

// All keys of a user are those that are listed, and those that are declared by themselves.
func TestKeysOfAUser(t *testing.T) {
	const before = "# mine\n" + keyTwo + " two\nno-pty " + keyTwo + "\n"
	for _, c := range []struct {
		summary string
		declare func(h *host) []*resource.Resource
		others  []string // of another site
		want    []string
		has     []string // as they are seen
		removes []string
		after   string
	}{
		{
			"others are removed", nil, nil,
			[]string{keyOne + " one"},
			[]string{keyTwo + " two", "no-pty " + keyTwo},
			[]string{"authorized_keys deploy  ssh-ed25519 " + printTwo + " two", "authorized_keys deploy  ssh-ed25519 " + printTwo},
			"# mine\n" + keyOne + " one\n",
		},
		{
			"the words of the manifest count", nil, nil,
			[]string{keyTwo, "no-pty " + keyTwo},
			[]string{keyTwo, "no-pty " + keyTwo},
			nil, before,
		},
		{
			"what is declared by itself stays",
			func(h *host) []*resource.Resource {
				return []*resource.Resource{h.declare(t, "deploy", keyTwo, "no-pty"), h.declare(t, "fresh", keyTwo)}
			}, nil,
			[]string{},
			[]string{keyTwo + " two"},
			[]string{"authorized_keys deploy  ssh-ed25519 " + printTwo + " two"},
			"# mine\nno-pty " + keyTwo + "\n",
		},
		{
			"what another site declares stays", nil, []string{"part:" + deployKeys + "#authorized_key " + printTwo, "part:/other#authorized_key " + printTwo + " no-pty"},
			[]string{},
			[]string{"no-pty " + keyTwo},
			[]string{"authorized_keys deploy  ssh-ed25519 " + printTwo},
			"# mine\n" + keyTwo + " two\n",
		},
	} {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t)
			h.write(t, deployKeys, before)
			h.give(t, deployKeys)
			h.files.OtherSites = func() []string { return c.others }
			if c.declare != nil {
				h.files.Declare(c.declare(h))
			}
			keys := access.NewUserKeys(h.files, h.parts)
			has, err := keys.Read(t.Context(), withKeys("deploy", c.want, ""))
			if err != nil || !slices.Equal(has, c.has) {
				t.Errorf("it has %q, want %q; %v", has, c.has, err)
			}
			r := keys.Review(t.Context(), resources.UserWant{Name: "deploy", SSHKeys: resource.Some(c.want)}, resource.Outlook{Ask: resource.AskForecast})
			if r.Blocked != nil || !slices.Equal(r.Removes, c.removes) || len(r.Notes) > 0 {
				t.Errorf("it removes %q, want %q; %+v", r.Removes, c.removes, r)
			}
			was, err := keys.Record(t.Context(), withKeys("deploy", c.want, ""))
			if err != nil {
				t.Fatal(err)
			}
			if err := keys.Write(t.Context(), withKeys("deploy", c.want, "")); err != nil {
				t.Fatal(err)
			}
			h.holds(t, c.after)
			if has, err := keys.Read(t.Context(), withKeys("deploy", c.want, "")); err != nil || !slices.Equal(has, c.want) {
				t.Errorf("then it has %q; %v", has, err)
			}
			state := h.dump(t, true)
			if err := keys.Write(t.Context(), withKeys("deploy", c.want, "")); err != nil || h.dump(t, true) != state {
				t.Errorf("a second time changes something; %v", err)
			}
			if err := keys.Write(t.Context(), withKeys("deploy", c.has, was)); err != nil {
				t.Fatal(err)
			}
			h.holds(t, before)
		})
	}
}

func (h *host) holds(t *testing.T, want string) {
	t.Helper()
	if got, err := os.ReadFile(h.root + deployKeys); string(got) != want {
		t.Errorf("the file holds %q, want %q; %v", got, want, err)
	}
}

// A user without a folder for keys gets one, and loses it again with them.
func TestFirstKeysOfAUser(t *testing.T) {
	h := newHost(t)
	keys, before := access.NewUserKeys(h.files, h.parts), h.dump(t, false)
	was, err := keys.Record(t.Context(), withKeys("fresh", []string{keyOne}, ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Write(t.Context(), withKeys("fresh", []string{keyOne}, "")); err != nil {
		t.Fatal(err)
	}
	isFound("/home/fresh/.ssh", freshKeys, keyOne+"\n")(t, &resourcetest.World{Root: h.root})
	if err := keys.Write(t.Context(), withKeys("fresh", []string{}, was)); err != nil || h.dump(t, false) != before {
		t.Errorf("taken back, it is\n%s\nand was\n%s\n%v", h.dump(t, false), before, err)
	}
}

// Other files that sshd reads are named, and a file that is declared as a whole is refused.
func TestOtherFilesOfKeys(t *testing.T) {
	h := newHost(t)
	h.write(t, "/home/deploy/.ssh/authorized_keys2", keyOne+"\n")
	h.give(t, "/home/deploy")
	keys := access.NewUserKeys(h.files, h.parts)
	none := resources.UserWant{Name: "deploy", SSHKeys: resource.Some([]string{})}
	r := keys.Review(t.Context(), none, resource.Outlook{Ask: resource.AskForecast})
	if r.Blocked != nil || !slices.Equal(r.Notes, []string{`"/home/deploy/.ssh/authorized_keys2" has keys too, which sshd reads as well, and which stay`}) {
		t.Errorf("%+v", r)
	}
	w, err := resourcetest.Build(resources.File(nil), &resourcetest.World{}, "keys", resourcetest.Attrs("path", deployKeys, "content", ""))
	if err != nil {
		t.Fatal(err)
	}
	w.Key = "path:" + deployKeys
	h.files.Declare([]*resource.Resource{w})
	if _, err := keys.Read(t.Context(), withKeys("deploy", nil, "")); err == nil || !strings.Contains(err.Error(), `declares the whole of "`+deployKeys+`"`) {
		t.Errorf("a file that is declared as a whole: %v", err)
	}
}

// A plan names what goes from a home that a user does not have yet, and refuses keys for which
// there will be no home.
func TestReviewOfKeysInHomes(t *testing.T) {
	a := resourcetest.Attrs
	gone := []string{"authorized_keys new  ssh-ed25519 " + printTwo + " old"}
	ask := resource.Outlook{Ask: resource.AskForecast}
	for _, c := range []struct {
		summary string
		user    map[string]cty.Value
		files   map[string]string
		outlook resource.Outlook
		removes []string
		blocked string
	}{
		{"a new user", a("name", "new"), nil, ask, nil, ""},
		{"a home that useradd finds", a("name", "new"), map[string]string{"/home/new/.ssh/authorized_keys": keyTwo + " old\n"}, ask, gone, ""},
		{"where useradd makes homes", a("name", "new"), map[string]string{"/etc/default/useradd": "# X\nHOME=/srv\n", "/srv/new/.ssh/authorized_keys": keyTwo + " old\n"}, ask, gone, ""},
		{"a declared home", a("name", "new", "home", "/srv/x"), map[string]string{"/srv/x/.ssh/authorized_keys": keyTwo + " old\n"}, ask, gone, ""},
		{"a home that is moved", a("name", "deploy", "home", "/srv/d"), nil, ask, []string{"authorized_keys deploy  ssh-ed25519 " + printTwo + " two"}, ""},
		{"no home", a("name", "new", "system", true, "home", "/srv/x"), nil, ask, nil, `there is no directory "/srv/x", and directory.home (site.hcl:3) makes it only after the user: let the user make it`},
		{"no home, and none declared", a("name", "new", "create_home", false), nil, ask, nil, `there is no directory "/home/new": let the user make it (create_home = true, for a new user), or declare it`},
		{"no home yet", a("name", "new", "create_home", false), nil, resource.Outlook{Ask: resource.AskForecast, Pending: resource.UnknownPending}, nil, ""},
		{"no home is needed", a("name", "new", "create_home", false), map[string]string{"/etc/ssh/sshd_config": "AuthorizedKeysFile /etc/ssh/keys/%u\n"}, ask, nil, ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t)
			for name, text := range c.files {
				h.write(t, name, text)
			}
			user, err := resourcetest.Build(resources.User(nil), &resourcetest.World{}, "new", resourcetest.With(c.user, "ssh_keys", []string{keyOne}))
			if err != nil {
				t.Fatal(err)
			}
			home, err := resourcetest.Build(resources.Directory(nil), &resourcetest.World{}, "home", a("path", "/srv/x"))
			if err != nil {
				t.Fatal(err)
			}
			home.Key, home.Range.Filename, home.Range.Start.Line = "path:/srv/x", "site.hcl", 3
			h.files.Declare([]*resource.Resource{user, home})
			r := access.NewUserKeys(h.files, h.parts).Review(t.Context(), resource.Must[resources.UserWant](user.Want), c.outlook)
			if !slices.Equal(r.Removes, c.removes) || (r.Blocked != nil) != (c.blocked != "") || r.Blocked != nil && !strings.Contains(r.Blocked.Error(), c.blocked) {
				t.Errorf("removes %q, want %q; %v, want %q", r.Removes, c.removes, r.Blocked, c.blocked)
			}
		})
	}
}

// A part of another kind has no keys in a file of which a user declares all: both are refused.
// A line without a key may be there.
func TestPartsWithKeysOfAUser(t *testing.T) {
	a := resourcetest.Attrs
	for _, c := range []struct {
		summary string
		kind    func(resource.Provider) *resource.Kind
		attrs   map[string]cty.Value
		refused bool
	}{
		{"a key", resources.Line, a("line", keyOne), true},
		{"a match", resources.Line, a("line", "# x", "match", "^#"), true},
		{"a comment", resources.Line, a("line", "# x"), false},
		{"a block", resources.Block, a("marker", "x", "content", "# x\n"+keyOne+"\n"), true},
		{"a block without keys", resources.Block, a("marker", "x", "content", "# x\n"), false},
		{"a setting", resources.Setting, a("key", "x", "value", "y", "format", "space"), true},
	} {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t)
			attrs := maps.Clone(c.attrs)
			maps.Copy(attrs, a("path", deployKeys))
			part, err := resourcetest.Build(c.kind(h.parts), &resourcetest.World{}, "x", attrs)
			if err != nil {
				t.Fatal(err)
			}
			user, err := resourcetest.Build(resources.User(nil), &resourcetest.World{}, "deploy", a("name", "deploy", "ssh_keys", []string{keyTwo + " two"}))
			if err != nil {
				t.Fatal(err)
			}
			h.files.Declare([]*resource.Resource{part, user})
			_, err = h.parts.Solve(t.Context(), []resource.Change{resourcetest.Plan(t, part)}, nil)
			if refused := err != nil && strings.Contains(err.Error(), "declares all keys of it"); refused != c.refused {
				t.Errorf("the plan of the part says %v", err)
			}
			_, err = access.NewUserKeys(h.files, h.parts).Read(t.Context(), withKeys("deploy", nil, ""))
			if refused := err != nil && strings.Contains(err.Error(), "edits keys in"); refused != c.refused {
				t.Errorf("the user says %v", err)
			}
		})
	}
}

// A folder that a user controls leads root to nothing that is not that user's.
func TestAnotherUsersFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be turned against root")
	}
	for _, c := range []struct{ summary, link, to, want string }{
		{"a link to a folder of root's", "/home/fresh/.ssh", "/etc", `"/home/fresh/.ssh" is a link that user 12345 controls, and "/etc", where it leads, belongs to user 0`},
		{"a link to a file of root's", freshKeys, "/etc/shadow", `"/etc/shadow", where it leads, belongs to user 0`},
		{"a link to a file that does not exist", freshKeys, "/etc/nologin", "it is a symbolic link that leads nowhere"},
		{"a link to a folder of the user's own", "/home/fresh/.ssh", "own", ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t)
			h.write(t, "/etc/shadow", "root:*:\n")
			h.write(t, "/home/fresh/own/x", "")
			if c.link == freshKeys {
				h.write(t, "/home/fresh/.ssh/x", "")
			}
			if err := os.Symlink(c.to, h.root+c.link); err != nil {
				t.Fatal(err)
			}
			h.give(t, "/home/fresh")
			before := h.dump(t, true)
			r := h.declare(t, "fresh", keyOne)
			err := h.parts.Apply(t.Context(), resource.Change{Addr: r.Addr, Action: resource.Create, Have: resource.Absent, Want: r.Want})
			if c.want == "" {
				if text, _ := os.ReadFile(h.root + "/home/fresh/own/authorized_keys"); err != nil || string(text) != keyOne+"\n" {
					t.Errorf("%q, %v", text, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || h.dump(t, true) != before {
				t.Errorf("got %v, want %s\n%s", err, c.want, h.dump(t, true))
			}
		})
	}
}

var _ access.Parts = (*edit.Provider)(nil)
